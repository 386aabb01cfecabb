#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pgfeed/error.hpp>
#include <pgfeed/session.hpp>

#include "postgres/connect.hpp"

namespace pgfeed {

struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

/// What a statement returned. Values are text or binary, as they were asked for.
class Result {
 public:
  explicit Result(ResultHandle handle) : handle_(std::move(handle)) {}

  [[nodiscard]] std::size_t rows() const noexcept { return static_cast<std::size_t>(PQntuples(handle_.get())); }
  [[nodiscard]] bool is_null(std::size_t row, int column) const noexcept {
    return PQgetisnull(handle_.get(), static_cast<int>(row), column) != 0;
  }
  /// Valid as long as the Result. Empty for NULL.
  [[nodiscard]] std::string_view at(std::size_t row, int column) const noexcept {
    return {PQgetvalue(handle_.get(), static_cast<int>(row), column),
            static_cast<std::size_t>(PQgetlength(handle_.get(), static_cast<int>(row), column))};
  }
  [[nodiscard]] std::string text(std::size_t row, int column) const { return std::string(at(row, column)); }
  [[nodiscard]] bool is_true(std::size_t row, int column) const noexcept { return at(row, column) == "t"; }
  /// A decimal number in text form; 0 for NULL.
  [[nodiscard]] std::int64_t number(std::size_t row, int column) const noexcept;
  /// The rows that an INSERT, UPDATE, DELETE or COPY says it touched.
  [[nodiscard]] std::int64_t affected() const noexcept;

 private:
  ResultHandle handle_;
};

/// A parameter of a statement: text or binary bytes, or NULL. The bytes must live until the call returns.
struct Parameter {
  std::optional<std::string_view> bytes;
  bool binary = false;
};

/// The server's process of a session. Its number may be used again: not together with the time it was started.
struct Backend {
  std::int64_t pid = 0;  ///< 0: not known
  std::string started;   ///< as text
};

/// One session. Sets nothing but its name and UTF8: what a load needs is set in each transaction (`begin`), so a
/// pooler's other clients never see it. Not thread-safe.
class Connection {
 public:
  /// Connects, trying again for `session.connect_timeout` where that may help, unless `is_stopped`. libpq's own ways
  /// (service file, passfile, environment) supply secrets. `name` becomes application_name.
  /// Throws Error(database) with the server's SQLSTATE.
  Connection(SessionOptions session, std::string name, const std::function<bool()>& is_stopped = {});

  /// For a short look at the server: connects once, and takes a silence of its `answer_timeout` for a lost connection.
  static Connection for_a_look(SessionOptions session, std::string name);

  /// Connects anew, in the same way; what the old session had (temporary tables, a transaction) is gone.
  void reopen();
  /// Ends the session; it counts as lost.
  void close() noexcept;

  /// Gives the session another name, which it keeps when it is opened again. Where it is lost, this does not throw: the
  /// next statement will.
  void rename(const std::string& name);

  /// From here on, whoever opens the session again (`reconnect`) keeps it only where this is true, which is asked over it.
  void admit_by(std::function<bool(Connection&)> admission) { admission_ = std::move(admission); }
  [[nodiscard]] bool is_admitted() { return !admission_ || admission_(*this); }

  /// Ends other sessions of this name and role in this database: the server may not have noticed that one was lost, which
  /// holds its claim and its locks then.
  void end_namesakes();

  /// From here on, a statement outside a transaction is one of its own, which waits for locks as long as the others do and
  /// minds no time limits of the role.
  void begin_each() noexcept { begins_each_ = true; }

  /// Runs one or more statements without parameters; returns the last one's result. Text form.
  ///
  /// This and all that waits for the server: after a silence of `answer_timeout` the server is asked, over a short session,
  /// what it does for this one. While it works, or waits for a lock, it is waited for. Is it gone, or does it wait for this
  /// side in turn, then the way between is broken: its process is ended, and the connection is lost (Error, retryable).
  Result run(const std::string& sql);
  /// Runs one statement with parameters. `binary`: asks for binary values.
  Result run(const std::string& sql, std::span<const Parameter> parameters, bool binary = false);

  /// The same for statements about the ledger, which are written for a schema `pgfeed`: the session's is put in its place.
  Result run_ledger(const std::string& sql) { return run(in_ledger(sql)); }
  Result run_ledger(const std::string& sql, std::span<const Parameter> parameters) {
    return run(in_ledger(sql), parameters);
  }
  [[nodiscard]] std::string in_ledger(std::string sql) const;

