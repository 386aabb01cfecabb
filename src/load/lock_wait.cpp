#include "load/lock_wait.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "postgres/lock_holders.hpp"

namespace pgfeed {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{1000};
constexpr int kMostTries = 3;

/// Whether a session of that name belongs to a load of the feed, by the ledger of this session.
bool is_of_feed(Connection& connection, const std::string& feed, const std::string& application) {
  constexpr std::string_view kName = "pgfeed load ";
  if (!application.starts_with(kName)) return false;
  const std::size_t end = std::min(application.find_first_not_of("0123456789", kName.size()), application.size());
  const std::string number = application.substr(kName.size(), end - kName.size());
  if (number.empty()) return false;
  const std::string loads = connection.in_ledger("pgfeed.loads");
  const std::array<Parameter, 1> table{Parameter{loads}};
  if (!connection.run("SELECT to_regclass($1) IS NOT NULL", table).is_true(0, 0)) return false;
  const std::array<Parameter, 2> parameters{Parameter{number}, Parameter{feed}};
  return connection.run_ledger("SELECT FROM pgfeed.loads WHERE load = $1::numeric AND feed = $2", parameters).rows() == 1;
}

/// Of those in the way, the ones whose clients may have stopped.
std::vector<LockHolder> find_suspects(Connection& connection, const std::string& feed, const std::string& statement) {
  std::vector<LockHolder> suspects = find_lock_holders(connection, statement);
  std::erase_if(suspects, [&](const LockHolder& holder) {
    return holder.backend.pid == 0 || !holder.is_own_role || !holder.awaits_client ||
           !is_of_feed(connection, feed, holder.application);
  });
  return suspects;
}

/// Those that have done nothing since `before`.
std::vector<LockHolder> still_there(std::vector<LockHolder> now, const std::vector<LockHolder>& before) {
  std::erase_if(now, [&](const LockHolder& holder) {
    return std::ranges::none_of(before, [&](const LockHolder& earlier) {
      return earlier.backend.pid == holder.backend.pid && earlier.progress == holder.progress;
    });
  });
  return now;
}

void end(Connection& connection, const LockHolder& stuck) {
  const std::string pid = std::to_string(stuck.backend.pid);
  const std::array<Parameter, 2> parameters{Parameter{pid}, Parameter{stuck.backend.started}};
  connection.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz",
      parameters);
  if (!connection.session().on_warning) return;
  connection.session().on_warning(fmt::format(
      "{}: its client had stopped, so that session was ended; what it had not committed is loaded again", stuck.sentence()));
}

std::string advice(const std::vector<LockHolder>& holders) {
  if (holders.empty()) return "whoever held it has let go by now: run the same command again";
  std::vector<std::string> calls;
  for (const LockHolder& holder : holders) {
    if (holder.backend.pid != 0) calls.push_back(fmt::format("SELECT pg_terminate_backend({})", holder.backend.pid));
  }
  std::vector<std::string> sentences;
  std::ranges::transform(holders, std::back_inserter(sentences), &LockHolder::sentence);
  return fmt::format("{}; wait for it to end{}, then run the same command again", fmt::join(sentences, "; "),
                     calls.empty() ? "" : fmt::format(" or end it ({})", fmt::join(calls, ", ")));
}

}  // namespace

bool is_lock_timeout(const Error& error) noexcept { return error.kind == ErrorKind::database && error.sqlstate == "55P03"; }

bool end_stuck_loads(Connection& connection, const std::string& feed, std::string statement,
                     const std::function<bool()>& is_stopped) {
  if (statement.empty()) return false;
  const double patience = std::chrono::duration<double>(connection.session().lock_timeout).count();
  std::vector<LockHolder> suspects = find_suspects(connection, feed, statement);
  for (bool was_sure = false; !suspects.empty(); was_sure = true) {
    std::this_thread::sleep_for(kBetweenLooks);
    if (is_stopped && is_stopped()) return false;
    suspects = still_there(find_suspects(connection, feed, statement), suspects);
    if (suspects.empty()) return was_sure;  // it goes on by now
    const auto is_over = [&](const LockHolder& suspect) { return suspect.seconds >= patience; };
    if (std::ranges::none_of(suspects, is_over)) continue;
    for (const LockHolder& stuck : suspects) {
      if (is_over(stuck)) end(connection, stuck);
    }
    return true;
  }
  return false;
}

Error explained(Connection& connection, const Error& error) {
  if (!is_lock_timeout(error)) return error;
  const std::string statement = connection.take_blocked_statement();
  if (statement.empty()) return error;  // it was another session, and was asked by now
  Error told = error;
  std::vector<LockHolder> holders;
  try {
    connection.rollback();
    if (connection.has_failed()) connection.abandon();  // of a dry run
    holders = find_lock_holders(connection, statement);
  } catch (const Error&) {
    return told;
  }
  if (!holders.empty() && holders.front().way != LockHolder::Way::rows)
    std::erase_if(holders, [](const LockHolder& holder) { return holder.way == LockHolder::Way::rows; });
  constexpr std::size_t kMost = 3;
  if (holders.size() > kMost) holders.erase(holders.begin() + kMost, holders.end());
  if (!holders.empty()) told.table = holders.front().table;
  const double waited = std::chrono::duration<double>(connection.session().lock_timeout).count();
  static_cast<std::runtime_error&>(told) = std::runtime_error(
      fmt::format("a lock was waited for in vain for {:.3g} s (--lock-timeout): {}", waited, advice(holders)));
  return told;
}

void run_unless_locked(Connection& connection, const std::string& feed, const std::function<bool()>& is_stopped,
                       const std::function<void()>& work) {
  for (int tries = 1;; ++tries) {
    try {
      return work();
    } catch (const Error& error) {
      if (!is_lock_timeout(error)) throw;
      connection.rollback();
      if (tries < kMostTries && end_stuck_loads(connection, feed, connection.blocked_statement(), is_stopped)) continue;
      throw explained(connection, error);
    }
  }
}

}  // namespace pgfeed
