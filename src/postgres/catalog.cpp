#include "postgres/catalog.hpp"

#include <algorithm>
#include <array>

#include "postgres/catalog_types.hpp"

namespace pgfeed {
namespace {

/// Names come back as one text array each; a name may hold anything, so they are cut on the server into rows.
std::vector<std::string> column_names(Connection& connection, std::uint32_t table, const std::string& numbers) {
  const Result names = connection.run("SELECT a.attname FROM unnest('" + numbers +
                                      "'::int2[]) WITH ORDINALITY k(number, i) "
                                      "JOIN pg_catalog.pg_attribute a ON a.attrelid = " +
                                      std::to_string(table) + " AND a.attnum = k.number ORDER BY i");
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < names.rows(); ++i) columns.push_back(names.text(i, 0));
  return columns;
}

/// Whether a domain, or one that it is made of, is NOT NULL. `type`: an expression of its OID.
std::string domain_refuses_null(const std::string& type) {
  return "EXISTS (WITH RECURSIVE d(base, strict) AS (SELECT typbasetype, typnotnull FROM pg_catalog.pg_type WHERE oid = " +
         type +
         " AND typtype = 'd' UNION ALL SELECT typbasetype, typnotnull FROM d JOIN pg_catalog.pg_type ON oid = base AND "
         "typtype = 'd') "
         "SELECT FROM d WHERE strict)";
}

/// Whether a trigger may change rows before they go in, also one of a partition. 7: before, for each row, on INSERT.
std::string has_trigger_before(const std::string& table) {
  return "EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgtype & 7 = 7 AND tgenabled <> 'D' AND (tgrelid = " + table +
         " OR tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(" + table + "))))";
}

void read_columns(Connection& connection, CatalogTable& table) {
  const std::string oid = std::to_string(table.oid);
  const Result rows = connection.run(
      "SELECT attname, attnotnull, atthasdef, attgenerated <> '' OR attidentity = 'a', attidentity <> '', attnotnull AND "
      "NOT " +
      has_trigger_before(oid) + " OR " + domain_refuses_null("atttypid") +
      " FROM pg_catalog.pg_attribute WHERE attrelid = " + oid + " AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
  const Result types = connection.run(
      type_query("SELECT attnum::int, atttypid, atttypmod FROM pg_catalog.pg_attribute WHERE attrelid = " + oid +
                 " AND attnum > 0 AND NOT attisdropped"));
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    TypeRow type = type_from_row(connection, types, i);
    table.columns.push_back({rows.text(i, 0), std::move(type.type), std::move(type.sql_name), rows.is_true(i, 1),
                             rows.is_true(i, 2), rows.is_true(i, 3), rows.is_true(i, 4), type.is_sortable,
                             rows.is_true(i, 5), type.is_domain});
  }
}

void read_unique_indexes(Connection& connection, CatalogTable& table) {
  const Result rows = connection.run(
      "SELECT replace((SELECT array_agg(k) FROM unnest(indkey[0:indnkeyatts - 1]::int2[]) k)::text, ' ', ''), indisprimary "
      "FROM pg_catalog.pg_index "
      "WHERE indrelid = " +
      std::to_string(table.oid) +
      " AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL AND indexprs IS NULL ORDER BY indisprimary "
      "DESC, indexrelid");
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    table.unique_indexes.push_back({column_names(connection, table.oid, rows.text(i, 0)), rows.is_true(i, 1)});
  }
}

void read_foreign_keys(Connection& connection, CatalogTable& table) {
  const Result rows = connection.run(
      "SELECT conname, conkey, confrelid, confkey, format('%I.%I', nspname, relname) FROM pg_catalog.pg_constraint "
      "JOIN pg_catalog.pg_class c ON c.oid = confrelid JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE contype "
      "= 'f' AND conrelid "
      "= " +
      std::to_string(table.oid) + " ORDER BY conname");
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto references = static_cast<std::uint32_t>(rows.number(i, 2));
    table.foreign_keys.push_back({rows.text(i, 0), column_names(connection, table.oid, rows.text(i, 1)), references,
                                  rows.text(i, 4), column_names(connection, references, rows.text(i, 3))});
  }
}

Result select_table(Connection& connection, const TableName& name, const std::string& columns) {
  const std::array<Parameter, 2> parameters{
      Parameter{name.table}, Parameter{name.schema.empty() ? std::nullopt : std::optional<std::string_view>(name.schema)}};
  return connection.run("SELECT " + columns +
                            " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE "
                            "c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND CASE WHEN $2::text IS NULL THEN "
                            "pg_table_is_visible(c.oid) AND n.nspname <> 'pg_catalog' ELSE n.nspname = $2 END",
                        parameters);
}

std::string refused_kind(std::string_view relkind) {
  if (relkind == "r" || relkind == "p") return "";
  if (relkind == "v") return "a view";
  if (relkind == "m") return "a materialized view";
  if (relkind == "f") return "a foreign table";
  return "not a table";
}

}  // namespace

bool refuses_null(Connection& connection, const std::string& type) {
  const std::array<Parameter, 1> name{Parameter{type}};
  return connection.run("SELECT " + domain_refuses_null("to_regtype($1)"), name).is_true(0, 0);
}

const CatalogColumn* CatalogTable::column(std::string_view name) const noexcept {
  const auto found = std::ranges::find(columns, name, &CatalogColumn::name);
  return found == columns.end() ? nullptr : &*found;
}

bool CatalogTable::is_unique(const std::vector<std::string>& wanted) const {
  return std::ranges::any_of(unique_indexes,
                             [&](const UniqueIndex& index) { return std::ranges::is_permutation(index.columns, wanted); });
}

std::optional<std::string> find_table(Connection& connection, const TableName& name) {
  const Result found = select_table(connection, name, "c.oid");
  return found.rows() == 0 ? std::nullopt : std::optional(found.text(0, 0));
}

std::optional<CatalogTable> read_table(Connection& connection, const TableName& name) {
  const Result found = select_table(
      connection, name,
      "c.oid, format('%I.%I', n.nspname, c.relname), c.relkind, has_table_privilege(c.oid, 'INSERT') OR "
      "has_any_column_privilege(c.oid, 'INSERT'), has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, "
      "'SELECT'), has_table_privilege(c.oid, 'UPDATE') OR has_any_column_privilege(c.oid, 'UPDATE'), "
      "has_table_privilege(c.oid, 'DELETE'), row_security_active(c.oid)");
  if (found.rows() == 0) return std::nullopt;
  CatalogTable table;
  table.oid = static_cast<std::uint32_t>(found.number(0, 0));
  table.sql_name = found.text(0, 1);
  table.partitioned = found.at(0, 2) == "p";
  table.refused_kind = refused_kind(found.at(0, 2));
  table.can_insert = found.is_true(0, 3);
  table.can_select = found.is_true(0, 4);
  table.can_update = found.is_true(0, 5);
  table.can_delete = found.is_true(0, 6);
  table.hides_rows = found.is_true(0, 7);
  read_columns(connection, table);
  read_unique_indexes(connection, table);
  read_foreign_keys(connection, table);
  return table;
}

}  // namespace pgfeed
