#pragma once

#include "load/batch.hpp"
#include "load/row_order.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// Whether every row of the table that is left in a document that goes in is sent to the server, and so refused if it has
/// such a NULL. Under `skip`, `fill` and `latest` a row may give way to one that is there, and then holds what it likes.
bool sends_every_row(const TargetTable& table) noexcept;

/// Whether such a table has a row with a NULL that is refused.
bool sends_refused_nulls(const Target& target, const SplitBatch& batch) noexcept;

/// Rejects a document for a NULL in a column that takes none, as the server would (23502), in its words.
void reject_null(const TargetTable& table, std::size_t column, std::uint32_t document, SplitBatch& batch);

/// Rejects so the documents of rows with such a NULL. `order`: the rows that would be sent. Costs nothing where the shaper
/// saw no such NULL.
void reject_nulls(const TargetTable& table, const TableRows& rows, const RowOrder& order, SplitBatch& batch);

}  // namespace pgfeed
