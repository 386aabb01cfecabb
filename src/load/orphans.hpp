#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/row_order.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// The index of a foreign key of the catalog by its name; nothing where its columns are not all loaded, or where the table
/// refers to itself (then the parent may be in the same COPY).
std::optional<std::size_t> find_foreign_key(const TargetTable& table, const std::string& name);

/// Inside a transaction: the rows whose parent is not there, by one lookup of all of them.
std::vector<std::uint32_t> find_orphans(Connection& connection, const TargetTable& table, std::size_t foreign_key,
                                        const TableRows& rows, const RowOrder& order);

}  // namespace pgfeed
