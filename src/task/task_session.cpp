#include "task/task_session.hpp"

#include <chrono>
#include <utility>

#include "load/preparation.hpp"
#include "task/places.hpp"
#include "task/task_ledger.hpp"

namespace pgfeed {
namespace {

/// Whoever has the server's sessions may be other tasks of the same job, which take their time. But a job that no session is
/// ever free for is to end.
constexpr std::chrono::hours kRoomTimeout{1};

}  // namespace

TaskSession::TaskSession(TaskTerms terms, const std::string& conninfo, const std::string& attempt, std::stop_token stop)
    : terms_(std::move(terms)),
      stop_(std::move(stop)),
      plan_(compile_mapping(options().mapping_text, options().mapping)),
      own_(std::in_place, session(conninfo), "pgfeed task", [this] { return stop_.stop_requested(); }),
      connection_(*own_),
      target_(join(attempt)) {}

TaskSession::TaskSession(TaskTerms terms, Connection& lent)
    : terms_(std::move(terms)),
      plan_(compile_mapping(options().mapping_text, options().mapping)),
      connection_(lent),
      target_(join("0")) {}

SessionOptions TaskSession::session(const std::string& conninfo) const {
  SessionOptions session = options().session;
  session.conninfo = conninfo;
  session.room_timeout = kRoomTimeout;
  return session;
}

Target TaskSession::join(const std::string& attempt) {
  connection_.begin_each();
  if (terms_.load == 0) {
    take_place(connection_, terms_, [this] { return stop_.stop_requested(); });
    const std::unique_ptr<LoadLedger> first = make_load_ledger(options());
    Report report;
    report.connections = options().connections;
    Target target = first->begin(connection_, plan_, report);
    ledger_ = make_task_ledger(first->load(), attempt, kind());
    connection_.rename(ledger_->session_name());
    return target;
  }
  ledger_ = make_task_ledger(terms_.load, attempt, kind());
  connection_.rename(ledger_->session_name());
  ledger_->require_known(connection_);
  return is_staged() ? preview_target(connection_, plan_) : joined_target(connection_, plan_, terms_.key_comes_later);
}

}  // namespace pgfeed
