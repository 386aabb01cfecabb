#include "encode/decimal.hpp"

#include <algorithm>
#include <limits>

#include "encode/ascii.hpp"

namespace pgfeed {
namespace {

// Far beyond what any type holds, and small enough that sums with the lengths of texts cannot overflow.
constexpr std::int64_t kExponentLimit = 1'000'000'000'000;

constexpr std::int64_t kNumericIntegerDigits = 131'072;
constexpr std::int64_t kNumericScale = 16'383;

std::string_view take_digits(std::string_view& text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take_sign(std::string_view& text, bool plus_allowed, bool& negative) noexcept {
  negative = !text.empty() && text.front() == '-';
  if (!negative && !(plus_allowed && !text.empty() && text.front() == '+')) return false;
  text.remove_prefix(1);
  return true;
}

bool take_exponent(std::string_view& text, std::int64_t& exponent) noexcept {
  text.remove_prefix(1);
  bool negative = false;
  take_sign(text, true, negative);
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return false;
  std::int64_t size = 0;
  for (const char c : digits) size = std::min(size * 10 + (c - '0'), kExponentLimit);
  exponent = negative ? -size : size;
  return true;
}

}  // namespace

Significance significance_of(const Decimal& number) noexcept {
  constexpr std::size_t npos = std::string_view::npos;
  Significance found;
  const std::size_t size = number.integer.size();
  const std::size_t first_whole = number.integer.find_first_not_of('0');
  const std::size_t first_fraction = number.fraction.find_first_not_of('0');
  if (first_whole == npos && first_fraction == npos) return found;
  found.zero = false;
  found.first = first_whole != npos ? first_whole : size + first_fraction;
  found.last = first_fraction != npos ? size + number.fraction.find_last_not_of('0') : number.integer.find_last_not_of('0');
  return found;
}

bool read_decimal(std::string_view text, NumberForm form, Decimal& number) noexcept {
  const bool strict = form == NumberForm::json;
  number = Decimal{};
  take_sign(text, !strict, number.negative);
  number.integer = take_digits(text);
  if (strict && (number.integer.empty() || (number.integer.size() > 1 && number.integer.front() == '0'))) return false;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    number.fraction = take_digits(text);
    if (strict && number.fraction.empty()) return false;
  }
  if (number.digits() == 0) return false;
  if (!text.empty() && (text.front() | 0x20) == 'e' && !take_exponent(text, number.exponent)) return false;
  return text.empty();
}

EncodeStatus decimal_of(const Value& value, Decimal& number) noexcept {
  bool read = false;
  if (value.kind == ValueKind::number) {
    read = read_decimal(value.text(), NumberForm::json, number);
  } else if (value.kind == ValueKind::string) {
    read = read_decimal(trimmed(value.text()), NumberForm::postgres, number);
  } else {
    return EncodeStatus::wrong_kind;
  }
  return read ? EncodeStatus::ok : EncodeStatus::bad_syntax;
}

bool is_json_number(std::string_view text) noexcept {
  Decimal number;
  return read_decimal(text, NumberForm::json, number);
}

EncodeStatus to_int64(const Decimal& number, std::int64_t shift, std::int64_t& whole) noexcept {
  constexpr std::int64_t kMostDigits = std::numeric_limits<std::int64_t>::digits10 + 1;
  whole = 0;
  const Significance found = significance_of(number);
  if (found.zero) return EncodeStatus::ok;
  const std::int64_t highest = number.power_of(found.first) + shift;
  const std::int64_t lowest = number.power_of(found.last) + shift;
  if (highest >= kMostDigits) return EncodeStatus::out_of_range;
  if (lowest < 0) return EncodeStatus::inexact;
  // Nineteen digits fit 64 bits without a sign, so only the last comparison can fail.
  std::uint64_t size = 0;
  for (std::size_t place = found.first; place <= found.last; ++place) {
    size = size * 10 + static_cast<std::uint64_t>(number.digit(place));
  }
  for (std::int64_t power = 0; power < lowest; ++power) size *= 10;
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (size > (number.negative ? limit : limit - 1)) return EncodeStatus::out_of_range;
  whole = static_cast<std::int64_t>(number.negative ? 0 - size : size);
  return EncodeStatus::ok;
}

std::int64_t display_scale(const Decimal& number) noexcept {
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(number.fraction.size()) - number.exponent);
}

bool fits_numeric(const Decimal& number) noexcept {
  const Significance found = significance_of(number);
  const bool whole_fits = found.zero || number.power_of(found.first) < kNumericIntegerDigits;
  return whole_fits && display_scale(number) <= kNumericScale;
}

}  // namespace pgfeed
