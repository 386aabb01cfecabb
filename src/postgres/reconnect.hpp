#pragma once

#include <chrono>
#include <functional>

#include "postgres/connection.hpp"

namespace pgfeed {

/// Opens a lost connection again, or one that was refused, trying until `until` with growing pauses; for the session's
/// `room_timeout` where the server has no room, and as long as it takes where it is not admitted. False: the time is up, or
/// `is_stopped`. Throws Error(database) where waiting cannot help: a password that is wrong now, a database that is gone.
bool reconnect(Connection& connection, std::chrono::steady_clock::time_point until, const std::function<bool()>& is_stopped);

}  // namespace pgfeed
