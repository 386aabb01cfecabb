#include "postgres/load_sessions.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>

namespace pgfeed {

std::vector<std::int64_t> find_live_loads(Connection& connection) {
  const Result rows = connection.run(
      "SELECT DISTINCT substring(application_name FROM '^pgfeed load ([0-9]{1,18})( |$)')::bigint FROM "
      "pg_catalog.pg_stat_activity WHERE datname = current_database() AND application_name ~ '^pgfeed load [0-9]{1,18}( "
      "|$)'");
  std::vector<std::int64_t> loads;
  for (std::size_t i = 0; i < rows.rows(); ++i) loads.push_back(rows.number(i, 0));
  return loads;
}

void end_task_sessions(Connection& connection, std::int64_t load) {
  constexpr int kMostLooks = 100;
  constexpr std::chrono::milliseconds kBetweenLooks{50};
  const std::string end = fmt::format(
      "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND usename = "
      "current_user AND application_name LIKE 'pgfeed load {} task %'",
      load);
  for (int look = 0; look < kMostLooks && connection.run(end).rows() > 0; ++look) std::this_thread::sleep_for(kBetweenLooks);
}

// A load that was written down after this statement began is not seen by it, and one that was written down before had its
// name by then (`begin_load`), which is looked for later.
void abandon_lost_loads(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  connection.run_ledger(
      "UPDATE pgfeed.loads l SET state = 'abandoned' WHERE feed = $1 AND state = 'running' AND NOT EXISTS (SELECT FROM "
      "pg_catalog.pg_stat_activity a WHERE a.datname = current_database() AND (a.application_name = 'pgfeed load ' || "
      "l.load "
      "OR a.application_name LIKE 'pgfeed load ' || l.load || ' %'))",
      parameters);
}

}  // namespace pgfeed
