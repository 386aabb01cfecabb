#include "postgres/schema_usage.hpp"

#include <fmt/format.h>

#include <array>

namespace pgfeed {

void require_schema_usage(Connection& connection, const TableName& table) {
  if (!table.schema.empty()) return;  // the server says it of a schema that is named
  const std::array<Parameter, 1> name{Parameter{table.table}};
  const Result hidden = connection.run(
      "SELECT quote_ident(nspname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace "
      "WHERE relname = $1 AND NOT has_schema_privilege(n.oid, 'USAGE') AND quote_ident(nspname) = ANY "
      "(regexp_split_to_array(replace(current_setting('search_path'), '\"$user\"', quote_ident(current_user)), ' *, *'))",
      name);
  if (hidden.rows() == 0) return;
  Error error(ErrorKind::database,
              fmt::format("no permission to use the schema {0}, in which table \"{1}\" is: GRANT USAGE ON SCHEMA {0} TO the "
                          "role that loads",
                          hidden.text(0, 0), table.text()));
  error.sqlstate = "42501";
  error.table = table.text();
  throw error;
}

}  // namespace pgfeed
