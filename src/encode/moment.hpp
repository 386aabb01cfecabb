#pragma once

#include <cstdint>

#include "encode/encoder.hpp"

namespace pgfeed {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr std::int64_t kMicrosPerDay = kSecondsPerDay * kMicrosPerSecond;
/// Days from 1970-01-01 to 2000-01-01, from where PostgreSQL counts.
inline constexpr std::int64_t kEpochDays = 10'957;

/// A date and a time as a text gives them, not yet known to exist.
struct CivilTime {
  std::int64_t year = 1970;  ///< astronomical: 0 is 1 BC
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micro = 0;
};

/// What a value for a column of date or time says, in PostgreSQL's terms.
struct Moment {
  enum class Zone : std::uint8_t {
    none,     ///< the text has none
    written,  ///< `offset` is in the text
    instant,  ///< seconds since 1970: no zone was written, and `offset` is 0
  };
  enum class Infinity : std::int8_t { negative = -1, no = 0, positive = 1 };

  std::int64_t days = 0;    ///< from 2000-01-01
  std::int64_t micros = 0;  ///< of the day; a whole day for 24:00:00
  std::int32_t offset = 0;  ///< seconds east of Greenwich
  Zone zone = Zone::none;
  Infinity infinity = Infinity::no;
};

/// Days from 2000-01-01 to a day of the Gregorian calendar, which is taken to have always been.
constexpr std::int64_t days_of(std::int64_t year, int month, int day) noexcept {
  // Years that begin in March have their leap day last, so that a month's place in the year is a straight line
  // (howardhinnant.github.io/date_algorithms.html, days_from_civil).
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const std::int64_t of_era = shifted - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468 - kEpochDays;
}

constexpr bool is_leap_year(std::int64_t year) noexcept { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int days_in_month(std::int64_t year, int month) noexcept {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Sets the day and its microseconds. `out_of_range` for a day or a time that does not exist; second 60 is the next
/// minute's first, and 24:00:00 the end of the day, as PostgreSQL has them.
inline EncodeStatus set_civil(const CivilTime& civil, Moment& moment) noexcept {
  if (civil.month < 1 || civil.month > 12) return EncodeStatus::out_of_range;
  if (civil.day < 1 || civil.day > days_in_month(civil.year, civil.month)) return EncodeStatus::out_of_range;
  if (civil.hour > 24 || civil.minute > 59 || civil.second > 60) return EncodeStatus::out_of_range;
  if (civil.hour == 24 && (civil.minute | civil.second | civil.micro) != 0) return EncodeStatus::out_of_range;
  moment.days = days_of(civil.year, civil.month, civil.day);
  moment.micros = (civil.hour * 3600 + civil.minute * 60 + civil.second) * kMicrosPerSecond + civil.micro;
  return EncodeStatus::ok;
}

/// Sets a moment from microseconds since 1970-01-01 00:00:00 UTC.
inline void set_instant(std::int64_t micros, Moment& moment) noexcept {
  std::int64_t days = micros / kMicrosPerDay;
  if (micros % kMicrosPerDay < 0) --days;
  moment.days = days - kEpochDays;
  moment.micros = micros - days * kMicrosPerDay;
  moment.zone = Moment::Zone::instant;
}

}  // namespace pgfeed
