#pragma once

#include "load/batch.hpp"
#include "load/row_order.hpp"
#include "load/table_counts.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Inside a transaction: copies rows into the table's stage, which holds no others.
void stage_rows(Connection& connection, const TargetTable& table, const TableRows& rows, const RowOrder& order);

/// Inside a transaction: stages rows and merges them by the table's rule; without a key, or under `error`, inserts them.
TableCounts merge_through_stage(Connection& connection, const TargetTable& table, const TableRows& rows,
                                const RowOrder& order);

/// Inside a transaction: copies rows straight into the table.
TableCounts copy_rows(Connection& connection, const TargetTable& table, const TableRows& rows, const RowOrder& order);

/// Waits until no other transaction of a load that had to be tried again is under way: after deadlocks, one at a time.
void take_turn(Connection& connection);

}  // namespace pgfeed
