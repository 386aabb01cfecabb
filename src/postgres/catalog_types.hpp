#pragma once

#include <string>

#include "postgres/catalog.hpp"

namespace pgfeed {

struct TypeRow {
  PgType type;
  std::string sql_name;  ///< quoted, without modifier
  bool is_sortable = true;
  bool is_domain = false;
};

/// The query for some types: `types` is a SELECT of (id integer, type oid, modifier integer); its rows come back in
/// order of id, for `type_from_row`.
std::string type_query(const std::string& types);

/// Reads a row of `type_query`. An array's element is looked up with a query of its own.
TypeRow type_from_row(Connection& connection, const Result& result, std::size_t row);

}  // namespace pgfeed
