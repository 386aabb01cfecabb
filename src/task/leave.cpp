#include "task/leave.hpp"

#include <fmt/format.h>

#include <array>

#include "load/kept.hpp"
#include "load/keys.hpp"
#include "postgres/ledger.hpp"
#include "postgres/partition_ledger.hpp"

namespace pgfeed {
namespace {

/// Of two that leave at the same time, one waits for the other, which is not among the tasks by then. An attempt whose
/// partition is in by another has nothing to do any more: it may hang, and be killed once this one has ended.
bool is_last(const LoadState& state, Connection& connection) {
  connection.begin();
  connection.run_ledger(fmt::format("SELECT FROM pgfeed.loads WHERE load = {} FOR NO KEY UPDATE", state.load));
  connection.rename(fmt::format("pgfeed load {} leaves", state.load));
  const std::string tasks = fmt::format("pgfeed load {} task %", state.load);
  const std::string uri = partitions_uri(state.options.partitions);
  const std::array<Parameter, 3> parameters{Parameter{tasks}, Parameter{state.target.plan->feed}, Parameter{uri}};
  const Result others = connection.run_ledger(
      "SELECT FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1 AND NOT "
      "EXISTS (SELECT FROM pgfeed.sources WHERE feed = $2 AND uri = $3 || substring(application_name FROM ' task "
      "([0-9]+)[.]') AND content_size IS NOT NULL)",
      parameters);
  connection.commit();
  return others.rows() == 0;
}

}  // namespace

void leave(LoadState& state, Connection& connection) {
  if (!is_last(state, connection)) return;
  settle_parked(state, connection);
  Report report;
  make_keys(*state.target.plan, connection, {}, report);
  connection.begin_maintenance();
  end_load(connection, state.load, "done");
  connection.commit();
}

}  // namespace pgfeed
