#include "load/existing_keys.hpp"

#include "load/key_arrays.hpp"

namespace pgfeed {

RowOrder rows_with_keys_there(Connection& connection, const TargetTable& table, const TableRows& rows,
                              const RowOrder& order) {
  KeyArrays arrays(table, table.key);
  for (const std::uint32_t row : order) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
  const Result found = connection.run(existing_keys_sql(table.sql), arrays.parameters());
  RowOrder there;
  for (std::size_t i = 0; i < found.rows(); ++i) there.push_back(order[static_cast<std::size_t>(found.number(i, 0) - 1)]);
  return there;
}

void settle_existing_keys(Connection& connection, const TargetTable& table, const TableRows& rows, const RowOrder& order,
                          SplitBatch& batch) {
  for (const std::uint32_t row : rows_with_keys_there(connection, table, rows, order)) {
    const std::uint32_t document = rows.rows[row].document;
    if (table.plan->rule == DuplicateRule::error) {
      batch.reject(document, {0, table.plan->name.text(), "", "a row with the same key is there already", "23505"});
    } else {
      batch.documents[document].state = DocumentState::skipped;
    }
  }
}

}  // namespace pgfeed
