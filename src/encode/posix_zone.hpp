#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pgfeed {

/// The rule for times after the last transition of a zone's file: a TZ string as POSIX and RFC 8536, section 3.3.1, have it,
/// such as `EST5EDT,M3.2.0,M11.1.0`.
struct PosixZone {
  struct Day {
    enum class Form : std::uint8_t {
      month_week,   ///< `M3.2.0`: the `week`-th `weekday` of `month`; week 5 is the last
      julian,       ///< `J60`: 1 to 365, and 29 February is never counted
      day_of_year,  ///< `59`: 0 to 365
    };
    Form form = Form::month_week;
    int month = 1;
    int week = 1;
    int weekday = 0;  ///< 0 is Sunday
    int day = 0;
    std::int32_t second = 7200;  ///< of the local clock, from -167 to 167 hours
  };

  std::int32_t standard = 0;  ///< offset in seconds east of Greenwich
  bool has_summer = false;
  std::int32_t summer = 0;
  Day to_summer;
  Day to_standard;

  /// The time in UTC at which clocks are changed in a year, in seconds from 1970-01-01.
  [[nodiscard]] std::int64_t start_of_summer(std::int64_t year) const noexcept;
  [[nodiscard]] std::int64_t end_of_summer(std::int64_t year) const noexcept;
};

/// None: the text is not such a rule.
std::optional<PosixZone> read_posix_zone(std::string_view text) noexcept;

}  // namespace pgfeed
