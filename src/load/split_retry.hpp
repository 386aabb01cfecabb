#pragma once

#include <chrono>

#include "load/shared_state.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// The tries of one split over one connection: which failure is worth another try, and what comes before it.
class SplitRetry {
 public:
  SplitRetry(LoadState& state, Connection& connection) : state_(state), connection_(connection) {}

  /// After a failure, whose transaction is rolled back: ends loads that are stuck in the way, or opens a lost connection
  /// again, trying for as long as `--retry-for` says since the first failure. Throws the error, explained, where another try
  /// cannot help.
  void prepare(const Error& error);

  [[nodiscard]] int failures() const noexcept { return failures_; }
  /// Whether the last failure has cost the session: what it knew is gone, and what the server had not on disk may be.
  [[nodiscard]] bool has_new_session() const noexcept { return has_new_session_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_worth_it(const Error& error);
  bool open_again();

  LoadState& state_;
  Connection& connection_;
  int failures_ = 0;
  Clock::time_point first_failure_{};
  bool has_new_session_ = false;
};

}  // namespace pgfeed
