#include <pgfeed/check.hpp>

#include <fmt/chrono.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "load/lock_wait.hpp"
#include "load/offline_rules.hpp"
#include "load/parser.hpp"
#include "load/preparation.hpp"
#include "load/split_queue.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

/// Documents are compared with one another within parts of so many bytes, as a load does within its splits: what is kept of
/// them stays bounded.
constexpr std::size_t kPartBytes = 32U << 20;

/// Checks documents part by part, and keeps what is to be shown.
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
    parser_.observe([this](std::size_t table, Shaper::RowText row) {
      if (report_.tables[table].first_rows.size() >= shown_rows_) return;
      rows_.push_back({static_cast<std::uint32_t>(batch_.documents.size() - 1), table, std::move(row)});
    });
    for (const Table& table : target.plan->tables) report_.tables.push_back({table.name.text(), false, 0, {}});
    for (std::size_t i = 0; i < target.tables.size(); ++i) report_.tables[i].is_there = target.tables[i].catalog.oid != 0;
  }

  void run(SplitQueue& queue) {
    Split split;
    while (checked_ != options_.limit && queue.next(split)) {
      split.read(options_.max_document, [] {});
      for (const Record& record : split.records.records) {
        if (checked_ == options_.limit) break;
        if (is_in_sample()) add(split, record);
      }
    }
    end_part();
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
    const std::int64_t line = split.line_of(record);
    const std::string_view document = split.records.text(record);
    const std::string& uri = split.source->source->uri;
    parser_.add({document, uri, record.offset, line, record.fault, record.source_size}, record.begin, batch_);
    places_.resize(batch_.documents.size(), {&uri, line});
    part_bytes_ += document.size();
    if (part_bytes_ >= kPartBytes) end_part();
  }

  /// Reports what became of the documents of a part, and forgets them.
  void end_part() {
    apply_rules_offline(target_, batch_);
    for (const BatchDocument& document : batch_.documents) {
      ++report_.read;
      if (document.state == DocumentState::live) ++report_.loaded;
      if (document.state == DocumentState::skipped) ++report_.skipped;
    }
    add_rejects();
    for (std::size_t table = 0; table < batch_.tables.size(); ++table) {
      batch_.tables[table].drop_filled();
      report_.tables[table].rows +=
          std::ranges::count_if(batch_.tables[table].rows, [this](const Row& row) { return batch_.is_live(row.document); });
    }
    keep_rows();
    batch_.clear();
    places_.clear();
    rows_.clear();
    part_bytes_ = 0;
  }

  void add_rejects() {
    std::ranges::stable_sort(batch_.rejects, {}, &BatchReject::document);
    for (const BatchReject& reject : batch_.rejects) {
      const auto& [uri, line] = places_[reject.document];
      report_.rejects.push_back({*uri, static_cast<std::int64_t>(batch_.documents[reject.document].offset), line,
                                 reject.table, reject.column, reject.reason, reject.sqlstate});
    }
  }

  void keep_rows() {
    for (const ObservedRow& row : rows_) {
      CheckTable& into = report_.tables[row.table];
      if (into.first_rows.size() >= shown_rows_ || !batch_.is_live(row.document)) continue;
      CheckRow& shown = into.first_rows.emplace_back();
      for (const auto& [column, text] : row.text)
        shown.emplace_back(target_.plan->tables[row.table].columns[column].name, text);
    }
  }

  struct ObservedRow {
    std::uint32_t document;
    std::size_t table;
    Shaper::RowText text;
  };

  const CheckOptions& options_;
  const Target& target_;
  std::size_t shown_rows_;
  CheckReport& report_;
  Parser parser_;
  SplitBatch batch_;
  std::vector<ObservedRow> rows_;                                    ///< of the part's documents
  std::vector<std::pair<const std::string*, std::int64_t>> places_;  ///< URI and line of each document of the part
  std::size_t part_bytes_ = 0;
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
  Connection connection(options.session, "pgfeed check");
  CheckReport report;
  report.feed = plan.feed;
  report.database = connection.where();
  if (const std::string exposure = connection.exposure(); !exposure.empty() && options.session.on_warning)
    options.session.on_warning(exposure);
  connection.begin_each();
  const Target target = [&] {
    try {
      return preview_target(connection, plan);
    } catch (const Error& error) {
      throw explained(connection, error);
    }
  }();
  LoadOptions reading;
  reading.limit = documents_to_read(options);
  reading.max_document = options.max_document;
  SplitQueue queue(all_of(sources), documents, reading);
  Check(options, target, shown_rows, report).run(queue);
  report.warnings = queue.warnings_about_empty_sources();
  return report;
}

}  // namespace pgfeed
