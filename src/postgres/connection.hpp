#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pgfeed/error.hpp>
#include <pgfeed/session.hpp>

namespace pgfeed {

struct CloseConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ConnectionHandle = std::unique_ptr<PGconn, CloseConnection>;
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

/// Whether a split that failed with this SQLSTATE may succeed when it is tried again: lost connections
/// (class 08, but not 08P01: a malformed binary field raises it too), deadlock and serialization failures
/// (class 40), server going down or starting (57P01 to 57P03), sessions that it ended for being idle (57P05, 25P03), too
/// many connections (53300).
/// https://www.postgresql.org/docs/current/errcodes-appendix.html
bool is_retryable(std::string_view sqlstate) noexcept;

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

/// One session. Sets nothing but its name and UTF8: what a load needs is set in each transaction (`begin`), so a
/// pooler's other clients never see it. Not thread-safe.
class Connection {
 public:
  /// Connects, trying again for `session.connect_timeout` where that may help, unless `is_stopped`. libpq's own ways
  /// (service file, passfile, environment) supply secrets. `name` becomes application_name.
  /// Throws Error(database) with the server's SQLSTATE.
  Connection(SessionOptions session, std::string name, const std::function<bool()>& is_stopped = {});

  /// Connects anew, in the same way; what the old session had (temporary tables, a transaction) is gone.
  void reopen();

  /// Gives the session another name, which it keeps when it is opened again. Where it is lost, this does not throw: the
  /// next statement will.
  void rename(const std::string& name);

  /// Ends other sessions of this name and role in this database: the server may not have noticed that one was lost, which
  /// holds its claim and its locks then.
  void end_namesakes();

  /// Runs one or more statements without parameters; returns the last one's result. Text form.
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

  [[nodiscard]] const SessionOptions& session() const noexcept { return session_; }
  [[nodiscard]] int server_version() const noexcept { return PQserverVersion(handle_.get()); }  ///< 150004 for 15.4
  [[nodiscard]] bool is_lost() const noexcept { return PQstatus(handle_.get()) != CONNECTION_OK; }
  /// Whose session it is, for a person: `tweets on host db.example.com port 5432`. Without a password.
  [[nodiscard]] std::string where() const;
  /// A sentence for a person where others could read and change what is sent: to another machine, neither by TLS nor by
  /// GSSAPI. Empty where they cannot.
  [[nodiscard]] std::string exposure() const;
  [[nodiscard]] PGconn& handle() noexcept { return *handle_; }
  /// Asks the server to cancel what it is doing for this session. May be called from another thread, but not during
  /// `reopen`.
  void cancel() noexcept;

 private:
  struct FreeCancel {
    void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
  };
  Result checked(PGresult* result);

  SessionOptions session_;
  std::string name_;
  ConnectionHandle handle_;
  std::unique_ptr<PGcancel, FreeCancel> cancel_;
  std::string begin_sql_;
  std::string begin_maintenance_sql_;
  bool enclosed_ = false;
  bool in_savepoint_ = false;  ///< while enclosed: between `begin` and its end
};

/// The error of a failed statement, with everything the server said. `result` may be null: the connection was lost.
Error error_from(PGconn& connection, const PGresult* result);

/// libpq hands out results until null; a connection with one left refuses the next command.
void drain(PGconn& connection) noexcept;

}  // namespace pgfeed
