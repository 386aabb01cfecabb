#pragma once

#include <cstdint>
#include <string>

namespace pgfeed {

/// Which rejects are meant: those that fit all that is given.
struct RejectFilter {
  std::string feed;
  std::int64_t load = 0;  ///< that rejected them last; 0: any
  std::string reason;     ///< a SQLSTATE, or a part of the reason, in whatever case
  std::string table;
  std::string state;  ///< rejected, parked, stopped or settled
};

}  // namespace pgfeed
