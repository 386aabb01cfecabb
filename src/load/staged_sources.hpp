#pragma once

#include <string>
#include <vector>

#include "load/source_plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// An atomic load, and what earlier ones must have in common with it.
struct StagingLoad {
  const std::string& feed;
  std::int64_t load = 0;
  const std::string& format;  ///< see staged_format
  bool is_limited = false;    ///< to so many documents, from the beginning
};

/// What earlier attempts of an atomic load have staged of the planned sources is this load's from now on, and need not be
/// read again. What it cannot publish, for it was staged in another format or beyond its limit, or of sources that are in by
/// now or have changed, is dropped; a warning says so.
void take_over_staged(Connection& connection, const StagingLoad& load, SourcePlan& plan);

/// After the last split: those of the planned sources of which not all is in or staged, with what is.
std::vector<PlannedSource> find_unstaged(Connection& connection, const std::vector<PlannedSource>& planned);

}  // namespace pgfeed
