#include "postgres/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "postgres/ledger_schema.hpp"
#include "postgres/loopback.hpp"
#include "postgres/reconnect.hpp"

namespace pgfeed {
namespace {

std::string field_of(const PGresult* result, int field) {
  const char* value = PQresultErrorField(result, field);
  return value != nullptr ? value : "";
}

/// libpq's messages end with a line break and may have several lines: one sentence for a person.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::string line;
  for (const char c : text) {
    if (c == '\t' && line.ends_with("; ")) continue;  // a hint is indented
    line += c == '\n' ? std::string("; ") : std::string(1, c);
  }
  return line;
}

struct CopyPlace {
  std::int64_t row = 0;
  std::string column;
};

/// The row and column of `COPY t, line 12` or `COPY t, line 12, column c`, in whatever language: the first number behind
/// the first comma, and what follows the word behind the next one. 0 and empty where there is none.
CopyPlace copy_place_of(const std::string& context, const std::string& table) {
  if (!context.starts_with("COPY ")) return {};
  const std::size_t name_end = context.starts_with("COPY " + table) ? 5 + table.size() : 0;  // where the server names it
  // The table's name may hold digits and commas: the number wanted is followed by a comma, a line's end or a colon.
  const std::size_t line_end = context.find('\n');
  const std::string line = context.substr(0, line_end);
  for (std::size_t at = line.find(", ", name_end); at != std::string::npos; at = line.find(", ", at + 1)) {
    const std::size_t digit = line.find_first_of("0123456789", at);
    if (digit == std::string::npos) break;
    std::int64_t row = 0;
    const auto [end, error] = std::from_chars(line.data() + digit, line.data() + line.size(), row);
    if (error == std::errc() && (end == line.data() + line.size() || *end == ',' || *end == ':')) {
      const std::string_view rest(end, static_cast<std::size_t>(line.data() + line.size() - end));
      const std::size_t name = rest.starts_with(", ") ? rest.find(' ', 2) : std::string_view::npos;
      return {row, name == std::string_view::npos ? "" : std::string(rest.substr(name + 1))};
    }
  }
  return {};
}

/// What comes first gives way to what comes later: so to the connection string.
class ConnectParameters {
 public:
  ConnectParameters(const std::string& conninfo, const std::string& name) {
    // A machine that vanished says nothing: after a minute of silence on the wire it is given up.
    for (const auto& [keyword, value] : {std::pair{"keepalives_idle", "30"}, std::pair{"keepalives_interval", "10"},
                                         std::pair{"keepalives_count", "3"}, std::pair{"tcp_user_timeout", "60000"}})
      add(keyword, value);
    if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) add("connect_timeout", "10");
    if (!conninfo.empty()) add("dbname", conninfo.c_str());  // an empty one would hide PGDATABASE
    add("client_encoding", "UTF8");
    add("application_name", name.c_str());
    add(nullptr, nullptr);
  }

  [[nodiscard]] const char* const* keywords() const noexcept { return keywords_.data(); }
  [[nodiscard]] const char* const* values() const noexcept { return values_.data(); }

 private:
  void add(const char* keyword, const char* value) {
    keywords_.push_back(keyword);
    values_.push_back(value);
  }

  std::vector<const char*> keywords_;
  std::vector<const char*> values_;
};

/// False: nothing came.
bool wait_for(int socket, bool for_writing) {
  pollfd waited{socket, static_cast<short>(for_writing ? POLLOUT : POLLIN), 0};
  constexpr int kPatienceMs = 5'000;
  return poll(&waited, 1, kPatienceMs) != 0;
}

/// Why a connect failed: the server's SQLSTATE, where one spoke; or that the two could not agree on TLS.
struct FailedConnect {
  std::string sqlstate;
  bool in_tls = false;
};

