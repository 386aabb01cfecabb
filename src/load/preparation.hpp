#pragma once

#include <pgfeed/load.hpp>

#include <vector>

#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Finishes keys that an earlier load of the feed left behind, creates the tables that are not there, and binds the plan.
///
/// Tables whose rows are merged, the root, and those under `error` are created with their key; the others get theirs
/// after the rows (`finish_keys`), which is faster. Foreign keys of created tables come after the rows too.
/// The schema `pgfeed` must be there. Throws Error(mapping) and Error(database).
Target prepare_target(Connection& connection, const Plan& plan, std::vector<std::string>& warnings);

/// Binds the plan to tables that are there, keys and all; makes nothing and does not look at the schema `pgfeed`.
/// Throws Error(database) that says how to make a table that is missing; Error(mapping).
Target existing_target(Connection& connection, const Plan& plan);

/// Binds the plan to the tables that a load which is running has prepared: keys that it makes later come later here, too.
/// Makes what is not there after all.
Target joining_target(Connection& connection, const Plan& plan, std::vector<std::string>& warnings);

/// Binds the plan to the tables that a load has prepared, as that load has: `key_comes_later` is what its target says.
/// Throws Error(database) where one is gone.
Target joined_target(Connection& connection, const Plan& plan, const std::vector<bool>& key_comes_later);

/// The tables of a plan as the catalog has them, for looking only: one that is not there is taken as it would be created.
Target preview_target(Connection& connection, const Plan& plan);

}  // namespace pgfeed
