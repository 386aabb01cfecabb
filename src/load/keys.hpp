#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// What came to light while keys were made.
struct KeyFindings {
  std::vector<std::string> warnings;
  std::map<std::string, std::int64_t> duplicates;  ///< rows that were deleted again because of their key, for each table
};

/// Runs what is pending for a feed after its rows, in phases: keys, foreign keys, their validation, ANALYZE.
///
/// Rows with equal keys are settled by their table's rule before its key is made. A foreign key that some rows violate
/// stays NOT VALID; a warning says how many, shows three, and gives the query that lists them. Each statement is forgotten
/// in the transaction that runs it, so that another run goes on where this one ended.
///
/// `helpers`: more sessions, to work on several tables at the same time. Throws Error(database).
KeyFindings finish_keys(const Plan& plan, Connection& connection, const std::vector<Connection*>& helpers);

/// The same at the end of a load, whose report takes up the time and what was found.
void make_keys(const Plan& plan, Connection& connection, const std::vector<Connection*>& helpers, Report& report);

}  // namespace pgfeed
