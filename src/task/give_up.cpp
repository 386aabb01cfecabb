#include <fmt/format.h>
#include <pgfeed/partitions.hpp>

#include <chrono>
#include <thread>
#include <vector>

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/load_sessions.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

/// False: there was nothing.
bool drop_staged_of(Connection& connection, std::int64_t load) {
  std::vector<std::int64_t> splits;
  for (const StagedSplit& split : read_staged_of(connection, load)) splits.push_back(split.split);
  drop_staged(connection, splits);
  return !splits.empty();
}

/// Ends what works on it, and drops what that has staged. Attempts that Spark is about to stop may come a little later: it
/// is looked until nothing has come for a while.
void drop_what_comes(Connection& connection, std::int64_t load) {
  constexpr std::chrono::milliseconds kBetweenLooks{100};
  constexpr int kMostLooks = 100;
  constexpr int kQuietLooks = 5;
  int quiet = 0;
  for (int look = 0; look < kMostLooks && quiet < kQuietLooks; ++look) {
    end_task_sessions(connection, load);
    connection.begin();
    quiet = drop_staged_of(connection, load) ? 0 : quiet + 1;
    connection.commit();
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace

void give_up_partitions(const LoadOptions& options, bool keeps_staged) {
  const std::string feed = compile_mapping(options.mapping_text, options.mapping).feed;
  Connection connection(options.session, "pgfeed load");
  connection.begin_each();
  if (!has_ledger_schema(connection)) return;
  const std::int64_t load = find_load(connection, feed, options.partitions);
  if (load == 0) return;
  connection.rename(fmt::format("pgfeed load {}", load));
  if (keeps_staged) {
    end_task_sessions(connection, load);
  } else {
    give_load_up(connection, load);
    drop_what_comes(connection, load);
  }
  connection.begin();
  if (read_load_state(connection, load) == "running") end_load(connection, load, "failed");
  connection.commit();
}

}  // namespace pgfeed
