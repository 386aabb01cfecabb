#pragma once

#include <functional>
#include <thread>

#include "load/shared_state.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// As long as the thread lives: once `is_stopped` holds, calls `cancel` again and again, for one request may come just
/// before the statement that would wait for ever.
std::jthread cancel_when(std::function<bool()> is_stopped, std::function<void()> cancel);

/// The same for the sessions of a load that is stopped. Must end before `state` does.
std::jthread cancel_when_stopped(LoadState& state);

/// A session that is cancelled when the load is stopped, as long as this lives.
class Cancellable {
 public:
  Cancellable(LoadState& state, Connection& session) : state_(state), session_(session) { state_.add_session(session_); }
  ~Cancellable() { state_.remove_session(session_); }
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;

 private:
  LoadState& state_;
  Connection& session_;
};

}  // namespace pgfeed
