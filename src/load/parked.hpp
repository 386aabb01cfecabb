#pragma once

#include "load/shared_state.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// After the last split: tries documents whose parents were missing again and again, as long as that settles some; what is
/// left then is rejected. Throws Error.
void settle_parked(LoadState& state, Connection& connection);

}  // namespace pgfeed
