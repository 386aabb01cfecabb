#pragma once

#include <pgfeed/load.hpp>

namespace pgfeed {

/// What a load that stopped for its rejects says. `in_split`: how many the split has that was over; 0: it was none.
Error over_limit_error(const LoadOptions& options, std::int64_t in_split = 0);

/// Judges the limit at the end, when all documents are counted: also parked ones that were rejected in the end, and a
/// percentage. Throws Error(rejects).
void require_within_limit(const LoadOptions& options, const Report& report);

}  // namespace pgfeed
