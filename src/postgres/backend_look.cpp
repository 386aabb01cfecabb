#include "postgres/backend_look.hpp"

#include <array>

namespace pgfeed {
namespace {

// A server that is there answers this at once, however much it has to do.
constexpr std::chrono::milliseconds kPatience{10'000};

constexpr const char* kLook = R"sql(
SELECT state <> 'active' OR coalesce(wait_event IN ('ClientRead', 'ClientWrite'), false)
FROM pg_catalog.pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz
)sql";

BackendState look(Connection& connection, const Backend& backend, bool end) {
  connection.begin_each();
  const std::string pid = std::to_string(backend.pid);
  const std::array<Parameter, 2> parameters{Parameter{pid}, Parameter{backend.started}};
  const Result seen = connection.run(kLook, parameters);
  if (seen.rows() == 0) return BackendState::gone;
  if (!seen.is_true(0, 0)) return BackendState::works;
  if (end) connection.run("SELECT pg_catalog.pg_terminate_backend(" + pid + ")");
  return BackendState::waits;
}

}  // namespace

BackendState look_at_backend(const SessionOptions& session, const Backend& backend, bool end) noexcept {
  try {
    SessionOptions brief = session;
    brief.connect_timeout = {};
    brief.answer_timeout = kPatience;
    brief.on_warning = {};
    Connection connection = Connection::for_a_look(std::move(brief), "pgfeed look");
    return look(connection, backend, end);
  } catch (const Error& error) {
    // Too many sessions, or a password that ran out: the server is there, and may well be at work for this session.
    const bool is_there = !error.sqlstate.empty() && !error.sqlstate.starts_with("57P") && !error.sqlstate.starts_with("08");
    return is_there ? BackendState::is_unknown : BackendState::gone;
  } catch (const std::exception&) {
    return BackendState::is_unknown;
  }
}

}  // namespace pgfeed
