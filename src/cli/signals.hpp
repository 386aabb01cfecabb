#pragma once

#include <stop_token>
#include <string>

namespace pgfeed {

/// Turns the first SIGINT or SIGTERM into a request to stop. Two seconds later, or at a second signal, the process ends
/// with exit code 130 all the same, and says `last_words`: the server rolls back what is open.
///
/// Make it before any other thread: those inherit its blocked signals.
class SignalStop {
 public:
  explicit SignalStop(std::string last_words);
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  std::stop_source source_;
};

}  // namespace pgfeed
