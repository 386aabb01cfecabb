#pragma once

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// For a table that was not found: a schema on the search_path that the role may not use is passed over without a word, and
/// its tables seem to be missing. Throws Error(database) that names the schema, where one of them has the table.
void require_schema_usage(Connection& connection, const TableName& table);

}  // namespace pgfeed
