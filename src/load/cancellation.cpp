#include "load/cancellation.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace pgfeed {

std::jthread cancel_when(std::function<bool()> is_stopped, std::function<void()> cancel) {
  return std::jthread([is_stopped = std::move(is_stopped), cancel = std::move(cancel)](const std::stop_token& done) {
    constexpr std::chrono::milliseconds kInterval{100};
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, done, kInterval, [&] { return done.stop_requested(); })) {
      if (is_stopped()) cancel();
    }
  });
}

std::jthread cancel_when_stopped(LoadState& state) {
  return cancel_when([&state] { return state.is_stopped(); }, [&state] { state.cancel_sessions(); });
}

}  // namespace pgfeed
