#include <pgfeed/rejects.hpp>

#include "postgres/ledger_schema.hpp"
#include "postgres/reject_query.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {

RejectList list_rejects(const SessionOptions& session, const RejectFilter& filter, std::int64_t limit) {
  Connection connection(session, "pgfeed rejects");
  RejectList list;
  const bool has_ledger = require_known_ledger(connection);
  if (has_ledger) list = read_rejects(connection, select_rejects(filter), limit);
  list.database = connection.where();
  list.schema = session.schema;
  list.has_ledger = has_ledger;
  return list;
}

std::int64_t export_rejects(const SessionOptions& session, const RejectFilter& filter, const std::string& path) {
  Connection connection(session, "pgfeed rejects");
  require_ledger_schema(connection);
  return export_rejects(connection, select_rejects(filter), path);
}

}  // namespace pgfeed
