#include "postgres/connect.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "postgres/server_error.hpp"

namespace pgfeed {
namespace {

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

}  // namespace

ConnectionHandle connect(const std::string& conninfo, const std::string& name) {
  const ConnectParameters parameters(conninfo, name);
  ConnectionHandle connection(PQconnectdbParams(parameters.keywords(), parameters.values(), 1));
  if (connection == nullptr) throw std::bad_alloc();
  if (PQstatus(connection.get()) == CONNECTION_OK) return connection;
  Error error(ErrorKind::database, "cannot connect to the database: " + one_line(PQerrorMessage(connection.get())));
  const FailedConnect why = why_connect_failed(parameters);
  error.sqlstate = why.sqlstate;
  error.retryable = why.sqlstate.empty() ? !why.in_tls : is_retryable(why.sqlstate);
  throw error;
}

}  // namespace pgfeed
