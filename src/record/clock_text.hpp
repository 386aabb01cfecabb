#pragma once

#include <cstddef>
#include <cstdint>

namespace pgfeed {

// Dates and times as text, from counts since 1970. Each writes at `at`, where there must be room for kLongestClockText
// bytes behind whatever was written before, and returns the end.

inline constexpr std::size_t kLongestClockText = 64;
inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// A day of the Gregorian calendar, which is taken to have always been. The year is astronomical: 0 is 1 BC.
struct CalendarDay {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

/// The date that is `days` after 1970-01-01, which may be as many as a timestamp of 64 bits has.
CalendarDay calendar_day(std::int64_t days) noexcept;

/// `2024-02-29`. The year has four digits at least; before our era it counts back from 1.
char* put_day(const CalendarDay& day, char* at) noexcept;
/// ` BC`, which PostgreSQL has at the end, behind a time; nothing for a year of our era.
char* put_era(const CalendarDay& day, char* at) noexcept;
/// `12:34:56`, of seconds that are not negative. Hours may be more than a day has.
char* put_clock(std::int64_t seconds, char* at) noexcept;
/// `.123456`, or nine digits where six do not do.
char* put_fraction(std::int64_t nanos, char* at) noexcept;

/// Rounds down, also below zero; the remainder is not negative.
constexpr std::int64_t floor_division(std::int64_t number, std::int64_t divisor) noexcept {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}
constexpr std::int64_t floor_remainder(std::int64_t number, std::int64_t divisor) noexcept {
  const std::int64_t rest = number % divisor;
  return rest < 0 ? rest + divisor : rest;
}

}  // namespace pgfeed
