#include <fmt/format.h>
#include <pgfeed/partitions.hpp>

#include <vector>

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/load_sessions.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

void drop_staged_of(Connection& connection, std::int64_t load) {
  std::vector<std::int64_t> splits;
  for (const StagedSplit& split : read_staged_of(connection, load)) splits.push_back(split.split);
  drop_staged(connection, splits);
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
  end_task_sessions(connection, load);
  connection.begin();
  if (!keeps_staged) drop_staged_of(connection, load);
  if (read_load_state(connection, load) == "running") end_load(connection, load, "failed");
  connection.commit();
}

}  // namespace pgfeed
