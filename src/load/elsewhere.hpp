#pragma once

#include <pgfeed/load.hpp>

#include <optional>
#include <string>
#include <vector>

#include "load/source_plan.hpp"
#include "load/split_findings.hpp"
#include "load/table_counts.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// What those who work for a load elsewhere must know of it.
struct LoadTerms {
  std::int64_t load;
  int connections;  ///< most sessions that they may have at a time, all together
  const Target& target;
  const LoadOptions& options;
  const std::string& mapping_text;
  const std::string& load_time;
  Connection* lent;  ///< in a dry run the load's own session: all is in its transaction; else null
};

/// What they came to. Documents and rows are counted by the ledger, which knows of attempts that were lost, too.
struct WorkDone {
  SplitFindings findings;
  double read_seconds = 0;  ///< these are summed over all
  double parse_seconds = 0;
  double server_seconds = 0;
  std::optional<Error> error;  ///< the first; the load fails with it
};

/// Loads what a load has planned, in its place: tasks of a cluster, where others would be threads.
class LoadElsewhere {
 public:
  virtual ~LoadElsewhere() = default;
  /// Returns when all have ended. May be called again, for what the server has lost. Throws Error.
  virtual WorkDone run(const LoadTerms& terms, const std::vector<PlannedSource>& sources) = 0;
};

/// Loads as `load` does; `elsewhere` works in place of its threads. Meanwhile the load has no session of its own, unless it
/// is lent. A dry run of files has no need of it.
Report load_elsewhere(const LoadOptions& options, LoadElsewhere& elsewhere,
                      const std::function<void(const Report&)>& progress, std::stop_token stop, Report* partial = nullptr);

}  // namespace pgfeed
