#include <pgfeed/drop.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/load_sessions.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

/// The staged splits of a load, which may be dropped now. `feed` is the load's. Throws Error.
std::vector<StagedSplit> staged_splits_of(Connection& connection, std::int64_t load, std::string& feed) {
  const Result row = connection.run_ledger(fmt::format("SELECT feed FROM pgfeed.loads WHERE load = {}", load));
  if (row.rows() == 0) {
    throw Error(ErrorKind::usage,
                fmt::format("the ledger in {} has no load {}: `pgfeed status` shows what it has", connection.where(), load));
  }
  feed = row.text(0, 0);
  const std::vector<std::int64_t> live = find_live_loads(connection);
  if (std::ranges::find(live, load) != live.end()) {
    throw Error(ErrorKind::database,
                fmt::format("load {} is running, so nothing was dropped: wait for its end, or end it, and try again", load));
  }
  std::vector<StagedSplit> splits = read_staged_of(connection, load);
  if (splits.empty()) {
    const std::vector<std::int64_t> others = find_loads_with_staged(connection, feed);
    throw Error(ErrorKind::usage,
                fmt::format("load {} has nothing staged that could be dropped{}; what is in stays in", load,
                            others.empty() ? "" : fmt::format(" (of its feed these have: {})", fmt::join(others, ", "))));
  }
  return splits;
}

}  // namespace

StagedLoad drop(const SessionOptions& session, std::int64_t load, const std::function<bool(const StagedLoad&)>& is_meant) {
  Connection connection(session, "pgfeed drop");
  if (!require_known_ledger(connection)) {
    throw Error(ErrorKind::database, fmt::format("there is no ledger (schema {}) in {}, so there is nothing to drop",
                                                 session.schema, connection.where()));
  }
  StagedLoad staged;
  staged.database = connection.where();
  staged.load = load;
  const std::vector<StagedSplit> found = staged_splits_of(connection, load, staged.feed);
  for (const StagedSplit& split : found) {
    ++staged.splits;
    staged.bytes += static_cast<std::int64_t>(split.span.size());
    staged.documents += split.documents;
  }
  if (!is_meant(staged)) return {};
  connection.begin_maintenance();
  take_publication_turn(connection, staged.feed);
  std::vector<std::int64_t> splits;
  for (const StagedSplit& split : staged_splits_of(connection, load, staged.feed)) splits.push_back(split.split);
  drop_staged(connection, splits);
  end_load(connection, load, "dropped");
  connection.commit();
  return staged;
}

}  // namespace pgfeed
