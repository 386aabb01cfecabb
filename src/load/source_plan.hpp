#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/connection.hpp"
#include "record/span.hpp"
#include "source/source.hpp"

namespace pgfeed {

/// A source that is to be loaded: all of it, or what the ledger does not have.
struct PlannedSource {
  const Source* source = nullptr;
  std::int64_t entry = 0;  ///< its number in the ledger
  Spans committed;         ///< bytes of it that are in
};

/// What is left to load of what was listed.
struct SourcePlan {
  std::vector<PlannedSource> sources;  ///< in listing order
  std::int64_t files_in = 0;           ///< sources that are in whole
  std::int64_t staged_rejects = 0;     ///< documents that were rejected while earlier attempts staged them
  std::vector<std::string> warnings;
};

/// Their numbers in the ledger, in the same order.
std::vector<std::int64_t> entries_of(const std::vector<PlannedSource>& sources);

/// Asks the ledger what is in, and writes the sources down that it does not have. `sources` must outlive the plan.
///
/// A source without a name that lasts (standard input, a pipe) is a new one in each load, unless `--source-id` names it.
/// Throws Error(source) for one that has changed since it was loaded, unless it is to be loaded again; Error(usage) where
/// `--source-id` would name more than one source, or none.
SourcePlan plan_sources(Connection& connection, const std::string& feed, std::int64_t load,
                        const std::vector<Source>& sources, const LoadOptions& options);

/// All sources, whole, as if nothing were in. `sources` must outlive the plan.
std::vector<PlannedSource> all_of(const std::vector<Source>& sources);

/// After the last split: those of the planned sources of which the ledger does not have all, with what it has. Ends that
/// were seen are to be in the ledger by then. A server that failed over may have lost what it had said was committed.
std::vector<PlannedSource> find_holes(Connection& connection, const std::vector<PlannedSource>& planned);

}  // namespace pgfeed
