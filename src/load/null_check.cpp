#include "load/null_check.hpp"

#include <fmt/format.h>

#include <optional>

#include "load/shaper.hpp"

namespace pgfeed {
namespace {

/// The first column of a row that is NULL and must not be.
std::optional<std::size_t> refused_null(const TargetTable& table, const char* row) {
  FieldCursor cursor(row);
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    if (FieldCursor::is_null(cursor.next()) && table.columns[column].refuses_null) return column;
  }
  return std::nullopt;
}

}  // namespace

bool sends_every_row(const TargetTable& table) noexcept {
  return table.is_root || table.key.empty() || table.plan->rule == DuplicateRule::error ||
         table.plan->rule == DuplicateRule::update;
}

bool sends_refused_nulls(const Target& target, const SplitBatch& batch) noexcept {
  for (std::size_t table = 0; table < target.tables.size(); ++table) {
    if (batch.tables[table].has_refused_null && sends_every_row(target.tables[table])) return true;
  }
  return false;
}

void reject_null(const TargetTable& table, std::size_t column, std::uint32_t document, SplitBatch& batch) {
  const std::string& name = table.plan->columns[column].name;
  batch.reject(document, {0, table.plan->name.text(), name,
                          fmt::format("null value in column \"{}\" of relation \"{}\" violates not-null constraint", name,
                                      table.plan->name.table),
                          "23502"});
}

void reject_nulls(const TargetTable& table, const TableRows& rows, const RowOrder& order, SplitBatch& batch) {
  if (!rows.has_refused_null) return;
  for (const std::uint32_t index : order) {
    const Row& row = rows.rows[index];
    if (row.document == kNoDocument) continue;
    const std::optional<std::size_t> column = refused_null(table, rows.bytes.data() + row.begin);
    if (column) reject_null(table, *column, row.document, batch);
  }
}

}  // namespace pgfeed
