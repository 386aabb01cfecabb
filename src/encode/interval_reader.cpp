#include "encode/interval_reader.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "encode/ascii.hpp"
#include "encode/time_scan.hpp"

namespace pgfeed {
namespace {

// Fractions are kept as whole hundred-millionths: a day of them, in microseconds, still fits 64 bits.
constexpr int kFractionDigits = 8;
constexpr std::int64_t kFractionUnit = 100'000'000;

struct Quantity {
  bool negative = false;
  std::int64_t whole = 0;
  std::int64_t fraction = 0;  // in 1 / kFractionUnit
  bool finer = false;         // there were more digits
};

struct Unit {
  enum class Base : std::uint8_t { micros, days, months };
  Base base;
  std::int64_t size;  // in its base
};

struct NamedUnit {
  std::string_view name;
  Unit unit;
};

using Base = Unit::Base;
constexpr Unit kYear{Base::months, 12};
constexpr Unit kMonth{Base::months, 1};
constexpr Unit kWeek{Base::days, 7};
constexpr Unit kDay{Base::days, 1};
constexpr Unit kHour{Base::micros, kMicrosPerHour};
constexpr Unit kMinute{Base::micros, kMicrosPerMinute};
constexpr Unit kSecond{Base::micros, kMicrosPerSecond};
constexpr Unit kMillisecond{Base::micros, 1000};
constexpr Unit kMicrosecond{Base::micros, 1};

// PostgreSQL's spellings (datetime.c, deltatktbl); a plural's `s` is tried besides.
constexpr std::array<NamedUnit, 32> kUnits{{
    {"c", {Base::months, 1200}},
    {"cent", {Base::months, 1200}},
    {"century", {Base::months, 1200}},
    {"centuries", {Base::months, 1200}},
    {"d", kDay},
    {"day", kDay},
    {"dec", {Base::months, 120}},
    {"decade", {Base::months, 120}},
    {"h", kHour},
    {"hour", kHour},
    {"hr", kHour},
    {"m", kMinute},
    {"microsecond", kMicrosecond},
    {"mil", {Base::months, 12000}},
    {"millennium", {Base::months, 12000}},
    {"millennia", {Base::months, 12000}},
    {"millisecond", kMillisecond},
    {"min", kMinute},
    {"minute", kMinute},
    {"mon", kMonth},
    {"month", kMonth},
    {"msec", kMillisecond},
    {"ms", kMillisecond},
    {"sec", kSecond},
    {"second", kSecond},
    {"s", kSecond},
    {"us", kMicrosecond},
    {"usec", kMicrosecond},
    {"w", kWeek},
    {"week", kWeek},
    {"y", kYear},
    {"year", kYear},
}};

bool add_to(std::int32_t& sum, std::int64_t number) noexcept {
  std::int64_t total = 0;
  if (__builtin_add_overflow(std::int64_t{sum}, number, &total)) return false;
  using Limits = std::numeric_limits<std::int32_t>;
  if (total < Limits::min() || total > Limits::max()) return false;
  sum = static_cast<std::int32_t>(total);
  return true;
}

EncodeStatus add_micros(const Quantity& quantity, std::int64_t unit, std::int64_t whole, Interval& interval) noexcept {
  const std::int64_t part = quantity.fraction * unit;
  if (quantity.finer || part % kFractionUnit != 0) return EncodeStatus::inexact;
  std::int64_t micros = 0;
  const std::int64_t fraction = part / kFractionUnit;
  const bool overflow = __builtin_mul_overflow(whole, unit, &micros) ||
                        __builtin_add_overflow(micros, quantity.negative ? -fraction : fraction, &micros) ||
                        __builtin_add_overflow(interval.micros, micros, &interval.micros);
  return overflow ? EncodeStatus::out_of_range : EncodeStatus::ok;
}

EncodeStatus add(const Quantity& quantity, const Unit& unit, Interval& interval) noexcept {
  const std::int64_t whole = quantity.negative ? -quantity.whole : quantity.whole;
  if (unit.base == Base::micros) return add_micros(quantity, unit.size, whole, interval);
  std::int64_t number = 0;
  if (__builtin_mul_overflow(whole, unit.size, &number)) return EncodeStatus::out_of_range;
  const std::int64_t part = quantity.fraction * unit.size;
  const std::int64_t whole_part = part / kFractionUnit;
  if (__builtin_add_overflow(number, quantity.negative ? -whole_part : whole_part, &number))
    return EncodeStatus::out_of_range;
  if (!add_to(unit.base == Base::days ? interval.days : interval.months, number)) return EncodeStatus::out_of_range;
  const Quantity rest{quantity.negative, 0, part % kFractionUnit, quantity.finer};
  if (unit.base == Base::days) return add_micros(rest, kMicrosPerDay, 0, interval);
  return rest.fraction != 0 || rest.finer ? EncodeStatus::inexact : EncodeStatus::ok;
}

bool take_sign(TimeScan& scan, bool& negative) noexcept {
  negative = scan.peek() == '-';
  return scan.take('-') || scan.take('+');
}

bool take_whole(TimeScan& scan, std::int64_t& whole) noexcept {
  int count = 0;
  for (; is_digit(scan.peek()); scan.skip(1), ++count) {
    if (count == std::numeric_limits<std::int64_t>::digits10) return false;
    whole = whole * 10 + (scan.peek() - '0');
  }
  return count > 0;
}

bool take_fraction(TimeScan& scan, Quantity& quantity) noexcept {
  int count = 0;
  for (; is_digit(scan.peek()); scan.skip(1), ++count) {
    if (count < kFractionDigits) quantity.fraction = quantity.fraction * 10 + (scan.peek() - '0');
    if (count >= kFractionDigits && scan.peek() != '0') quantity.finer = true;
  }
  for (int i = count; i < kFractionDigits; ++i) quantity.fraction *= 10;
  return count > 0;
}

bool take_quantity(TimeScan& scan, Quantity& quantity) noexcept {
  take_sign(scan, quantity.negative);
  const bool has_whole = take_whole(scan, quantity.whole);
  if (!scan.take('.') && !scan.take(',')) return has_whole;
  return take_fraction(scan, quantity);
}

// ISO 8601, section 5.5.2.2: years, months, weeks, days, then after T hours, minutes, seconds; each once, in this order.
EncodeStatus read_iso(TimeScan scan, Interval& interval) noexcept {
  struct Designator {
    char letter;
    Unit unit;
  };
  constexpr std::array<Designator, 7> designators{
      {{'Y', kYear}, {'M', kMonth}, {'W', kWeek}, {'D', kDay}, {'H', kHour}, {'M', kMinute}, {'S', kSecond}}};
  constexpr std::size_t kFirstOfTime = 4;
  bool in_time = false;
  std::size_t next = 0;
  if (scan.done()) return EncodeStatus::bad_syntax;
  while (!scan.done()) {
    if (!in_time && scan.take('T')) {
      in_time = true;
      next = kFirstOfTime;
    }
    Quantity quantity;
    if (!take_quantity(scan, quantity)) return EncodeStatus::bad_syntax;
    const std::size_t end = in_time ? designators.size() : kFirstOfTime;
    while (next < end && !scan.take(designators[next].letter)) ++next;
    if (next == end) return EncodeStatus::bad_syntax;
    const EncodeStatus status = add(quantity, designators[next].unit, interval);
    if (status != EncodeStatus::ok) return status;
    ++next;
  }
  return EncodeStatus::ok;
}

// `:03`, `:03:04`, `:03:04.5` after a number of hours.
EncodeStatus take_clock(TimeScan& scan, const Quantity& hours, Interval& interval) noexcept {
  int minutes = 0;
  int seconds = 0;
  int micros = 0;
  bool finer = false;
  scan.take(':');
  if (hours.fraction != 0 || !scan.take_two(minutes)) return EncodeStatus::bad_syntax;
  if (scan.take(':')) {
    if (!scan.take_two(seconds)) return EncodeStatus::bad_syntax;
    if (scan.take('.') && !scan.take_fraction(micros, finer)) return EncodeStatus::bad_syntax;
  }
  if (minutes > 59 || seconds > 59) return EncodeStatus::out_of_range;
  if (finer) return EncodeStatus::inexact;
  const Quantity rest{hours.negative, minutes * kMicrosPerMinute + seconds * kMicrosPerSecond + micros, 0, false};
  const EncodeStatus status = add(hours, kHour, interval);
  return status == EncodeStatus::ok ? add(rest, kMicrosecond, interval) : status;
}

const Unit* unit_named(std::string_view word) noexcept {
  const auto is = [](std::string_view candidate) {
    return [candidate](const NamedUnit& unit) { return equals_word(candidate, unit.name); };
  };
  auto found = std::ranges::find_if(kUnits, is(word));
  if (found == kUnits.end() && word.size() > 2 && lower(word.back()) == 's') {
    found = std::ranges::find_if(kUnits, is(word.substr(0, word.size() - 1)));
  }
  return found != kUnits.end() ? &found->unit : nullptr;
}

std::string_view take_letters(TimeScan& scan) noexcept {
  const std::string_view rest = scan.rest();
  const auto end = std::ranges::find_if_not(rest, is_letter);
  const auto size = static_cast<std::size_t>(end - rest.begin());
  scan.skip(size);
  return rest.substr(0, size);
}

// A quantity with its unit, or a time. A number alone is days before a time, and else seconds.
EncodeStatus take_part(TimeScan& scan, Interval& interval) noexcept {
  Quantity quantity;
  if (!take_quantity(scan, quantity)) return EncodeStatus::bad_syntax;
  if (scan.peek() == ':') return take_clock(scan, quantity, interval);
  scan.skip_spaces();
  if (scan.done()) return add(quantity, kSecond, interval);
  const std::string_view word = take_letters(scan);
  if (word.empty()) {
    const bool before_time = scan.rest().find(':') != std::string_view::npos;
    return before_time ? add(quantity, kDay, interval) : EncodeStatus::bad_syntax;
  }
  const Unit* unit = unit_named(word);
  return unit != nullptr ? add(quantity, *unit, interval) : EncodeStatus::bad_syntax;
}

bool negate(Interval& interval) noexcept {
  return !__builtin_sub_overflow(std::int64_t{0}, interval.micros, &interval.micros) &&
         !__builtin_sub_overflow(0, interval.days, &interval.days) &&
         !__builtin_sub_overflow(0, interval.months, &interval.months);
}

}  // namespace

EncodeStatus read_interval(std::string_view text, Interval& interval) noexcept {
  interval = Interval{};
  TimeScan scan(trimmed(text));
  if (scan.take('P')) return read_iso(scan, interval);
  if (scan.rest().starts_with("-P")) {
    scan.skip(2);
    const EncodeStatus status = read_iso(scan, interval);
    return status != EncodeStatus::ok || negate(interval) ? status : EncodeStatus::out_of_range;
  }
  scan.take('@');
  scan.skip_spaces();
  do {
    const EncodeStatus status = take_part(scan, interval);
    if (status != EncodeStatus::ok) return status;
    scan.skip_spaces();
    if (equals_word(scan.rest(), "ago")) return negate(interval) ? EncodeStatus::ok : EncodeStatus::out_of_range;
  } while (!scan.done());
  return EncodeStatus::ok;
}

}  // namespace pgfeed
