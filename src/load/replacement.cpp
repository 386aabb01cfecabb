#include "load/replacement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "mapping/ddl.hpp"

namespace pgfeed {
namespace {

const TargetTable* find_table(const Target& target, const TableName& name) {
  const auto found = std::ranges::find_if(target.tables, [&](const TargetTable& table) { return table.plan->name == name; });
  return found == target.tables.end() ? nullptr : &*found;
}

/// A condition on the row `alias` of a table that holds when it belongs to one of the root keys; empty where the table does
/// not lead to the root.
std::string belongs_to_root(const Target& target, const TargetTable& table, const std::string& alias, std::size_t depth) {
  const TargetTable& root = *target.root();
  if (table.is_root) {
    std::string equal;
    for (std::size_t i = 0; i < root.key.size(); ++i) {
      equal += fmt::format("{}{}.{} = k.k{}", i == 0 ? "" : " AND ", alias, root.sql.columns[root.key[i]].name, i + 1);
    }
    return fmt::format("EXISTS (SELECT 1 FROM {} WHERE {})", keys_from_arrays(root.sql), equal);
  }
  if (depth > target.tables.size()) return "";
  for (const ForeignKey& key : table.plan->foreign_keys) {
    const TargetTable* parent = find_table(target, key.references);
    if (parent == nullptr || parent == &table || parent->shared) continue;
    const std::string above = fmt::format("p{}", depth);
    const std::string condition = belongs_to_root(target, *parent, above, depth + 1);
    if (condition.empty()) continue;
    const std::vector<std::string>& referenced = key.referenced_columns.empty() ? parent->plan->key : key.referenced_columns;
    std::string equal;
    for (std::size_t i = 0; i < key.columns.size(); ++i) {
      equal += fmt::format("{}{}.{} = {}.{}", i == 0 ? "" : " AND ", alias, quote_identifier(key.columns[i]), above,
                           quote_identifier(referenced[i]));
    }
    return fmt::format("EXISTS (SELECT 1 FROM {} {} WHERE {} AND {})", parent->sql.name, above, equal, condition);
  }
  return "";
}

}  // namespace

std::vector<std::string> replacement_statements(const Target& target) {
  std::vector<std::string> statements;
  for (const std::size_t index : std::views::reverse(target.order)) {
    const TargetTable& table = target.tables[index];
    if (table.shared || table.is_root) continue;
    const std::string condition = belongs_to_root(target, table, "t", 1);
    if (!condition.empty()) statements.push_back(fmt::format("DELETE FROM {} t WHERE {}", table.sql.name, condition));
  }
  return statements;
}

}  // namespace pgfeed
