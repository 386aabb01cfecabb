#include "postgres/load_totals.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

namespace pgfeed {
namespace {

Counts read_counts(Connection& connection, std::int64_t load) {
  const Result rows = connection.run_ledger(fmt::format(
      "SELECT count(span), coalesce(sum(upper(span) - lower(span)), 0), coalesce(sum(loaded), 0), "
      "coalesce(sum(skipped), 0), coalesce(sum(rejected), 0), (SELECT count(*) FROM pgfeed.rejects WHERE load = "
      "{0} AND state = 'parked') FROM (SELECT span, loaded, skipped, rejected FROM pgfeed.splits WHERE load = {0} "
      "UNION ALL SELECT NULL, loaded, skipped, rejected FROM pgfeed.late_batches WHERE load = {0}) part",
      load));
  Counts counts;
  counts.splits = rows.number(0, 0);
  counts.bytes = rows.number(0, 1);
  counts.loaded = rows.number(0, 2);
  counts.skipped = rows.number(0, 3);
  counts.rejected = rows.number(0, 4);
  counts.read = counts.loaded + counts.skipped + counts.rejected + rows.number(0, 5);
  return counts;
}

Counts read_staged_counts(Connection& connection, std::int64_t load) {
  const Result rows = connection.run_ledger(
      fmt::format("SELECT count(*), coalesce(sum(upper(span) - lower(span)), 0), coalesce(sum(documents), 0), "
                  "coalesce(sum(rejected), 0) FROM pgfeed.staged_splits WHERE load = {}",
                  load));
  Counts counts;
  counts.splits = rows.number(0, 0);
  counts.bytes = rows.number(0, 1);
  counts.read = rows.number(0, 2);
  counts.rejected = rows.number(0, 3);
  return counts;
}

std::vector<RejectReport> read_first_rejects(Connection& connection, std::int64_t load) {
  const Result rows = connection.run_ledger(
      fmt::format("SELECT source, byte_offset, coalesce(line, -1), table_name, column_name, reason, sqlstate FROM "
                  "pgfeed.rejects WHERE load = {} AND state IN ('rejected', 'stopped') ORDER BY source, byte_offset LIMIT 3",
                  load));
  std::vector<RejectReport> rejects;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    rejects.push_back({rows.text(i, 0), rows.number(i, 1), rows.number(i, 2), rows.text(i, 3), rows.text(i, 4),
                       rows.text(i, 5), rows.text(i, 6)});
  }
  return rejects;
}

}  // namespace

std::vector<TableReport> read_load_tables(Connection& connection, std::int64_t load) {
  const Result rows = connection.run_ledger(
      fmt::format("SELECT t.key, sum((t.value ->> 'inserted')::bigint), sum((t.value ->> 'merged')::bigint), "
                  "sum((t.value ->> 'already_there')::bigint) FROM (SELECT rows FROM pgfeed.splits WHERE load = {0} UNION "
                  "ALL SELECT rows FROM pgfeed.late_batches WHERE load = {0}) part, jsonb_each(part.rows) t GROUP BY t.key "
                  "ORDER BY t.key",
                  load));
  std::vector<TableReport> tables;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    tables.push_back({rows.text(i, 0), rows.number(i, 1), rows.number(i, 2), rows.number(i, 3)});
  return tables;
}

LoadTotals read_load_totals(Connection& connection, std::int64_t load, SpanKind kind) {
  if (kind == SpanKind::staged) return {read_staged_counts(connection, load), {}, {}};
  return {read_counts(connection, load), read_load_tables(connection, load), read_first_rejects(connection, load)};
}

}  // namespace pgfeed
