#include "load/staging.hpp"

#include "postgres/row_stream.hpp"

namespace pgfeed {

void stage_rows(Connection& connection, const TargetTable& table, const TableRows& rows, const RowOrder& order) {
  connection.run(create_stage_sql(table.sql) + "; DELETE FROM " + table.sql.stage);
  RowStream stream(connection, copy_stage_sql(table.sql));
  for (const std::uint32_t index : order) {
    const Row& row = rows.rows[index];
    stream.send(static_cast<std::int32_t>(row.document), rows.bytes.view(row.begin, row.size));
  }
  stream.finish();
}

TableCounts merge_through_stage(Connection& connection, const TargetTable& table, const TableRows& rows,
                                const RowOrder& order) {
  stage_rows(connection, table, rows, order);
  TableCounts counts;
  if (table.key.empty() || table.plan->rule == DuplicateRule::error) {
    counts.inserted = connection.run(insert_staged_sql(table.sql)).affected();
    return counts;
  }
  const Result merged = connection.run(merge_sql(table.sql, are_unique(table, rows, order)));
  counts.inserted = merged.number(0, 0);
  counts.merged = merged.number(0, 1);
  counts.already_there = static_cast<std::int64_t>(order.size()) - counts.inserted - counts.merged;
  return counts;
}

TableCounts copy_rows(Connection& connection, const TargetTable& table, const TableRows& rows, const RowOrder& order) {
  RowStream stream(connection, copy_sql(table.sql));
  for (const std::uint32_t index : order) stream.send(rows.bytes.view(rows.rows[index].begin, rows.rows[index].size));
  TableCounts counts;
  counts.inserted = stream.finish();
  return counts;
}

void take_turn(Connection& connection) {
  constexpr const char* kTurn = "SELECT pg_advisory_xact_lock(7090217, 1)";  // two numbers of pgfeed's own
  connection.run(kTurn);
}

}  // namespace pgfeed