/// A failed connect leaves no result, and its message is in the server's language. With this verbosity, which only an
/// asynchronous connect can be given, the message ends with the SQLSTATE: so the same connect is tried once more.
FailedConnect why_connect_failed(const ConnectParameters& parameters) {
  const ConnectionHandle again(PQconnectStartParams(parameters.keywords(), parameters.values(), 1));
  if (again == nullptr || PQstatus(again.get()) == CONNECTION_BAD) return {};
  PQsetErrorVerbosity(again.get(), PQERRORS_SQLSTATE);
  FailedConnect failed;
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (wanted == PGRES_POLLING_WRITING || wanted == PGRES_POLLING_READING) {
    if (!wait_for(PQsocket(again.get()), wanted == PGRES_POLLING_WRITING)) return {};
    failed.in_tls = PQstatus(again.get()) == CONNECTION_SSL_STARTUP;
    wanted = PQconnectPoll(again.get());
  }
  if (wanted == PGRES_POLLING_OK) return {};
  const std::string message = one_line(PQerrorMessage(again.get()));
  const std::size_t space = message.find_last_of(' ');
  const std::string last = space == std::string::npos ? message : message.substr(space + 1);
  const auto is_code = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  if (last.size() == 5 && std::ranges::all_of(last, is_code)) failed.sqlstate = last;
  return failed;
}

Error waited_in_vain(const Error& error, std::chrono::milliseconds waited) {
  Error told = error;
  const char* room =
      error.sqlstate == "53300" ? "; max_connections, or a limit of the role or the database, is reached" : "";
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

bool is_retryable(std::string_view sqlstate) noexcept {
  constexpr std::array<std::string_view, 6> exact{"53300", "57P01", "57P02", "57P03", "57P05", "25P03"};
  const bool connection_lost = sqlstate.starts_with("08") && sqlstate != "08P01";
  return connection_lost || sqlstate.starts_with("40") || std::ranges::find(exact, sqlstate) != exact.end();
}

Error error_from(PGconn& connection, const PGresult* result) {
  std::string sentence = result != nullptr ? field_of(result, PG_DIAG_MESSAGE_PRIMARY) : "";
  if (sentence.empty()) sentence = one_line(PQerrorMessage(&connection));
  if (result != nullptr) {
    if (const std::string detail = field_of(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty())
      sentence += fmt::format(" ({})", one_line(detail));
  }
  Error error(ErrorKind::database, sentence);
  if (result != nullptr) {
    error.sqlstate = field_of(result, PG_DIAG_SQLSTATE);
    error.table = field_of(result, PG_DIAG_TABLE_NAME);
    error.column = field_of(result, PG_DIAG_COLUMN_NAME);
    error.constraint = field_of(result, PG_DIAG_CONSTRAINT_NAME);
    CopyPlace place = copy_place_of(field_of(result, PG_DIAG_CONTEXT), error.table);
    error.copy_row = place.row;
    if (error.column.empty()) error.column = std::move(place.column);
  }
  // Without a SQLSTATE no server spoke: here, after a connect that succeeded, the connection was lost.
  error.retryable = error.sqlstate.empty() ? PQstatus(&connection) == CONNECTION_BAD : is_retryable(error.sqlstate);
  return error;
}

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
  const auto until = std::chrono::steady_clock::now() + session_.connect_timeout;
  try {
    reopen();
  } catch (const Error& error) {
    if (!error.retryable || session_.connect_timeout.count() == 0) throw;
    if (session_.on_warning) session_.on_warning(fmt::format("{}; trying again", error.what()));
    if (!reconnect(*this, until, is_stopped)) throw waited_in_vain(error, session_.connect_timeout);
  }
}

Connection Connection::for_a_look(SessionOptions session, std::string name) {
  Connection connection(std::move(session), std::move(name), Silence::is_loss);
  connection.reopen();
  return connection;
}

void Connection::reopen() {
  const ConnectParameters parameters(session_.conninfo, name_);
  handle_.reset(PQconnectdbParams(parameters.keywords(), parameters.values(), 1));
  if (handle_ == nullptr) throw std::bad_alloc();
  if (PQstatus(handle_.get()) != CONNECTION_OK) {
    Error error(ErrorKind::database, "cannot connect to the database: " + one_line(PQerrorMessage(handle_.get())));
    const FailedConnect why = why_connect_failed(parameters);
    error.sqlstate = why.sqlstate;
    error.retryable = why.sqlstate.empty() ? !why.in_tls : is_retryable(why.sqlstate);
    throw error;
  }
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
