#pragma once

#include <cstdint>
#include <vector>

#include "mapping/plan.hpp"

namespace pgfeed {

/// The tables of the plan that rows of `table` refer to, by `ref` or by a declared foreign key: indices in
/// Plan::tables, each once, ascending, without the table itself.
std::vector<std::size_t> parents_of(const Plan& plan, std::size_t table);

/// All tables, those that are referred to before those that refer to them, else in the order of the file.
/// The plan has no cycle (compile_mapping refuses it).
std::vector<std::size_t> table_order(const Plan& plan);

/// The tables of a cycle of references, each referring to the next and the last to the first; empty where there is none.
std::vector<std::size_t> find_cycle(const Plan& plan);

/// Index of the table with this name in Plan::tables, or -1.
std::int32_t table_index(const Plan& plan, const TableName& name);

/// Index of the table whose generated ids a column holds, or -1.
std::int32_t ref_of(const Table& table, std::uint32_t column);

}  // namespace pgfeed
