#pragma once

#include <cstdint>
#include <vector>

#include "load/batch.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// Rows of one table, by their index in TableRows::rows, in the order in which they are sent.
using RowOrder = std::vector<std::uint32_t>;

/// The rows of live documents in key order, without those whose key another row has.
///
/// Every worker sorts keys alike, so all take locks in one order; numbers and times sort as the server's B-tree does,
/// texts by their bytes. Of rows with equal keys the table's rule keeps one: the first (`error` and `skip`), the last
/// (`update`), the greatest (`latest`), or one that has taken the others' values (`fill`: made in `rows`). Under `error`
/// the document of a second row is rejected, unless it is the first row's own: then call again, for the first's rows count.
/// Where only the server can tell equal keys, or which row is the greater, both stay: it will tell.
/// A table without a key: rows of live documents as they come.
RowOrder order_rows(const TargetTable& table, TableRows& rows, SplitBatch& batch, bool& rejected);

/// Whether ordered rows have keys of which the server, too, holds no two for equal.
bool are_unique(const TargetTable& table, const TableRows& rows, const RowOrder& order);

/// Decides by the root table's rows which documents go in: one for each root key. The others are skipped, or under
/// `error` rejected. A document without a root row stays.
void settle_root_duplicates(const TargetTable& root, TableRows& rows, SplitBatch& batch);

}  // namespace pgfeed
