#include "postgres/reconnect.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include "postgres/server_error.hpp"

namespace pgfeed {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// At least half of `most`: many that were refused at the same time do not all come back at the same time.
milliseconds pause_up_to(milliseconds most) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(std::uniform_int_distribution(most.count() / 2, most.count())(random));
}

/// False: `is_stopped`.
bool wait_for(milliseconds pause, const std::function<bool()>& is_stopped) {
  constexpr milliseconds kBetweenLooks{50};
  for (const auto until = Clock::now() + pause;;) {
    if (is_stopped && is_stopped()) return false;
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (left.count() <= 0) return true;
    std::this_thread::sleep_for(std::min(left, kBetweenLooks));
  }
}

}  // namespace

bool reconnect(Connection& connection, Clock::time_point until, const std::function<bool()>& is_stopped) {
  constexpr milliseconds kFirstPause{100};
  constexpr milliseconds kLongestPause{5000};
  const auto began = Clock::now();
  const auto patience = until - began;
  for (auto pause = kFirstPause; Clock::now() < until; pause = std::min(pause * 2, kLongestPause)) {
    if (!wait_for(pause_up_to(pause), is_stopped)) return false;
    try {
      connection.reopen();
      if (connection.is_admitted()) return true;
      connection.close();
      until = Clock::now() + kLongestPause + patience;  // the server is there
    } catch (const Error& again) {
      if (!again.retryable) throw;
      if (is_without_room(again)) until = std::max(until, began + connection.session().room_timeout);
    }
  }
  return false;
}

}  // namespace pgfeed
