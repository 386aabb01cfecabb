#pragma once

#include <string>
#include <vector>

#include "load/source_plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// What earlier attempts of an atomic load have staged of the planned sources is this load's from now on, and need not be
/// read again. What was staged in another format (staged_format) is dropped; a warning says so.
void take_over_staged(Connection& connection, std::int64_t load, const std::string& format, SourcePlan& plan);

/// After the last split: those of the planned sources of which not all is in or staged, with what is.
std::vector<PlannedSource> find_unstaged(Connection& connection, const std::vector<PlannedSource>& planned);

}  // namespace pgfeed
