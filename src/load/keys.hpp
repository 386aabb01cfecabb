#pragma once

#include <string>
#include <vector>

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Runs what is pending for a feed after its rows, in phases: keys, foreign keys, their validation, ANALYZE.
///
/// Rows with equal keys are settled by their table's rule before its key is made. A foreign key that some rows violate
/// stays NOT VALID; a warning says how many, shows three, and gives the query that lists them. Each statement is forgotten
/// in the transaction that runs it, so that another run goes on where this one ended.
///
/// `helpers`: more sessions, to work on several tables at the same time. Throws Error(database).
void finish_keys(const Plan& plan, Connection& connection, const std::vector<Connection*>& helpers,
                 std::vector<std::string>& warnings);

}  // namespace pgfeed
