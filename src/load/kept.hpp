#pragma once

#include "load/shared_state.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// After the last split: tries documents whose parents were missing again and again, as long as that settles some; what is
/// left then is rejected. Those of loads of the feed that ended early, or that have no session any more, are tried as well.
/// Throws Error.
void settle_parked(LoadState& state, Connection& connection);

}  // namespace pgfeed
