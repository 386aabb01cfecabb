#include "postgres/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "postgres/connect.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/loopback.hpp"
#include "postgres/reconnect.hpp"
#include "postgres/server_error.hpp"

namespace pgfeed {
namespace {

Error waited_in_vain(const Error& error, std::chrono::milliseconds waited) {
  Error told = error;
  const char* room = is_without_room(error) ? "; max_connections, or a limit of the role or the database, is reached" : "";
  static_cast<std::runtime_error&>(told) = std::runtime_error(fmt::format(
      "{}{}; tried for {:.3g} s (--connect-timeout)", error.what(), room, std::chrono::duration<double>(waited).count()));
  return told;
}

/// What every transaction of pgfeed sets. Someone else's locks are waited for so long and no longer; other limits, which a
/// role or a database may have for its people, are none of a load's, whose statements take as long as their rows do. A
/// client that is gone, or was stopped with its locks, is noticed (in mid-statement from PostgreSQL 14 on).
std::string common_settings(const SessionOptions& session, int server_version) {
  std::string sql = fmt::format(
      "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = 0; "
      "SET LOCAL idle_in_transaction_session_timeout = '5min'; SET LOCAL tcp_keepalives_idle = 30; "
      "SET LOCAL tcp_keepalives_interval = 10; SET LOCAL tcp_keepalives_count = 3; SET LOCAL tcp_user_timeout = 60000",
      session.lock_timeout.count());
  if (server_version >= 140000) sql += "; SET LOCAL client_connection_check_interval = '2s'";
  if (server_version >= 170000) sql += "; SET LOCAL transaction_timeout = 0";
  return sql;
}

/// Plans: a load looks keys up by index; with a table's statistics not there yet, a plan that reads the whole table for
/// each split would be chosen now and then. (A penalty that JIT would take for a costly query: so no JIT.)
constexpr const char* kLoadSettings =
    "; SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL "
    "enable_mergejoin = off; SET LOCAL jit = off; SET LOCAL row_security = off; SET LOCAL DateStyle = 'ISO'; SET LOCAL "
    "IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC'";
constexpr const char* kMaintenanceSettings = "; SET LOCAL synchronous_commit = on; SET LOCAL maintenance_work_mem = '256MB'";

}  // namespace

std::int64_t Result::number(std::size_t row, int column) const noexcept {
  const std::string_view text = at(row, column);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t Result::affected() const noexcept {
  const std::string_view text = PQcmdTuples(handle_.get());
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Connection::Connection(SessionOptions session, std::string name, const std::function<bool()>& is_stopped)
    : session_(std::move(session)), name_(std::move(name)) {
  const auto began = std::chrono::steady_clock::now();
  try {
    reopen();
  } catch (const Error& error) {
    const auto patience =
        is_without_room(error) ? std::max(session_.connect_timeout, session_.room_timeout) : session_.connect_timeout;
    if (!error.retryable || patience.count() == 0) throw;
    if (session_.on_warning) session_.on_warning(fmt::format("{}; trying again", error.what()));
    if (!reconnect(*this, began + patience, is_stopped)) throw waited_in_vain(error, patience);
  }
}

Connection Connection::for_a_look(SessionOptions session, std::string name) {
  Connection connection(std::move(session), std::move(name), Silence::is_loss);
  connection.reopen();
  return connection;
}

void Connection::reopen() {
  handle_ = connect(session_.conninfo, name_);
  PQsetNoticeProcessor(
      handle_.get(), [](void*, const char*) {}, nullptr);
  make_canceller();
  PQsetnonblocking(handle_.get(), 1);
  given_up_ = false;
  const std::string settings = common_settings(session_, server_version());
  begin_one_sql_ = "BEGIN; " + settings;
  begin_sql_ = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; " + settings + kLoadSettings;
  begin_maintenance_sql_ = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; " + settings + kMaintenanceSettings;
  if (silence_ != Silence::is_loss) find_backend();
}

void Connection::close() noexcept {
  settle_cancel();
  handle_.reset();
}

void Connection::rename(const std::string& name) {
  name_ = name;
  const std::array<Parameter, 1> parameters{Parameter{name_}};
  try {
    run("SELECT set_config('application_name', $1, false)", parameters);
  } catch (const Error&) {
    if (!is_lost()) throw;
  }
}

void Connection::end_namesakes() {
  const std::array<Parameter, 1> parameters{Parameter{name_}};
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database() "
      "AND usename = current_user AND pid <> pg_backend_pid()",
      parameters);
}

Result Connection::checked(ResultHandle result) {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return Result(std::move(result));
  throw failure(result.get());
}

Result Connection::begun(const std::function<Result()>& statement) {
  if (!begins_each_ || PQtransactionStatus(handle_.get()) != PQTRANS_IDLE) return statement();
  try {
    checked(execute(begin_one_sql_));
    Result result = statement();
    checked(execute("COMMIT"));
    return result;
  } catch (const Error&) {
    rollback();
    throw;
  }
}

Result Connection::run(const std::string& sql) {
  return begun([&] { return checked(execute(sql)); });
}

Result Connection::run(const std::string& sql, std::span<const Parameter> parameters, bool binary) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  std::vector<std::string> texts;  // text parameters want a NUL at their end
  texts.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    if (parameter.bytes && !parameter.binary) texts.emplace_back(*parameter.bytes);
    values.push_back(!parameter.bytes ? nullptr : parameter.binary ? parameter.bytes->data() : texts.back().c_str());
    lengths.push_back(parameter.bytes ? static_cast<int>(parameter.bytes->size()) : 0);
    formats.push_back(parameter.binary ? 1 : 0);
  }
  const auto send = [&] {
    return PQsendQueryParams(handle_.get(), sql.c_str(), static_cast<int>(parameters.size()), nullptr, values.data(),
                             lengths.data(), formats.data(), binary ? 1 : 0) == 1;
  };
  return begun([&] { return checked(execute(sql, send)); });
}

