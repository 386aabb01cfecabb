#include "load/staged_sources.hpp"

#include <fmt/format.h>

#include <map>

#include "postgres/ledger.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

std::vector<std::int64_t> entries_of(const std::vector<PlannedSource>& planned) {
  std::vector<std::int64_t> entries;
  for (const PlannedSource& source : planned) entries.push_back(source.entry);
  return entries;
}

using SpansOfSources = std::map<std::int64_t, Spans>;

}  // namespace

void take_over_staged(Connection& connection, std::int64_t load, const std::string& format, SourcePlan& plan) {
  std::vector<std::int64_t> kept;
  std::vector<std::int64_t> stale;
  SpansOfSources spans;
  connection.begin();
  for (const StagedSplit& staged : read_staged(connection, entries_of(plan.sources))) {
    const bool fits = staged.format.empty() || staged.format == format;
    (fits ? kept : stale).push_back(staged.split);
    if (!fits) continue;
    spans[staged.source].push_back(staged.span);
    plan.staged_rejects += staged.rejected;
  }
  drop_staged(connection, stale);
  adopt_staged(connection, kept, load);
  connection.commit();
  if (!stale.empty()) {
    plan.warnings.push_back(
        fmt::format("{} staged splits of an earlier load were made for another mapping or other columns: "
                    "they are staged anew",
                    stale.size()));
  }
  for (PlannedSource& planned : plan.sources) planned.committed = unite(planned.committed, spans[planned.entry]);
}

std::vector<PlannedSource> find_unstaged(Connection& connection, const std::vector<PlannedSource>& planned) {
  std::vector<PlannedSource> holes = find_holes(connection, planned);
  const std::vector<std::int64_t> entries = entries_of(holes);
  SpansOfSources spans;
  for (const StagedSplit& staged : read_staged(connection, entries)) spans[staged.source].push_back(staged.span);
  const std::vector<std::int64_t> sizes = read_content_sizes(connection, entries);
  std::vector<PlannedSource> unstaged;
  for (std::size_t i = 0; i < holes.size(); ++i) {
    holes[i].committed = unite(holes[i].committed, spans[holes[i].entry]);
    if (static_cast<std::int64_t>(size_of(holes[i].committed)) != sizes[i]) unstaged.push_back(std::move(holes[i]));
  }
  return unstaged;
}

}  // namespace pgfeed
