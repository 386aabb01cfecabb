#include "postgres/reconnect.hpp"

#include <algorithm>
#include <thread>

namespace pgfeed {

bool reconnect(Connection& connection, std::chrono::steady_clock::time_point until,
               const std::function<bool()>& is_stopped) {
  constexpr std::chrono::milliseconds kFirstWait{100};
  constexpr std::chrono::milliseconds kLongestWait{5000};
  for (auto wait = kFirstWait; std::chrono::steady_clock::now() < until && !(is_stopped && is_stopped());
       wait = std::min(wait * 2, kLongestWait)) {
    std::this_thread::sleep_for(wait);
    try {
      connection.reopen();
      return true;
    } catch (const Error& again) {
      if (!again.retryable) throw;
    }
  }
  return false;
}

}  // namespace pgfeed
