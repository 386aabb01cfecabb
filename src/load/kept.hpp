#pragma once

#include <string>
#include <vector>

#include "load/kept_source.hpp"
#include "load/shared_state.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// In place of splits: loads rejects that are tried again, those that `retry` means or that the file `from_rejects` names.
/// Each is settled in the transaction of its rows, or rejected again. Returns sentences about what was left out. Throws
/// Error.
std::vector<std::string> load_rejects(LoadState& state, Connection& connection, const Patience& patiently);

/// After the last split: tries documents whose parents were missing again and again, as long as that settles some; what is
/// left then is rejected. Those of loads of the feed that ended early, or that have no session any more, are tried as well.
/// Throws Error.
void settle_parked(LoadState& state, Connection& connection);

}  // namespace pgfeed
