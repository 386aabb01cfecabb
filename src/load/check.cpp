#include <pgfeed/check.hpp>

#include <algorithm>
#include <cmath>

#include "load/checker.hpp"
#include "load/split_queue.hpp"
#include "mapping/plan.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

/// How many documents are read for a sample of so many: without a bound, a file would be read in large pieces.
std::int64_t documents_to_read(const CheckOptions& options) {
  if (options.limit < 0) return -1;
  constexpr double kMost = 1e15;
  const double wanted = std::ceil(static_cast<double>(options.limit) * 100 / options.sample_percent) + 1;
  return static_cast<std::int64_t>(std::min(wanted, kMost));
}

}  // namespace

CheckReport check(const CheckOptions& options, std::size_t shown_rows) {
  const Plan plan = load_mapping(options.mapping);
  const std::vector<DocumentStep> documents =
      parse_documents_path(options.documents.empty() ? plan.documents : options.documents);
  const std::vector<Source> sources = list_local_files(options.sources);
  LoadOptions reading;
  reading.limit = documents_to_read(options);
  reading.max_document = options.max_document;
  SplitQueue queue(all_of(sources), documents, reading);
  Checker checker(options, plan, shown_rows);
  Split split;
  while (!checker.is_done() && queue.next(split)) {
    split.read(options.max_document, [] {});
    checker.add(split);
  }
  CheckReport report = std::move(checker).finish();
  for (const std::string& name : queue.findings().empty) report.warnings.push_back(empty_warning(name));
  return report;
}

}  // namespace pgfeed
