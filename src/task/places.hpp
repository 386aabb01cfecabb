#pragma once

#include <functional>

#include "postgres/connection.hpp"
#include "task/task.hpp"

namespace pgfeed {

/// Of a load that its tasks join, `options.connections` have a place at a time (0: all), whatever the cluster: that many
/// sessions. A place is an advisory lock of the session that has it, so it is free again when the server ends that.
///
/// Returns when the session has a place, also after it was opened anew; who waits for one has no session meanwhile. A
/// session that is lost and opened by `reconnect` has one again. Throws Error(interrupted) once `is_stopped`,
/// Error(database).
void take_place(Connection& connection, const TaskTerms& terms, const std::function<bool()>& is_stopped);

}  // namespace pgfeed
