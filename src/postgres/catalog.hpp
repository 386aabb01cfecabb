#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "encode/pg_type.hpp"
#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// A column of a table that is there.
struct CatalogColumn {
  std::string name;
  PgType type;
  std::string base_type;  ///< under its domains, without modifier, quoted: what an array of keys is cast to
  bool not_null = false;
  bool has_default = false;
  bool always_generated = false;  ///< GENERATED ALWAYS, as identity or by an expression: cannot be written
  bool is_identity = false;
  bool is_sortable = true;  ///< has a default btree operator class
  /// A NULL that is sent is refused, default or not: NOT NULL, of the column or its domain. Not so where a trigger before
  /// the row may put a value in its place.
  bool refuses_null = false;
  bool is_domain = false;  ///< `type` is the domain, `base_type` what it is made of
};

/// A unique index that ON CONFLICT can use: neither partial nor deferrable nor on expressions, and valid.
struct UniqueIndex {
  std::vector<std::string> columns;  ///< in the order of the index
  bool primary = false;
};

struct CatalogForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::uint32_t references = 0;  ///< OID
  std::string references_sql;    ///< schema-qualified and quoted
  std::vector<std::string> referenced_columns;
};

/// What the server says of one table.
struct CatalogTable {
  std::uint32_t oid = 0;
  std::string sql_name;  ///< schema-qualified and quoted
  bool partitioned = false;
  bool can_insert = false;
  bool can_select = false;
  bool can_update = false;
  bool can_delete = false;
  bool hides_rows = false;   ///< row security applies to us
  std::string refused_kind;  ///< "a view" and the like where no rows can go in; empty: a table
  std::vector<CatalogColumn> columns;
  std::vector<UniqueIndex> unique_indexes;
  std::vector<CatalogForeignKey> foreign_keys;

  [[nodiscard]] const CatalogColumn* column(std::string_view name) const noexcept;
  /// Whether these columns, in any order, are those of a unique index.
  [[nodiscard]] bool is_unique(const std::vector<std::string>& columns) const;
};

/// The OID of a table, decimal: of the one that `read_table` would read. Throws Error(database).
std::optional<std::string> find_table(Connection& connection, const TableName& name);

/// Reads a table from the catalog, by the search_path where the name has no schema. Nothing: there is no such table.
/// Throws Error(database).
std::optional<CatalogTable> read_table(Connection& connection, const TableName& name);

/// Whether the type is a domain that takes no NULL. `type`: as for `read_type`. Throws Error(database).
bool refuses_null(Connection& connection, const std::string& type);

/// The type that the server makes of a type's name, as it would be for a column. `type` is checked by the mapping to be
/// a type's name and nothing else. Throws Error(database), 42704 where there is no such type.
PgType read_type(Connection& connection, const std::string& type);

}  // namespace pgfeed
