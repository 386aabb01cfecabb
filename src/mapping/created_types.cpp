#include "mapping/created_types.hpp"

#include <algorithm>

#include "mapping/column_reader.hpp"
#include "mapping/table_graph.hpp"

namespace pgfeed {
namespace {

// The type of the column of `parent` that `name` refers to by this foreign key; empty where the key says nothing of it.
std::string referenced_type(const ForeignKey& key, const Table& parent, const std::string& name) {
  const auto at = std::ranges::find(key.columns, name);
  if (at == key.columns.end()) return "";
  const bool by_surrogate = key.referenced_columns.empty() && !parent.surrogate.empty();
  if (by_surrogate) return "bigint";
  const std::vector<std::string>& referenced = key.referenced_columns.empty() ? parent.key : key.referenced_columns;
  const std::string& target = referenced[static_cast<std::size_t>(at - key.columns.begin())];
  if (target == parent.surrogate) return "bigint";
  return parent.columns[column_index(parent.columns, target).value()].created_type;
}

std::string created_type(const Plan& plan, const Table& table, const Column& column) {
  if (!column.type.empty()) return column.type;
  if (column.is_ref) return "bigint";
  for (const ForeignKey& key : table.foreign_keys) {
    const std::int32_t parent = table_index(plan, key.references);
    if (parent < 0) continue;
    std::string type = referenced_type(key, plan.tables[static_cast<std::size_t>(parent)], column.name);
    if (!type.empty()) return type;
  }
  return "text";
}

}  // namespace

void set_created_types(Plan& plan) {
  for (const std::size_t index : table_order(plan)) {
    Table& table = plan.tables[index];
    // Twice, because a table may refer to itself: then the column it refers to has its type from the first time.
    for (Column& column : table.columns) column.created_type = column.type;
    for (Column& column : table.columns) column.created_type = created_type(plan, table, column);
  }
}

}  // namespace pgfeed
