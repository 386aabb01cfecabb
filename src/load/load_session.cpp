#include "load/load_session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <set>

#include "load/cancellation.hpp"
#include "postgres/reconnect.hpp"
#include "postgres/session_room.hpp"

namespace pgfeed {
namespace {

using Clock = std::chrono::steady_clock;

void warn(const LoadOptions& options, const std::string& sentence) {
  if (!sentence.empty() && options.session.on_warning) options.session.on_warning(sentence);
}

const char* state_of(const Error& error) noexcept { return error.kind == ErrorKind::rejects ? "stopped" : "failed"; }

}  // namespace

LoadSession::LoadSession(const LoadOptions& options, std::stop_token stop, Report& report)
    : options_(options),
      stop_(std::move(stop)),
      report_(report),
      ledger_(make_load_ledger(options)),
      connection_(options.session, "pgfeed load", [this] { return stop_.stop_requested(); }) {
  connection_.begin_each();
  report_.database = connection_.where();
  warn(options_, connection_.exposure());
}

Target LoadSession::begin(const Plan& plan) {
  std::optional<Target> target;
  patiently([&] {
    const std::jthread canceller = cancel_when_stopped();
    require_writable();
    keep_within_room();
    if (options_.dry_run) connection_.enclose();
    target = ledger_->begin(connection_, plan, report_);
  });
  std::set<std::string> told;  // some twice, where it was begun anew
  std::erase_if(report_.warnings, [&](const std::string& warning) { return !told.insert(warning).second; });
  return std::move(*target);
}

std::jthread LoadSession::cancel_when_stopped() {
  return cancel_when([this] { return stop_.stop_requested(); }, [this] { connection_.cancel(); });
}

void LoadSession::keep_within_room() {
  if (report_.connections == 1) return;
  const SessionRoom room = find_session_room(connection_);
  if (report_.connections <= room.sessions) return;
  report_.warnings.push_back(fmt::format("the server has room for {} of {} sessions ({}): loads with {}", room.sessions,
                                         report_.connections, room.why, room.sessions));
  report_.connections = room.sessions;
}

void LoadSession::require_writable() {
  if (!connection_.run("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'").is_true(0, 0))
    return;
  Error error(ErrorKind::database,
              fmt::format("{} is read-only: a standby, or default_transaction_read_only is on", report_.database));
  error.sqlstate = "25006";
  throw error;
}

void LoadSession::patiently(const std::function<void()>& work) {
  const auto until = Clock::now() + options_.session.retry_for;
  for (bool again = false;; again = true) {
    try {
      if (again) ledger_->require_known(connection_);
      return work();
    } catch (const Error& error) {
      if (options_.dry_run || !error.retryable || !connection_.is_lost()) throw;
      if (!reconnect(connection_, until, [this] { return stop_.stop_requested(); })) throw;
    }
  }
}

void LoadSession::come_back() {
  const auto until = Clock::now() + options_.session.retry_for;
  try {
    connection_.reopen();  // even where a stop was asked for
  } catch (const Error& error) {
    if (!error.retryable) throw;
    if (!reconnect(connection_, until, [this] { return stop_.stop_requested(); }))
      throw Error(ErrorKind::database, fmt::format("{} could not be reached again", report_.database));
  }
  ledger_->require_known(connection_);
}

void LoadSession::end(const char* state) {
  connection_.begin_maintenance();
  ledger_->end(connection_, state);
  connection_.commit();
}

void LoadSession::export_at_the_end() {
  try {
    patiently([&] { ledger_->export_rejects(connection_); });
  } catch (const Error& error) {
    connection_.rollback();
    if (options_.dry_run) connection_.abandon();
    Error told(error.kind, options_.dry_run
                               ? error.what()
                               : fmt::format("{}; they are in the ledger, and load {} is done, its rows in: the same "
                                             "command, or pgfeed rejects export, writes them again",
                                             error.what(), ledger_->load()));
    told.source = error.source;
    throw told;
  }
}

void LoadSession::fail(const Error& error) {
  try {
    patiently([&] {
      if (!options_.dry_run) end(stop_.stop_requested() ? "interrupted" : state_of(error));
      ledger_->export_rejects(connection_);
    });
  } catch (const Error& another) {  // the error that ended the load is the one to tell
    if (another.kind == ErrorKind::source) report_.warnings.emplace_back(another.what());
  }
  if (options_.dry_run) connection_.abandon();
  throw Error(error);
}

void LoadSession::fail(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    fail(known);
  }
}

void LoadSession::fail_as_interrupted() { fail(Error(ErrorKind::interrupted, interrupted_sentence(options_))); }

}  // namespace pgfeed
