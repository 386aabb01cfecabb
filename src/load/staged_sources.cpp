#include "load/staged_sources.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "postgres/ledger.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

using SpansOfSources = std::map<std::int64_t, Spans>;

constexpr const char* kOtherFormat =
    "were made for another mapping, other columns or by other options: they are staged anew";
constexpr const char* kBeyondLimit = "are dropped: --limit counts from the beginning";
constexpr const char* kSuperseded = "are dropped: the sources are in by now, or have changed since";

/// All of a source is, where some is: one span of a split has its bytes, and the others count by that alone.
std::set<std::int64_t> find_unfit(const std::vector<StagedSplit>& splits, const StagingLoad& load) {
  std::set<std::int64_t> sources;
  for (const StagedSplit& staged : splits) {
    const bool fits = !load.is_limited && (staged.format.empty() || staged.format == load.format);
    if (!fits) sources.insert(staged.source);
  }
  return sources;
}

void warn(SourcePlan& plan, std::size_t splits, const char* what) {
  plan.warnings.push_back(fmt::format("splits that earlier loads have staged ({}) {}", splits, what));
}

}  // namespace

void take_over_staged(Connection& connection, const StagingLoad& load, SourcePlan& plan) {
  std::vector<std::int64_t> kept;
  std::vector<std::int64_t> unfit;
  SpansOfSources spans;
  connection.begin();
  const std::vector<std::int64_t> superseded = find_superseded_staged(connection, load.feed);
  drop_staged(connection, superseded);
  const std::vector<StagedSplit> splits = read_staged(connection, entries_of(plan.sources));
  const std::set<std::int64_t> unfit_sources = find_unfit(splits, load);
  for (const StagedSplit& staged : splits) {
    const bool fits = !unfit_sources.contains(staged.source);
    (fits ? kept : unfit).push_back(staged.split);
    if (!fits) continue;
    spans[staged.source].push_back(staged.span);
    plan.staged_rejects += staged.rejected;
  }
  drop_staged(connection, unfit);
  adopt_staged(connection, kept, load.load);
  connection.commit();
  if (!unfit.empty()) warn(plan, unfit.size(), load.is_limited ? kBeyondLimit : kOtherFormat);
  if (!superseded.empty()) warn(plan, superseded.size(), kSuperseded);
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
