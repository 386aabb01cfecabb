#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/plan.hpp"
#include "mapping/table_graph.hpp"

namespace pgfeed {

/// An identifier in double quotes, quotes inside it doubled. The one place where names become SQL.
/// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
std::string quote_identifier(std::string_view name);
/// `"schema"."table"`, or `"table"` where the mapping names no schema.
std::string quote_table(const TableName& name);
/// `"a", "b"`
std::string quote_list(const std::vector<std::string>& names);

// Statements below are complete SQL without a semicolon at the end.

std::string create_schema_sql(std::string_view schema);

/// CREATE TABLE with the surrogate first, then the columns; those of the key are NOT NULL. `with_key`: with the keys
/// that key_sql would add afterwards.
std::string create_table_sql(const Table& table, bool with_key);

/// ALTER TABLE … ADD for the primary key: the surrogate where there is one (the key is UNIQUE then), else the key.
/// Empty for a table without a key.
std::vector<std::string> key_sql(const Table& table);

/// A foreign key of a table: one that the mapping declares, or one that a ref implies.
struct ForeignKeySql {
  std::string constraint;          ///< its name, not quoted, at most 63 bytes; distinct within the table
  std::string columns;             ///< quoted list
  std::string references;          ///< quoted table
  std::string referenced_columns;  ///< quoted list
  std::string add;  ///< ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY …; append " NOT VALID" to check later
};
std::vector<ForeignKeySql> foreign_key_sql(const Plan& plan, std::size_t table);

/// All tables as one script, laid out to be edited: schemas, tables (those referred to first), foreign keys.
/// Throws Error(mapping), with the line, for a type that looks like a misspelt one of PostgreSQL's: no server is asked.
std::string ddl(const Plan& plan);

}  // namespace pgfeed
