#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <pgfeed/session.hpp>

namespace pgfeed {

/// What an atomic load that did not come to its end has staged.
struct StagedLoad {
  std::string database;  ///< for a person
  std::string feed;
  std::int64_t load = 0;
  std::int64_t splits = 0;
  std::int64_t bytes = 0;
  std::int64_t documents = 0;
};

/// Takes away what a load has staged, after `is_meant` has said so; else it changes nothing, and the result is empty. The
/// load is `dropped` then. What was loaded and published stays.
///
/// Throws Error(usage) for a load that is not there, or that has nothing staged; Error(database): there is no ledger, or the
/// load is running.
StagedLoad drop(const SessionOptions& session, std::int64_t load, const std::function<bool(const StagedLoad&)>& is_meant);

}  // namespace pgfeed
