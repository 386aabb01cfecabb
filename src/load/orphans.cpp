#include "load/orphans.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/key_arrays.hpp"
#include "load/row_key.hpp"
#include "load/shaper.hpp"
#include "mapping/ddl.hpp"

namespace pgfeed {
namespace {

std::vector<std::size_t> columns_of(const TargetTable& table, const CatalogForeignKey& key) {
  std::vector<std::size_t> columns;
  for (const std::string& name : key.columns) {
    const auto found = std::ranges::find(table.plan->columns, name, &Column::name);
    if (found != table.plan->columns.end()) columns.push_back(static_cast<std::size_t>(found - table.plan->columns.begin()));
  }
  return columns;
}

std::string orphans_sql(const TargetTable& table, const CatalogForeignKey& key, const std::vector<std::size_t>& columns) {
  std::string arrays;
  std::string names;
  std::string equal;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    arrays += fmt::format("{}${}::{}[]", i == 0 ? "" : ", ", i + 1, table.sql.columns[columns[i]].base_type);
    names += fmt::format("k{}, ", i + 1);
    equal += fmt::format("{}p.{} = k.k{}", i == 0 ? "" : " AND ", quote_identifier(key.referenced_columns[i]), i + 1);
  }
  return fmt::format("SELECT k.i FROM unnest({}) WITH ORDINALITY AS k({}i) WHERE NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
                     arrays, names, key.references_sql, equal);
}

bool has_null(const char* row, const std::vector<std::size_t>& columns) {
  return std::ranges::any_of(columns, [&](std::size_t column) { return FieldCursor::is_null(field_at(row, column)); });
}

}  // namespace

std::optional<std::size_t> find_foreign_key(const TargetTable& table, const std::string& name) {
  const auto& keys = table.catalog.foreign_keys;
  const auto found = std::ranges::find(keys, name, &CatalogForeignKey::name);
  if (found == keys.end() || found->references == table.catalog.oid ||
      columns_of(table, *found).size() != found->columns.size())
    return std::nullopt;
  return static_cast<std::size_t>(found - keys.begin());
}

std::vector<std::uint32_t> find_orphans(Connection& connection, const TargetTable& table, std::size_t foreign_key,
                                        const TableRows& rows, const RowOrder& order) {
  const CatalogForeignKey& key = table.catalog.foreign_keys[foreign_key];
  const std::vector<std::size_t> columns = columns_of(table, key);
  KeyArrays arrays(table, columns);
  std::vector<std::uint32_t> asked;
  for (const std::uint32_t index : order) {
    const char* row = rows.bytes.data() + rows.rows[index].begin;
    if (has_null(row, columns)) continue;  // refers to nothing (MATCH SIMPLE)
    arrays.add_row(row);
    asked.push_back(index);
  }
  const Result found = connection.run(orphans_sql(table, key, columns), arrays.parameters());
  std::vector<std::uint32_t> orphans;
  for (std::size_t i = 0; i < found.rows(); ++i) orphans.push_back(asked[static_cast<std::size_t>(found.number(i, 0) - 1)]);
  return orphans;
}

}  // namespace pgfeed
