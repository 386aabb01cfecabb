#include "postgres/pending_keys.hpp"

#include <fmt/format.h>

#include <array>

namespace pgfeed {

void add_pending_keys(Connection& connection, const std::string& feed, std::span<const PendingKey> keys) {
  for (const PendingKey& key : keys) {
    const std::string phase = std::to_string(static_cast<int>(key.phase));
    const std::array<Parameter, 4> parameters{Parameter{phase}, Parameter{feed}, Parameter{key.table},
                                              Parameter{key.statement}};
    connection.run_ledger(
        "INSERT INTO pgfeed.pending_keys (phase, feed, table_name, statement) VALUES ($1::smallint, $2, $3, $4)",
        parameters);
  }
}

std::vector<PendingKey> read_pending_keys(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  const Result rows = connection.run_ledger(
      "SELECT step, phase, table_name, statement FROM pgfeed.pending_keys WHERE feed = $1 ORDER BY phase, step", parameters);
  std::vector<PendingKey> keys;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    keys.push_back({rows.number(i, 0), static_cast<PendingKey::Phase>(rows.number(i, 1)), rows.text(i, 2), rows.text(i, 3)});
  }
  return keys;
}

std::vector<OpenKey> read_open_keys(Connection& connection, std::uint32_t table) {
  const std::array<Parameter, 1> schema{Parameter{connection.session().schema}};
  const Result readable = connection.run(
      "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE n.nspname = $1 AND c.relname = 'pending_keys' AND has_schema_privilege(n.oid, 'USAGE') "
      "AND has_table_privilege(c.oid, 'SELECT')",
      schema);
  if (readable.rows() == 0) return {};
  const Result rows = connection.run_ledger(fmt::format(
      "SELECT p.feed, p.statement FROM pgfeed.pending_keys p, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace "
      "n ON n.oid = c.relnamespace WHERE c.oid = {} AND p.phase = {} "
      "AND p.table_name IN (c.relname, n.nspname || '.' || c.relname) ORDER BY p.step",
      table, static_cast<int>(PendingKey::Phase::key)));
  std::vector<OpenKey> keys;
  for (std::size_t i = 0; i < rows.rows(); ++i) keys.push_back({rows.text(i, 0), rows.text(i, 1)});
  return keys;
}

bool delete_pending_key(Connection& connection, std::int64_t step) {
  return connection.run_ledger(fmt::format("DELETE FROM pgfeed.pending_keys WHERE step = {}", step)).affected() != 0;
}

}  // namespace pgfeed
