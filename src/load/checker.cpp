#include "load/checker.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "load/lock_wait.hpp"
#include "load/offline_rules.hpp"
#include "load/preparation.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {
namespace {

/// Documents are compared with one another within parts of so many bytes, as a load does within its splits: what is kept of
/// them stays bounded.
constexpr std::size_t kPartBytes = 32U << 20;

}  // namespace

Checker::Checker(const CheckOptions& options, const Plan& plan, std::size_t shown_rows)
    : options_(options),
      plan_(plan),
      shown_rows_(shown_rows),
      target_(look_at_tables()),
      parser_(target_, {options.max_depth, options.max_document, options.strict_json,
                        fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}) {
  parser_.prepare(batch_);
  parser_.observe([this](std::size_t table, Shaper::RowText row) {
    if (report_.tables[table].first_rows.size() >= shown_rows_) return;
    rows_.push_back({static_cast<std::uint32_t>(batch_.documents.size() - 1), table, std::move(row)});
  });
  for (const Table& table : plan.tables) report_.tables.push_back({table.name.text(), false, 0, {}});
  for (std::size_t i = 0; i < target_.tables.size(); ++i) report_.tables[i].is_there = target_.tables[i].catalog.oid != 0;
}

Target Checker::look_at_tables() {
  Connection connection(options_.session, "pgfeed check");
  report_.feed = plan_.feed;
  report_.database = connection.where();
  if (const std::string exposure = connection.exposure(); !exposure.empty() && options_.session.on_warning)
    options_.session.on_warning(exposure);
  connection.begin_each();
  try {
    return preview_target(connection, plan_);
  } catch (const Error& error) {
    throw explained(connection, error);
  }
}

void Checker::add(const Split& split) {
  for (const Record& record : split.records.records) {
    if (is_done()) return;
    if (is_in_sample()) add(split, record);
  }
}

CheckReport Checker::finish() && {
  end_part();
  return std::move(report_);
}

/// Every n-th document, evenly: 25 % takes the fourth, the eighth, and so on.
bool Checker::is_in_sample() {
  const auto wanted = [this] { return std::floor(static_cast<double>(seen_) * options_.sample_percent / 100); };
  const double before = wanted();  // from the count, not summed up: 0.1 % a thousand times would come to less than 100
  ++seen_;
  return wanted() > before;
}

void Checker::add(const Split& split, const Record& record) {
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
void Checker::end_part() {
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

void Checker::add_rejects() {
  std::ranges::stable_sort(batch_.rejects, {}, &BatchReject::document);
  for (const BatchReject& reject : batch_.rejects) {
    const auto& [uri, line] = places_[reject.document];
    report_.rejects.push_back({*uri, static_cast<std::int64_t>(batch_.documents[reject.document].offset), line, reject.table,
                               reject.column, reject.reason, reject.sqlstate});
  }
}

void Checker::keep_rows() {
  for (const ObservedRow& row : rows_) {
    CheckTable& into = report_.tables[row.table];
    if (into.first_rows.size() >= shown_rows_ || !batch_.is_live(row.document)) continue;
    CheckRow& shown = into.first_rows.emplace_back();
    for (const auto& [column, text] : row.text) shown.emplace_back(plan_.tables[row.table].columns[column].name, text);
  }
}

}  // namespace pgfeed
