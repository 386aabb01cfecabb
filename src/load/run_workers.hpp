#pragma once

#include <functional>

#include "load/shared_state.hpp"

namespace pgfeed {

/// Runs `work` for the numbers 1 to `connections`, each in a thread of its own, until the splits are gone or one has failed,
/// which is then the state's error. What their sessions do is cancelled when the state is stopped.
void run_workers(LoadState& state, int connections, const std::function<void(int)>& work);

}  // namespace pgfeed
