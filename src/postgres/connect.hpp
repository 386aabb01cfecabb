#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace pgfeed {

struct CloseConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using ConnectionHandle = std::unique_ptr<PGconn, CloseConnection>;

/// Connects once, by libpq's own ways: `conninfo`, and what it leaves open from the environment. `name` becomes
/// application_name. Throws Error(database) with the server's SQLSTATE; retryable where another try may help.
ConnectionHandle connect(const std::string& conninfo, const std::string& name);

}  // namespace pgfeed
