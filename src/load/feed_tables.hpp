#pragma once

#include "load/target.hpp"
#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Whether the tables of a plan are those that its feed was loaded into. One that was dropped and made again is not: the
/// ledger says of sources that they are in, and their rows are gone. `reload`: that does not matter.
/// Throws Error(database) that names the table. Before tables are made.
void require_same_tables(Connection& connection, const Plan& plan, bool reload);

/// Writes down which tables those of the target are.
void remember_tables(Connection& connection, const Target& target);

}  // namespace pgfeed
