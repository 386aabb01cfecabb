#pragma once

#include <pgfeed/load.hpp>

#include <stop_token>

namespace pgfeed {

/// Turns the first SIGINT or SIGTERM into a request to stop. Two seconds later, or at a second signal, the process ends
/// with exit code 130 all the same: the server rolls back what is open.
///
/// Make it before any other thread: those inherit its blocked signals.
class SignalStop {
 public:
  explicit SignalStop(const LoadOptions& options);
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  std::stop_source source_;
};

}  // namespace pgfeed
