#pragma once

#include <pgfeed/load.hpp>

#include <functional>
#include <thread>

#include "load/shared_state.hpp"

namespace pgfeed {

/// Calls `progress` now and then, in a thread of its own, as long as it lives.
class ProgressTimer {
 public:
  /// `state` must outlive the timer. `base`: what of the report is known already.
  ProgressTimer(const LoadState& state, const Report& base, const std::function<void(const Report&)>& progress);

 private:
  std::jthread thread_;
};

}  // namespace pgfeed
