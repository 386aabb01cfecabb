#include "postgres/stream_ledger.hpp"

#include <array>

namespace pgfeed {

bool take_batch(Connection& connection, const std::string& feed, const std::string& stream, std::int64_t batch,
                std::int64_t load) {
  const std::string number = std::to_string(batch);
  const std::string by = std::to_string(load);
  const std::array<Parameter, 4> parameters{Parameter{feed}, Parameter{stream}, Parameter{number}, Parameter{by}};
  return connection
             .run_ledger(
                 "INSERT INTO pgfeed.streams (feed, stream, batch, load) VALUES ($1, $2, $3::bigint, $4::bigint) ON "
                 "CONFLICT "
                 "(feed, stream) DO UPDATE SET batch = excluded.batch, load = excluded.load WHERE streams.batch < "
                 "excluded.batch",
                 parameters)
             .affected() == 1;
}

void drop_other_runs(Connection& connection, const std::string& feed, const std::string& stream, std::int64_t load) {
  const std::string number = std::to_string(load);
  const std::array<Parameter, 3> parameters{Parameter{feed}, Parameter{stream}, Parameter{number}};
  connection.run_ledger(
      "DELETE FROM pgfeed.staged_splits p USING pgfeed.loads l WHERE l.load = p.load AND l.feed = $1 AND l.options ->> "
      "'stream' = $2 AND p.load <> $3::bigint",
      parameters);
}

}  // namespace pgfeed
