#pragma once

#include <cstdint>
#include <string_view>

#include "encode/encoder.hpp"

namespace pgfeed {

/// A decimal number as it is written: sign, digits, a point, a power of ten. Points into the text it was read from.
struct Decimal {
  bool negative = false;
  std::string_view integer;   ///< digits before the point, perhaps with leading zeros, perhaps empty
  std::string_view fraction;  ///< digits after the point, perhaps empty
  std::int64_t exponent = 0;  ///< saturates far beyond any type's range

  [[nodiscard]] std::size_t digits() const noexcept { return integer.size() + fraction.size(); }
  /// The digit at a place of integer and fraction together, as a number.
  [[nodiscard]] int digit(std::size_t place) const noexcept {
    return (place < integer.size() ? integer[place] : fraction[place - integer.size()]) - '0';
  }
  /// The power of ten that the digit at a place stands for.
  [[nodiscard]] std::int64_t power_of(std::size_t place) const noexcept {
    return static_cast<std::int64_t>(integer.size()) + exponent - 1 - static_cast<std::int64_t>(place);
  }
};

/// The first and the last digit of a number that are not zero.
struct Significance {
  bool zero = true;
  std::size_t first = 0;  ///< places, as in Decimal::digit
  std::size_t last = 0;
};
Significance significance_of(const Decimal& number) noexcept;

enum class NumberForm : std::uint8_t {
  json,      ///< RFC 8259, section 6
  postgres,  ///< also a plus sign, leading zeros, and `.5` or `5.`
};

/// Reads a whole text as a number. False: it is none.
bool read_decimal(std::string_view text, NumberForm form, Decimal& number) noexcept;
/// The number that a value is: a JSON number, or a string that PostgreSQL would take, spaces around it allowed.
EncodeStatus decimal_of(const Value& value, Decimal& number) noexcept;
bool is_json_number(std::string_view text) noexcept;

/// `number` times ten to the power `shift`, where that is a whole number that fits.
EncodeStatus to_int64(const Decimal& number, std::int64_t shift, std::int64_t& whole) noexcept;

/// Digits after the point that PostgreSQL's numeric shows for this spelling.
std::int64_t display_scale(const Decimal& number) noexcept;
/// Whether PostgreSQL's numeric holds it: 131,072 digits before the point and 16,383 after
/// (https://www.postgresql.org/docs/current/datatype-numeric.html).
bool fits_numeric(const Decimal& number) noexcept;

}  // namespace pgfeed
