#include "task/places.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string>

#include "postgres/reconnect.hpp"

namespace pgfeed {
namespace {

/// False: others have all of them. 7090219 is a number of pgfeed's own, as those of other locks are.
bool has_place(Connection& connection, const std::string& load, int places) {
  const std::string most = std::to_string(places);
  const std::array<Parameter, 2> parameters{Parameter{load}, Parameter{most}};
  return connection
             .run(
                 "SELECT FROM generate_series(1, $2::int) place WHERE pg_try_advisory_lock(7090219, hashtext($1 || place)) "
                 "LIMIT 1",
                 parameters)
             .rows() > 0;
}

}  // namespace

void take_place(Connection& connection, const TaskTerms& terms, const std::function<bool()>& is_stopped) {
  const int places = terms.options.connections;
  if (places == 0) return;
  const std::string load = fmt::format("{} {} {} ", connection.session().schema, terms.feed, terms.options.partitions);
  connection.admit_by([load, places](Connection& opened) { return has_place(opened, load, places); });
  if (connection.is_admitted()) return;
  connection.close();
  const auto until = std::chrono::steady_clock::now() + connection.session().retry_for;
  if (reconnect(connection, until, is_stopped)) return;
  if (is_stopped()) throw Error(ErrorKind::interrupted, "interrupted");
  Error error(ErrorKind::database, "the server could not be reached again while a place for a session was waited for");
  error.retryable = true;
  throw error;
}

}  // namespace pgfeed
