#pragma once

#include <thread>

#include "load/shared_state.hpp"

namespace pgfeed {

/// After a stop, cancels what the sessions are doing again and again, as long as it lives: one request may come just before
/// the statement that would wait for ever.
std::jthread cancel_when_stopped(LoadState& state);

}  // namespace pgfeed
