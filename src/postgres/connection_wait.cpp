// How a Connection waits: for the server's answer, for room to send, for a request to cancel to be through.

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "postgres/backend_look.hpp"
#include "postgres/connection.hpp"
#include "postgres/server_error.hpp"

namespace pgfeed {

struct Connection::Canceller {
  struct Free {
    void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
  };

  std::unique_ptr<PGcancel, Free> request;
  std::mutex mutex;
  std::condition_variable done;
  bool is_under_way = false;  ///< guarded by the mutex

  void send() noexcept {
    constexpr int kMessage = 256;
    std::array<char, kMessage> message{};
    PQcancel(request.get(), message.data(), kMessage);
    const std::lock_guard lock(mutex);
    is_under_way = false;
    done.notify_all();
  }
};

void Connection::make_canceller() {
  canceller_ = std::make_shared<Canceller>();
  canceller_->request.reset(PQgetCancel(handle_.get()));
}

void Connection::cancel() noexcept {
  if (canceller_ == nullptr || canceller_->request == nullptr) return;
  const std::lock_guard lock(canceller_->mutex);
  if (canceller_->is_under_way) return;
  try {
    std::thread([canceller = canceller_] { canceller->send(); }).detach();
    canceller_->is_under_way = true;
  } catch (const std::system_error&) {
    // No thread is to be had: whoever cancels does it again and again.
  }
}

void Connection::settle_cancel() noexcept {
  if (canceller_ == nullptr) return;
  constexpr std::chrono::seconds kPatience{2};  // through a way that is broken it would not arrive at all
  std::unique_lock lock(canceller_->mutex);
  canceller_->done.wait_for(lock, kPatience, [this] { return !canceller_->is_under_way; });
}

ResultHandle Connection::execute(const std::string& sql) {
  return execute(sql, [&] { return PQsendQuery(handle_.get(), sql.c_str()) == 1; });
}

ResultHandle Connection::execute(const std::string& sql, const std::function<bool()>& send) {
  if (given_up_) throw failure(nullptr);
  if (PQtransactionStatus(handle_.get()) == PQTRANS_ACTIVE) drain();
  statement_ = sql;
  if (!send()) throw failure(nullptr);
  flush();
  ResultHandle last;
  while (ResultHandle result = next_result()) {
    last = std::move(result);
    if (PQresultStatus(last.get()) == PGRES_COPY_IN || PQstatus(handle_.get()) == CONNECTION_BAD) break;
  }
  return last;
}

void Connection::flush() {
  for (;;) {
    const int left = PQflush(handle_.get());
    if (left == 0) return;
    if (left < 0) throw failure(nullptr);
    wait(true);
    // The server may have much to say before it takes more; where it is lost, that is seen here.
    if (PQconsumeInput(handle_.get()) != 1) throw failure(nullptr);
  }
}

ResultHandle Connection::next_result() {
  while (PQisBusy(handle_.get()) != 0) {
    wait(false);
    if (PQconsumeInput(handle_.get()) != 1) break;  // it is lost: so says the result
  }
  return ResultHandle(PQgetResult(handle_.get()));
}

void Connection::drain() noexcept {
  try {
    while (!given_up_ && next_result()) {}
  } catch (const Error&) {
    // It is lost, which shows at the next statement.
  }
}

Error Connection::failure(const PGresult* result) {
  if (given_up_) {
    Error lost(ErrorKind::database, "the connection to the server is lost");
    lost.retryable = true;
    return lost;
  }
  Error error = error_from(*handle_, result);
  if (error.sqlstate == "55P03") blocked_statement_ = statement_;
  return error;
}

/// Which process serves this session, in one round trip. Behind a pooler, which tells a number of its own, it may be another
/// one each time.
void Connection::find_backend() {
  silence_ = Silence::is_loss;  // as long as it is not known whom to ask about
  try {
    backend_ = ask_backend();
  } catch (const Error&) {
    silence_ = Silence::ask;
    throw;
  }
  silence_ = backend_.pid == PQbackendPID(handle_.get()) && !backend_.started.empty() ? Silence::ask : Silence::bear;
}

Backend Connection::ask_backend() {
  const std::string sql = begin_one_sql_ +
                          "; SELECT pid, backend_start FROM pg_catalog.pg_stat_activity WHERE pid = "
                          "pg_catalog.pg_backend_pid(); ROLLBACK";
  if (PQsendQuery(handle_.get(), sql.c_str()) != 1) throw failure(nullptr);
  flush();
  Backend own;
  while (ResultHandle result = next_result()) {
    const Result each = checked(std::move(result));
    if (each.rows() == 1) own = {each.number(0, 0), each.text(0, 1)};
  }
  return own;
}

/// Until there is something to read or, `for_writing`, room to write. What was lost is found out by libpq's next call.
void Connection::wait(bool for_writing) {
  const bool bears = session_.answer_timeout.count() == 0 || silence_ == Silence::bear;
  constexpr std::chrono::milliseconds kOnItsWay{2000};  // an answer that was sent just before the server was asked
  for (bool asked = false;;) {
    pollfd waited{PQsocket(handle_.get()), static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN), 0};
    if (waited.fd < 0) return;
    const auto patience = asked ? std::min(kOnItsWay, session_.answer_timeout) : session_.answer_timeout;
    const int ready = poll(&waited, 1, bears ? -1 : static_cast<int>(patience.count()));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return;
    if (ready == 0) asked = !is_served(asked);
  }
}

/// After a silence: whether the server works for this session. False: it seems not to, and is to be asked once more. Throws
/// where it does not.
bool Connection::is_served(bool asked_before) {
  if (silence_ == Silence::is_loss) give_up("it does not answer");
  switch (look_at_backend(session_, backend_, asked_before)) {
    case BackendState::gone: give_up("its process for this session is gone, or the server cannot be reached");
    case BackendState::waits:
      if (asked_before) give_up("the server waits for this side in turn, so the way between is broken");
      return false;
    case BackendState::works:
    case BackendState::is_unknown: return true;
  }
  return true;
}

void Connection::give_up(const std::string& why) {
  given_up_ = true;
  shutdown(PQsocket(handle_.get()), SHUT_RDWR);  // so that nothing waits for it any more, not even its end
  Error lost(ErrorKind::database, fmt::format("the connection was lost: no answer from {} for {:.3g} s; {}", where(),
                                              std::chrono::duration<double>(session_.answer_timeout).count(), why));
  lost.retryable = true;
  throw lost;
}

}  // namespace pgfeed
