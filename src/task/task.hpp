#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/span.hpp"
#include "source/source.hpp"

#include "load/split_findings.hpp"

namespace pgfeed {

/// What every task of a load is told of it. Holds no secrets: it goes through the cluster's hands.
struct TaskTerms {
  std::int64_t load = 0;  ///< its number in the ledger
  std::string load_time;
  std::string feed;                   ///< for what the cluster shows
  std::vector<bool> key_comes_later;  ///< of each table of the plan: see TargetTable
  LoadOptions options;  ///< with the mapping's text; of the session all but how to connect; without what the driver does
};

/// A source, or some of it, that a task is to load.
struct TaskSource {
  Source source;
  std::int64_t entry = 0;  ///< its number in the ledger
  Spans others;            ///< bytes that are in, or are another task's
};

/// What one task is to do, as text that travels: JSON.
struct Task {
  TaskTerms terms;
  std::vector<TaskSource> sources;
};

std::string write_task(const Task& task);
/// Throws Error(usage) where the text was made by another version of pgfeed.
Task read_task(const std::string& text);

/// What a task came to. Its rows and documents are counted by the ledger.
struct TaskOutcome {
  SplitFindings findings;
  Counts counts;  ///< of this attempt alone
  std::optional<Error> error;
};

std::string write_outcome(const TaskOutcome& outcome);
TaskOutcome read_outcome(const std::string& text);

}  // namespace pgfeed