  /// Starts a transaction, READ COMMITTED, with the settings of a load.
  void begin();
  /// Starts a transaction for keys, checks and statistics: durable, with memory for sorting and plans of all kinds.
  void begin_maintenance();
  void commit();
  /// Ends the transaction, whatever state it is in; does nothing without one. Never throws: a lost connection shows
  /// at the next statement.
  void rollback() noexcept;
  /// Commits an enclosing transaction, durably.
  void commit_enclosing();
  /// Ends an enclosing transaction without a trace.
  void abandon() noexcept;
  /// Starts one transaction that encloses all that follow: these become savepoints in it.
  void enclose();

  [[nodiscard]] bool is_enclosed() const noexcept { return enclosed_; }
  [[nodiscard]] const SessionOptions& session() const noexcept { return session_; }
  [[nodiscard]] int server_version() const noexcept { return PQserverVersion(handle_.get()); }  ///< 150004 for 15.4
  [[nodiscard]] bool is_lost() const noexcept { return given_up_ || PQstatus(handle_.get()) != CONNECTION_OK; }
  /// Whose session it is, for a person: `tweets on host db.example.com port 5432`. Without a password.
  [[nodiscard]] std::string where() const;
  /// A sentence for a person where others could read and change what is sent: to another machine, neither by TLS nor by
  /// GSSAPI. Empty where they cannot.
  [[nodiscard]] std::string exposure() const;
  /// Asks the server to cancel what it is doing for this session, and does not wait for it. May be called from another
  /// thread, but not during `reopen`.
  void cancel() noexcept;
  /// Waits a little until no `cancel` is under way any more that could hit a later statement. From any thread.
  void settle_cancel() noexcept;

  /// The statement that was the last to wait for a lock in vain (55P03); empty: none was since it was last taken.
  [[nodiscard]] const std::string& blocked_statement() const noexcept { return blocked_statement_; }
  std::string take_blocked_statement() noexcept { return std::exchange(blocked_statement_, {}); }
  /// Whether there is a transaction that can only be rolled back.
  [[nodiscard]] bool has_failed() const noexcept { return PQtransactionStatus(handle_.get()) == PQTRANS_INERROR; }

  // For what talks to libpq itself, which must not block.
  [[nodiscard]] PGconn& handle() noexcept { return *handle_; }
  /// Sends by `send`, one of libpq's PQsend functions, and waits for all of its results; returns the last, or the start
  /// of a COPY. `sql` is what is sent, for messages.
  ResultHandle execute(const std::string& sql, const std::function<bool()>& send);
  ResultHandle execute(const std::string& sql);
  /// Waits until what was queued has gone out.
  void flush();
  /// Waits for the next result; null after the last one.
  ResultHandle next_result();
  /// Takes what results there are: a connection with one left refuses the next command.
  void drain() noexcept;
  /// The error of a failed statement, with everything the server said. `result` may be null: the connection was lost.
  Error failure(const PGresult* result);

 private:
  enum class Silence { ask, bear, is_loss };
  /// One request to cancel at a time, in a thread that may outlive the connection: through a broken way it takes minutes.
  struct Canceller;

  Connection(SessionOptions session, std::string name, Silence silence)
      : session_(std::move(session)), name_(std::move(name)), silence_(silence) {}
  Result checked(ResultHandle result);
  Result begun(const std::function<Result()>& statement);
  void find_backend();
  Backend ask_backend();
  void make_canceller();
  void wait(bool for_writing);
  bool is_served(bool asked_before);
  [[noreturn]] void give_up(const std::string& why);

  SessionOptions session_;
  std::string name_;
  ConnectionHandle handle_;
  std::shared_ptr<Canceller> canceller_;
  Silence silence_ = Silence::ask;
  Backend backend_;
  bool given_up_ = false;
  std::function<bool(Connection&)> admission_;
  std::string statement_;  ///< the last that was sent
  std::string blocked_statement_;
  bool begins_each_ = false;
  std::string begin_one_sql_;
  std::string begin_sql_;
  std::string begin_maintenance_sql_;
  bool enclosed_ = false;
  bool in_savepoint_ = false;  ///< while enclosed: between `begin` and its end
};

}  // namespace pgfeed
