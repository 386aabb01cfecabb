#include <pgfeed/check.hpp>

#include <fmt/chrono.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "load/parser.hpp"
#include "load/preparation.hpp"
#include "load/split_queue.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

/// Checks documents one split at a time, and keeps what is to be shown.
class Check {
 public:
  Check(const CheckOptions& options, const Target& target, std::size_t shown_rows, CheckReport& report)
      : options_(options),
        target_(target),
        shown_rows_(shown_rows),
        report_(report),
        parser_(target, {options.max_depth, options.max_document, options.strict_json,
                         fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}) {
    parser_.prepare(batch_);
    parser_.observe(
        [this](std::size_t table, Shaper::RowText row) { rows_of_document_.emplace_back(table, std::move(row)); });
    for (const Table& table : target.plan->tables) report_.tables.push_back({table.name.text(), false, 0, {}});
    for (std::size_t i = 0; i < target.tables.size(); ++i) report_.tables[i].is_there = target.tables[i].catalog.oid != 0;
  }

  void run(SplitQueue& queue) {
    Split split;
    while (checked_ != options_.limit && queue.next(split)) {
      split.read(options_.max_document, [] {});
      for (const Record& record : split.records.records) {
        if (checked_ == options_.limit) return;
        if (is_in_sample()) add(split, record);
      }
    }
  }

 private:
  /// Every n-th document, evenly: 25 % takes the fourth, the eighth, and so on.
  bool is_in_sample() {
    const auto wanted = [this] { return std::floor(static_cast<double>(seen_) * options_.sample_percent / 100); };
    const double before = wanted();  // from the count, not summed up: 0.1 % a thousand times would come to less than 100
    ++seen_;
    return wanted() > before;
  }

  void add(const Split& split, const Record& record) {
    ++checked_;
    batch_.clear();
    rows_of_document_.clear();
    const std::int64_t line = split.line_of(record);
    parser_.add(
        {split.records.text(record), split.source->source->uri, record.offset, line, record.fault, record.source_size},
        record.begin, batch_);
    for (const BatchDocument& document : batch_.documents) {
      ++report_.read;
      if (document.state == DocumentState::live) ++report_.loaded;
      if (document.state == DocumentState::skipped) ++report_.skipped;
    }
    for (const BatchReject& reject : batch_.rejects) {
      report_.rejects.push_back({split.source->source->uri,
                                 static_cast<std::int64_t>(batch_.documents[reject.document].offset), line, reject.table,
                                 reject.column, reject.reason, reject.sqlstate});
    }
    for (std::size_t table = 0; table < batch_.tables.size(); ++table)
      report_.tables[table].rows += static_cast<std::int64_t>(batch_.tables[table].rows.size());
    if (batch_.rejects.empty()) keep_rows();
  }

  void keep_rows() {
    for (const auto& [table, row] : rows_of_document_) {
      CheckTable& into = report_.tables[table];
      if (into.first_rows.size() >= shown_rows_) continue;
      CheckRow& shown = into.first_rows.emplace_back();
      for (const auto& [column, text] : row) shown.emplace_back(target_.plan->tables[table].columns[column].name, text);
    }
  }

  const CheckOptions& options_;
  const Target& target_;
  std::size_t shown_rows_;
  CheckReport& report_;
  Parser parser_;
  SplitBatch batch_;
  std::vector<std::pair<std::size_t, Shaper::RowText>> rows_of_document_;
  std::int64_t seen_ = 0;
  std::int64_t checked_ = 0;
};

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
  Connection connection(options.conninfo, "pgfeed check");
  CheckReport report;
  report.feed = plan.feed;
  report.database = connection.where();
  const Target target = preview_target(connection, plan);
  LoadOptions reading;
  reading.limit = documents_to_read(options);
  reading.max_document = options.max_document;
  SplitQueue queue(sources, documents, reading);
  Check(options, target, shown_rows, report).run(queue);
  report.warnings = queue.warnings_about_empty_sources();
  return report;
}

}  // namespace pgfeed
