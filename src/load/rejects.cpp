#include <pgfeed/rejects.hpp>

#include "postgres/ledger_schema.hpp"
#include "postgres/reject_query.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {

RejectList list_rejects(const SessionOptions& session, const RejectFilter& filter, std::int64_t limit) {
  Connection connection(session, "pgfeed rejects");
  require_ledger_schema(connection);
  return read_rejects(connection, select_rejects(filter), limit);
}

std::int64_t export_rejects(const SessionOptions& session, const RejectFilter& filter, const std::string& path) {
  Connection connection(session, "pgfeed rejects");
  require_ledger_schema(connection);
  return export_rejects(connection, select_rejects(filter), path);
}

}  // namespace pgfeed
