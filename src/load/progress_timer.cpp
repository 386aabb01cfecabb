#include "load/progress_timer.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pgfeed {

ProgressTimer::ProgressTimer(const LoadState& state, const Report& base,
                             const std::function<void(const Report&)>& progress) {
  using Clock = std::chrono::steady_clock;
  if (!progress) return;
  thread_ = std::jthread([&state, base = Report(base), progress, began = Clock::now()](const std::stop_token& stop) mutable {
    constexpr std::chrono::milliseconds kInterval{200};
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) {
      base.seconds = std::chrono::duration<double>(Clock::now() - began).count();
      state.report(base);
      progress(base);
    }
  });
}

}  // namespace pgfeed
