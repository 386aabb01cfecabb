#include <pgfeed/table.hpp>

#include <array>

#include "mapping/ddl.hpp"
#include "mapping/names.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

TableLook look_at_table(const SessionOptions& session, const std::string& table) {
  const std::string name = quote_table(parse_table_name(table, Diagnostic("the table's name"), 1));
  Connection connection(session, "pgfeed look");
  const std::array<Parameter, 1> parameters{Parameter{name}};
  const Result rows = connection.run(
      "SELECT attname, format_type(atttypid, atttypmod), array_position(indkey::int2[], attnum) FROM "
      "pg_catalog.pg_attribute LEFT JOIN pg_catalog.pg_index ON indrelid = attrelid AND indisprimary WHERE attrelid = "
      "to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
      parameters);
  TableLook look;
  look.is_there = connection.run("SELECT to_regclass($1) IS NOT NULL", parameters).is_true(0, 0);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    look.columns.push_back({rows.text(i, 0), rows.text(i, 1)});
    if (!rows.is_null(i, 2)) look.key.push_back(rows.text(i, 0));
  }
  return look;
}

}  // namespace pgfeed
