#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/connection.hpp"

namespace pgfeed {

/// A load lives as long as one of its sessions is there: all are called `pgfeed load NUMBER`, with or without more words, a
/// name that every role can see. While its connections are lost it is not to be seen, though it may come back.

/// The numbers of the loads that have sessions in this database. Throws Error(database).
std::vector<std::int64_t> find_live_loads(Connection& connection);

/// Calls loads of the feed `abandoned` that are `running` without a session. One that comes back after all sets its state at
/// its end. Throws Error(database).
void abandon_lost_loads(Connection& connection, const std::string& feed);

/// Ends the sessions that attempts of a load's tasks have left, which were killed or lost: the server may not have noticed,
/// and each may still wait for a lock, and hold others. Waits for their end, some seconds at most.
void end_task_sessions(Connection& connection, std::int64_t load);

}  // namespace pgfeed
