#include "record/clock_text.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

namespace pgfeed {
namespace {

constexpr std::array<std::array<char, 2>, 100> kPairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i)
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return pairs;
}();

char* put_two(std::uint32_t number, char* at) noexcept {
  std::memcpy(at, kPairs[number].data(), 2);
  return at + 2;
}

char* put_six(std::uint32_t number, char* at) noexcept {
  return put_two(number % 100, put_two(number / 100 % 100, put_two(number / 10'000, at)));
}

char* put_three(std::uint32_t number, char* at) noexcept {
  *at = static_cast<char>('0' + number / 100);
  return put_two(number % 100, at + 1);
}

char* put_long(std::int64_t number, char* at) noexcept { return std::to_chars(at, at + kLongestClockText / 2, number).ptr; }

}  // namespace

// Years that begin in March have their leap day last, so that a month's place in the year is a straight line
// (howardhinnant.github.io/date_algorithms.html, civil_from_days).
CalendarDay calendar_day(std::int64_t days) noexcept {
  constexpr std::int64_t kEraDays = 146'097;
  const std::int64_t from_march = days + 719'468;
  const std::int64_t era = floor_division(from_march, kEraDays);
  const auto of_era = static_cast<unsigned>(from_march - era * kEraDays);
  const unsigned year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
  const unsigned month = (5 * of_year + 2) / 153;
  const bool next_year = month >= 10;
  return {era * 400 + year + (next_year ? 1 : 0), next_year ? month - 9 : month + 3, of_year - (153 * month + 2) / 5 + 1};
}

char* put_day(const CalendarDay& day, char* at) noexcept {
  const std::int64_t year = day.year > 0 ? day.year : 1 - day.year;
  if (year < 10'000) {
    const auto small = static_cast<std::uint32_t>(year);
    at = put_two(small % 100, put_two(small / 100, at));
  } else {
    at = put_long(year, at);
  }
  *at++ = '-';
  at = put_two(day.month, at);
  *at++ = '-';
  return put_two(day.day, at);
}

char* put_era(const CalendarDay& day, char* at) noexcept {
  constexpr std::string_view kEra = " BC";
  if (day.year > 0) return at;
  std::memcpy(at, kEra.data(), kEra.size());
  return at + kEra.size();
}

char* put_clock(std::int64_t seconds, char* at) noexcept {
  const std::int64_t hours = seconds / 3600;
  const auto rest = static_cast<std::uint32_t>(seconds % 3600);
  at = hours < 100 ? put_two(static_cast<std::uint32_t>(hours), at) : put_long(hours, at);
  *at++ = ':';
  at = put_two(rest / 60, at);
  *at++ = ':';
  return put_two(rest % 60, at);
}

char* put_fraction(std::int64_t nanos, char* at) noexcept {
  const auto number = static_cast<std::uint32_t>(nanos);
  *at = '.';
  at = put_six(number / 1000, at + 1);
  return number % 1000 == 0 ? at : put_three(number % 1000, at);
}

}  // namespace pgfeed
