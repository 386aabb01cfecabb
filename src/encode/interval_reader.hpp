#pragma once

#include <cstdint>
#include <string_view>

#include "encode/encoder.hpp"
#include "encode/moment.hpp"

namespace pgfeed {

inline constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerHour = 3600 * kMicrosPerSecond;

/// PostgreSQL's interval: months, days and time don't turn into one another.
struct Interval {
  std::int64_t micros = 0;
  std::int32_t days = 0;
  std::int32_t months = 0;
};

/// Reads an ISO 8601 duration (`P1Y2M3DT4H5M6.7S`, `P2W`, `-PT5M` with the sign of ISO 8601-2), a time (`-02:03:04.5`), or
/// what PostgreSQL writes with `intervalstyle` postgres and postgres_verbose (`1 year 2 mons -3 days 04:05:06`, `@ 3 hours
/// ago`), spaces around it allowed (https://www.postgresql.org/docs/current/datatype-datetime.html, "Interval Input").
///
/// A fraction of a week or a day becomes days and time, as PostgreSQL has it; of a month, or of anything that would not
/// come out whole, it is `inexact`.
EncodeStatus read_interval(std::string_view text, Interval& interval) noexcept;

}  // namespace pgfeed
