#include "postgres/ledger_snapshot.hpp"

#include <vector>

#include "postgres/array_text.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/load_sessions.hpp"

namespace pgfeed {

// A load that the snapshot has as running had its sessions before the snapshot, or came in between and has them after it.
LedgerSnapshot::LedgerSnapshot(Connection& connection) : connection_(connection) {
  const bool is_standby = connection_.run("SELECT pg_is_in_recovery()").is_true(0, 0);
  std::vector<std::int64_t> live = find_live_loads(connection_);
  connection_.run(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL TimeZone = 'UTC'; SET LOCAL jit = off; SET LOCAL "
      "row_security = off");
  is_there_ = require_known_ledger(connection_);
  const std::vector<std::int64_t> later = find_live_loads(connection_);
  live.insert(live.end(), later.begin(), later.end());
  if (!is_standby) live_loads_ = array_text(live);
}

}  // namespace pgfeed
