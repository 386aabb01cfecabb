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

Error no_right_to_delete(const TargetTable& table) {
  const std::string& name = table.catalog.sql_name;
  Error error(
      ErrorKind::database,
      fmt::format("a document that comes again replaces its rows of {0}, and there is no permission to delete the old "
                  "ones: GRANT DELETE ON {0} TO the role that loads",
                  name));
  error.sqlstate = "42501";
  error.table = table.plan->name.text();
  return error;
}

}  // namespace

std::vector<std::string> replacement_statements(const Target& target) {
  std::vector<std::string> statements;
  for (const std::size_t index : std::views::reverse(target.order)) {
    const TargetTable& table = target.tables[index];
    if (table.shared || table.is_root) continue;
    const std::string condition = belongs_to_root(target, table, "t", 1);
    if (condition.empty()) continue;
    if (!table.catalog.can_delete) throw no_right_to_delete(table);
    statements.push_back(fmt::format("DELETE FROM {} t WHERE {}", table.sql.name, condition));
  }
  return statements;
}

}  // namespace pgfeed
