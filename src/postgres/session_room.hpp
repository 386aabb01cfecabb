#pragma once

#include <string>

#include "postgres/connection.hpp"

namespace pgfeed {

/// How many sessions the server lets this role have in this database, those that others have taken off.
/// https://www.postgresql.org/docs/current/runtime-config-connection.html
struct SessionRoom {
  int sessions = 1;  ///< with the one that asks, so at least one
  std::string why;   ///< what bounds it, for a person: `max_connections is 20, 3 of them reserved, 12 in use`
};

/// Throws Error(database).
SessionRoom find_session_room(Connection& connection);

}  // namespace pgfeed
