#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Runs what is pending for a feed after its rows: keys, then foreign keys, then ANALYZE of the tables concerned.
///
/// Rows with equal keys are settled by their table's rule before its key is made. A foreign key that some rows violate
/// stays NOT VALID; a warning says how many, shows three, and gives the query that lists them. Each statement is forgotten
/// in the transaction that runs it, so that another run goes on where this one ended.
/// `connection` gives the session to use. Throws Error(database).
void finish_keys(const Plan& plan, const std::function<Connection*()>& connection, std::vector<std::string>& warnings);

}  // namespace pgfeed
