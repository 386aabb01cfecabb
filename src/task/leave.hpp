#pragma once

#include <string>

#include "load/shared_state.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// A task leaves the load that it has joined, over its session, for good. The last one ends the load: parked documents are
/// tried again, and keys are made that come after the rows. An attempt whose name begins with the number of its partition
/// and a dot is not waited for once that partition is in. Throws Error.
void leave(LoadState& state, Connection& connection);

}  // namespace pgfeed
