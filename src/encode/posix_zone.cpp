#include "encode/posix_zone.hpp"

#include "encode/ascii.hpp"
#include "encode/moment.hpp"
#include "encode/time_scan.hpp"

namespace pgfeed {
namespace {

constexpr std::int64_t kThursday = 4;  // 1970-01-01, where Sunday is 0

// `EST`, or anything between `<` and `>`.
bool take_zone_letters(TimeScan& scan) noexcept {
  std::size_t count = 0;
  if (scan.take('<')) {
    for (; !scan.done() && scan.peek() != '>'; ++count) scan.skip(1);
    return count >= 3 && scan.take('>');
  }
  for (; is_letter(scan.peek()); ++count) scan.skip(1);
  return count >= 3;
}

// `-3`, `+05:30`, `167:00:00`; east or west is the caller's.
bool take_clock(TimeScan& scan, std::int32_t& seconds) noexcept {
  const bool negative = scan.peek() == '-';
  if (!scan.take('-')) scan.take('+');
  int hours = 0;
  int minutes = 0;
  int rest = 0;
  if (!scan.take_number(1, 3, hours)) return false;
  if (scan.take(':') && !scan.take_number(1, 2, minutes)) return false;
  if (scan.take(':') && !scan.take_number(1, 2, rest)) return false;
  if (hours > 167 || minutes > 59 || rest > 59) return false;
  seconds = hours * 3600 + minutes * 60 + rest;
  if (negative) seconds = -seconds;
  return true;
}

bool take_day(TimeScan& scan, PosixZone::Day& day) noexcept {
  using Form = PosixZone::Day::Form;
  bool read = false;
  if (scan.take('M')) {
    day.form = Form::month_week;
    read = scan.take_number(1, 2, day.month) && scan.take('.') && scan.take_number(1, 1, day.week) && scan.take('.') &&
           scan.take_number(1, 1, day.weekday) && day.month >= 1 && day.month <= 12 && day.week >= 1 && day.week <= 5 &&
           day.weekday <= 6;
  } else {
    day.form = scan.take('J') ? Form::julian : Form::day_of_year;
    read = scan.take_number(1, 3, day.day) && day.day <= 365 && (day.form == Form::day_of_year || day.day >= 1);
  }
  return read && (!scan.take('/') || take_clock(scan, day.second));
}

// Days from 1970-01-01 to the day that a rule names in a year.
std::int64_t day_in_year(const PosixZone::Day& day, std::int64_t year) noexcept {
  using Form = PosixZone::Day::Form;
  const std::int64_t new_year = days_of(year, 1, 1) + kEpochDays;
  if (day.form == Form::day_of_year) return new_year + day.day;
  if (day.form == Form::julian) return new_year + day.day - (is_leap_year(year) && day.day >= 60 ? 0 : 1);
  const std::int64_t first = days_of(year, day.month, 1) + kEpochDays;
  const std::int64_t weekday = ((first + kThursday) % 7 + 7) % 7;
  std::int64_t of_month = (day.weekday - weekday + 7) % 7 + (day.week - 1) * 7;
  if (of_month >= days_in_month(year, day.month)) of_month -= 7;
  return first + of_month;
}

}  // namespace

std::int64_t PosixZone::start_of_summer(std::int64_t year) const noexcept {
  return day_in_year(to_summer, year) * kSecondsPerDay + to_summer.second - standard;
}

std::int64_t PosixZone::end_of_summer(std::int64_t year) const noexcept {
  return day_in_year(to_standard, year) * kSecondsPerDay + to_standard.second - summer;
}

std::optional<PosixZone> read_posix_zone(std::string_view text) noexcept {
  TimeScan scan(text);
  PosixZone zone;
  std::int32_t west = 0;  // POSIX counts to the west
  if (!take_zone_letters(scan) || !take_clock(scan, west)) return std::nullopt;
  zone.standard = -west;
  if (scan.done()) return zone;
  zone.has_summer = true;
  zone.summer = zone.standard + 3600;
  if (!take_zone_letters(scan)) return std::nullopt;
  if (scan.peek() != ',') {
    if (!take_clock(scan, west)) return std::nullopt;
    zone.summer = -west;
  }
  const bool rules = scan.take(',') && take_day(scan, zone.to_summer) && scan.take(',') && take_day(scan, zone.to_standard);
  if (!rules || !scan.done()) return std::nullopt;
  return zone;
}

}  // namespace pgfeed
