#pragma once

#include <pgfeed/load.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "load/load_ledger.hpp"
#include "load/source_plan.hpp"
#include "load/target.hpp"
#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// What an atomic load publishes.
struct PublicationTask {
  const Plan& plan;
  const LoadOptions& options;
  LoadLedger& ledger;
  const std::string& load_time;
  const std::vector<PlannedSource>& sources;
  bool is_limited;     ///< to so many documents: not all of the sources is staged
  bool is_over_limit;  ///< too many rejects were staged: so it fails, and keeps those of them for evidence
};

/// Loads what is staged of the sources, by the one session, in one transaction: tables and keys that are missing, rows,
/// ledger, rejects, the load's end. Whoever looks sees all of it or nothing.
///
/// False, and nothing is loaded: some of it is not staged any more, as after a crash of the server.
/// Sums up in `report`, also when it throws; then nothing is loaded, and what was staged still is. Rejects over the limit
/// are kept, in state `stopped`. Throws Error.
bool publish(Connection& connection, const PublicationTask& task, Report& report,
             const std::function<void(const Report&)>& progress, const std::stop_token& stop);

/// Inside a transaction: deletes what is in the tables, referring tables first. Readers see it until the commit, which
/// TRUNCATE would not let them. Throws Error(database).
void delete_all_rows(Connection& connection, const Target& target);

}  // namespace pgfeed
