#pragma once

#include "load/batch.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// What the rules of the tables and their NOT NULL columns make of a batch, as far as that can be told without the rows that
/// the server has: as if the tables were empty. Documents become skipped or rejected as a load of them would make them.
/// Keys are compared by their bytes; those that only the server holds for equal (1.0 and 1.00, citext) are not found. Where
/// only the server can tell which of several rows stays (`latest`), none of them is rejected for a NULL.
void apply_rules_offline(const Target& target, SplitBatch& batch);

}  // namespace pgfeed
