#include "load/canceller.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pgfeed {

std::jthread cancel_when_stopped(LoadState& state) {
  return std::jthread([&state](const std::stop_token& done) {
    constexpr std::chrono::milliseconds kInterval{100};
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, done, kInterval, [&] { return done.stop_requested(); })) {
      if (state.is_stopped()) state.cancel_sessions();
    }
  });
}

}  // namespace pgfeed
