#include "load/split_retry.hpp"

#include "load/lock_wait.hpp"
#include "postgres/reconnect.hpp"

namespace pgfeed {
namespace {

constexpr int kMostConflicts = 10;  // deadlocks and the like
constexpr int kMostLockTimeouts = 3;

}  // namespace

void SplitRetry::prepare(const Error& error) {
  if (failures_ == 0) first_failure_ = Clock::now();
  ++failures_;
  has_new_session_ = false;
  if (state_.is_stopped() || !is_worth_it(error)) throw explained(connection_, error);
}

bool SplitRetry::is_worth_it(const Error& error) {
  if (is_lock_timeout(error) && failures_ <= kMostLockTimeouts)
    return end_stuck_loads(connection_, state_.target.plan->feed, connection_.blocked_statement(),
                           [this] { return state_.is_stopped(); });
  if (error.kind != ErrorKind::database || !error.retryable) return false;
  if (error.sqlstate.starts_with("40")) return failures_ <= kMostConflicts;
  has_new_session_ = open_again();
  return has_new_session_;
}

/// The server may not have noticed that the connection was lost: the old session would hold its claim and its locks.
bool SplitRetry::open_again() {
  state_.remove_session(connection_);
  const bool is_open =
      reconnect(connection_, first_failure_ + state_.options.session.retry_for, [this] { return state_.is_stopped(); });
  state_.add_session(connection_);
  if (!is_open) return false;
  try {
    connection_.end_namesakes();
    state_.ledger.require_known(connection_);
  } catch (const Error& again) {
    if (!again.retryable) throw;  // else the split is about to fail in the same way, and comes back here
  }
  return true;
}

}  // namespace pgfeed
