#include "postgres/lock_holders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace pgfeed {
namespace {

// $1: the statement; $2: modes that conflict with any of the statement's own, $3: modes that conflict where both want the
// same row. Some of our statements name tables in quotes, others only where they must.
constexpr const char* kHolders = R"sql(
WITH held AS (
  SELECT l.*, c.relname, c.oid AS table_oid, n.nspname FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_class c ON l.locktype = 'relation' AND c.oid = l.relation AND c.relkind IN ('r', 'p')
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND (c.oid IS NOT NULL OR (l.locktype = 'advisory' AND l.classid IN (7090217, 7090218) AND strpos($1, 'pg_advisory') > 0))
), named AS (
  SELECT oid FROM pg_catalog.pg_class
  WHERE relkind IN ('r', 'p') AND (strpos($1, '"' || replace(relname, '"', '""') || '"') > 0
    OR relname = ANY (regexp_split_to_array($1, '[^a-z0-9_$]+')))
), wanted AS (
  SELECT oid FROM named
  UNION SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent IN (SELECT oid FROM named)
  UNION SELECT confrelid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM named)
), holders AS (
  SELECT h.*, CASE WHEN h.locktype = 'advisory' OR h.mode = ANY ($2::text[]) THEN CASE WHEN h.granted THEN 0 ELSE 1 END
                   WHEN h.granted AND h.mode = ANY ($3::text[]) THEN 2 END AS way
  FROM held h WHERE h.locktype = 'advisory' OR h.table_oid IN (SELECT oid FROM wanted)
), seen AS (
  SELECT DISTINCT ON (coalesce(h.pid::text, h.virtualtransaction))
    coalesce(h.pid, 0) AS pid, coalesce(a.backend_start::text, '') AS started, h.way,
    coalesce(CASE WHEN pg_catalog.pg_table_is_visible(h.table_oid) THEN h.relname ELSE h.nspname || '.' || h.relname END, '')
      AS table_name,
    coalesce(a.application_name, '') AS application, coalesce(a.usename, '') AS role, coalesce(a.state, '') AS state,
    coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0) AS seconds,
    a.usename IS NOT DISTINCT FROM session_user AS is_own_role,
    coalesce(a.state LIKE 'idle in transaction%' OR (a.state = 'active' AND a.wait_event IN ('ClientRead', 'ClientWrite')),
             false) AS awaits_client,
    concat_ws(' ', a.state_change, a.query_start, {}) AS progress,
    coalesce(substring(a.application_name FROM '^pgfeed load [0-9]+')
      = substring(current_setting('application_name') FROM '^pgfeed load [0-9]+'), false) AS is_own_load,
    a.xact_start
  FROM holders h LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
  WHERE h.way IS NOT NULL ORDER BY coalesce(h.pid::text, h.virtualtransaction), h.way
)
SELECT pid, started, way, table_name, application, role, state, seconds, is_own_role, awaits_client, progress FROM seen
WHERE NOT is_own_load OR (SELECT bool_and(is_own_load) FROM seen) ORDER BY way, xact_start NULLS LAST
)sql";

// How far its COPY has come, from PostgreSQL 14 on.
constexpr const char* kCopyProgress = "(SELECT bytes_processed FROM pg_catalog.pg_stat_progress_copy p WHERE p.pid = a.pid)";

/// Lock modes of others that are in the way of a statement, as arrays.
struct Modes {
  std::string whole;
  std::string rows;
};

/// By what the statement begins with. The table of conflicts is in the manual.
Modes conflicting_modes(const std::string& statement) {
  const std::string rows = "{RowShareLock,RowExclusiveLock}";
  const std::string strong = "ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock";
  const std::string updating = "ShareUpdateExclusiveLock,RowExclusiveLock," + strong;
  const auto begins = [&](const char* word) { return statement.starts_with(word); };
  if (begins("ALTER") || begins("DROP")) return {"{AccessShareLock,RowShareLock," + updating + "}", "{}"};
  if (begins("CREATE") || begins("ANALYZE")) return {"{" + updating + "}", "{}"};
  if (begins("SELECT")) return {"{AccessExclusiveLock}", rows};
  return {"{" + strong + "}", rows};
}

}  // namespace

std::string LockHolder::sentence() const {
  std::string who =
      backend.pid == 0 ? "a prepared transaction (see pg_prepared_xacts)" : fmt::format("session {} (", backend.pid);
  if (backend.pid != 0) {
    who += application.empty() ? "without a name" : application;
    if (!role.empty()) who += ", role " + role;
    if (!state.empty()) who += fmt::format(", {} for {:.0f} s", state, seconds);
    who += ")";
  }
  const std::string what = table.empty() ? "a lock of pgfeed's own" : fmt::format("table \"{}\"", table);
  switch (way) {
    case Way::whole: return fmt::format("{} is locked by {}", what, who);
    case Way::waiting: return fmt::format("{} is waited for by {}", what, who);
    case Way::rows: return fmt::format("rows of {} are locked by {}", what, who);
  }
  return "";
}

std::vector<LockHolder> find_lock_holders(Connection& connection, const std::string& statement) {
  constexpr int kCopyProgressSince = 140000;
  const Modes modes = conflicting_modes(statement);
  const std::array<Parameter, 3> parameters{Parameter{statement}, Parameter{modes.whole}, Parameter{modes.rows}};
  connection.run("SELECT pg_catalog.pg_stat_clear_snapshot()");  // else a dry run would see what it saw first
  const char* progress = connection.server_version() >= kCopyProgressSince ? kCopyProgress : "NULL";
  const Result found = connection.run(fmt::format(kHolders, progress), parameters);
  std::vector<LockHolder> holders;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    holders.push_back({{found.number(i, 0), found.text(i, 1)},
                       found.text(i, 3),
                       static_cast<LockHolder::Way>(found.number(i, 2)),
                       found.text(i, 4),
                       found.text(i, 5),
                       found.text(i, 6),
                       std::strtod(found.text(i, 7).c_str(), nullptr),
                       found.text(i, 10),
                       found.is_true(i, 8),
                       found.is_true(i, 9)});
  }
  return holders;
}

}  // namespace pgfeed