std::string Connection::in_ledger(std::string sql) const { return in_ledger_schema(std::move(sql), session_.schema); }

void Connection::begin() {
  checked(execute(enclosed_ ? "SAVEPOINT pgfeed_enclosed" : begin_sql_));
  in_savepoint_ = enclosed_;
}

void Connection::begin_maintenance() {
  checked(execute(enclosed_
                      ? "SAVEPOINT pgfeed_enclosed; SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET "
                        "LOCAL enable_mergejoin = on"
                      : begin_maintenance_sql_));
  in_savepoint_ = enclosed_;
}

void Connection::abandon() noexcept {
  enclosed_ = false;
  rollback();
}

void Connection::commit_enclosing() {
  enclosed_ = false;
  run("SET LOCAL synchronous_commit = on; COMMIT");
}

void Connection::commit() {
  run(enclosed_ ? "RELEASE SAVEPOINT pgfeed_enclosed" : "COMMIT");
  in_savepoint_ = false;
}

void Connection::enclose() {
  begin();
  enclosed_ = true;
}

void Connection::rollback() noexcept {
  if (handle_ == nullptr || given_up_ || PQtransactionStatus(handle_.get()) == PQTRANS_IDLE) return;
  drain();
  if (enclosed_ && !in_savepoint_) return;  // what was begun last has ended: an older savepoint is none of ours
  try {
    execute(enclosed_ ? "ROLLBACK TO SAVEPOINT pgfeed_enclosed; RELEASE SAVEPOINT pgfeed_enclosed" : "ROLLBACK");
  } catch (const Error&) {
    // It is lost, which shows at the next statement.
  }
  in_savepoint_ = false;
}

std::string Connection::where() const {
  const char* host = PQhost(handle_.get());
  return fmt::format("{} on {} port {}", PQdb(handle_.get()), host != nullptr && *host != '\0' ? host : "this machine",
                     PQport(handle_.get()));
}

std::string Connection::exposure() const {
  if (PQsslInUse(handle_.get()) != 0 || PQgssEncInUse(handle_.get()) != 0 || stays_on_this_machine(PQsocket(handle_.get())))
    return "";
  return fmt::format(
      "the connection to {} is not encrypted, so others on the way can read and change what is sent; "
      "sslmode=verify-full asks for TLS and for the right server",
      where());
}

}  // namespace pgfeed
