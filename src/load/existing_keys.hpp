#pragma once

#include "load/row_order.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Inside a transaction: looks the keys of rows up, all in one statement. Documents of rows whose key is there are skipped,
/// or under `error` rejected.
void settle_existing_keys(Connection& connection, const TargetTable& table, const TableRows& rows, const RowOrder& order,
                          SplitBatch& batch);

/// Those of the rows whose key is there.
RowOrder rows_with_keys_there(Connection& connection, const TargetTable& table, const TableRows& rows,
                              const RowOrder& order);

}  // namespace pgfeed
