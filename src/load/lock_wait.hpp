#pragma once

#include <functional>
#include <string>

#include "postgres/connection.hpp"

namespace pgfeed {

/// Whether a statement waited for a lock for as long as the session's `lock_timeout` says.
bool is_lock_timeout(const Error& error) noexcept;

/// After a lock timeout, outside a transaction: looks whether an earlier or another load of the feed, of the same role, is
/// in the way whose client has stopped: the server has been waiting for it for `lock_timeout` and it did nothing (a machine
/// that hangs, a process that was stopped). Such a session is ended, and a warning says so. True: so it is worth another
/// try. A session that works is left alone. Waits where one seems to have stopped only lately. Throws Error(database).
bool end_stuck_loads(Connection& connection, const std::string& feed, std::string statement,
                     const std::function<bool()>& is_stopped);

/// The error of a lock timeout, saying who was in the way and what to do; any other one as it is. Rolls back.
Error explained(Connection& connection, const Error& error);

/// Runs `work`, again where `end_stuck_loads` makes room, at most a few times. `work` may be run twice, and leaves no
/// transaction open. Throws what it throws, explained.
void run_unless_locked(Connection& connection, const std::string& feed, const std::function<bool()>& is_stopped,
                       const std::function<void()>& work);

}  // namespace pgfeed
