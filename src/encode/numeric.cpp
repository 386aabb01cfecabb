#include <algorithm>

#include "encode/ascii.hpp"
#include "encode/decimal.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

// numeric.c: numeric_send, numeric_recv.
enum Sign : std::uint16_t {
  kPositive = 0x0000,
  kNegative = 0x4000,
  kNaN = 0xC000,
  kInfinity = 0xD000,
  kMinusInfinity = 0xF000
};

constexpr std::int64_t kDigitsPerGroup = 4;  // a group is one digit of base 10,000

struct Limits {
  bool given = false;
  std::int64_t precision = 0;
  std::int64_t scale = 0;
};

// numeric.c: numeric_typmod_precision, numeric_typmod_scale. The scale has eleven bits with a sign since PostgreSQL 15,
// before it was below 1,001, which reads the same.
Limits limits_of(std::int32_t modifier) {
  if (modifier < 4) return {};
  const std::int32_t packed = modifier - 4;
  return {true, (packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024};
}

std::int64_t group_of(std::int64_t power) {
  return power >= 0 ? power / kDigitsPerGroup : -((-power + kDigitsPerGroup - 1) / kDigitsPerGroup);
}

std::int16_t group_value(const Decimal& number, std::int64_t group) {
  const std::int64_t top = number.power_of(0);
  const auto digits = static_cast<std::int64_t>(number.digits());
  std::int64_t place = top - (group * kDigitsPerGroup + kDigitsPerGroup - 1);
  int value = 0;
  for (std::int64_t i = 0; i < kDigitsPerGroup; ++i, ++place) {
    value = value * 10 + (place >= 0 && place < digits ? number.digit(static_cast<std::size_t>(place)) : 0);
  }
  return static_cast<std::int16_t>(value);
}

void put_head(ByteBuffer& out, std::int64_t groups, std::int64_t weight, Sign sign, std::int64_t scale) {
  out.put_int(static_cast<std::uint16_t>(groups));
  out.put_int(static_cast<std::int16_t>(weight));
  out.put_int(static_cast<std::uint16_t>(sign));
  out.put_int(static_cast<std::uint16_t>(scale));
}

class NumericEncoder final : public Encoder {
 public:
  explicit NumericEncoder(std::int32_t modifier) : limits_(limits_of(modifier)) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    if (value.kind == ValueKind::string && !value.text().empty()) {
      Sign special = kPositive;
      if (read_special(trimmed(value.text()), special)) return put_special(special, out);
    }
    Decimal number;
    EncodeStatus status = decimal_of(value, number);
    if (status != EncodeStatus::ok) return status;
    const Significance found = significance_of(number);
    status = check(number, found);
    if (status == EncodeStatus::ok) put(number, found, out);
    return status;
  }

 private:
  static bool read_special(std::string_view text, Sign& special) noexcept {
    if (equals_word(text, "nan")) {
      special = kNaN;
      return true;
    }
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    special = negative ? kMinusInfinity : kInfinity;
    return equals_word(text, "infinity") || equals_word(text, "inf");
  }

  EncodeStatus put_special(Sign special, ByteBuffer& out) const {
    // A precision bounds the size, so only NaN is left.
    if (limits_.given && special != kNaN) return EncodeStatus::out_of_range;
    OpenField field(out);
    put_head(out, 0, 0, special, 0);
    field.close();
    return EncodeStatus::ok;
  }

  EncodeStatus check(const Decimal& number, const Significance& found) const noexcept {
    if (!limits_.given) return fits_numeric(number) ? EncodeStatus::ok : EncodeStatus::out_of_range;
    if (found.zero) return EncodeStatus::ok;
    if (number.power_of(found.first) >= limits_.precision - limits_.scale) return EncodeStatus::out_of_range;
    return number.power_of(found.last) < -limits_.scale ? EncodeStatus::inexact : EncodeStatus::ok;
  }

  void put(const Decimal& number, const Significance& found, ByteBuffer& out) const {
    const std::int64_t scale = limits_.given ? std::max<std::int64_t>(limits_.scale, 0) : display_scale(number);
    OpenField field(out);
    if (found.zero) {
      put_head(out, 0, 0, kPositive, scale);
    } else {
      const std::int64_t weight = group_of(number.power_of(found.first));
      const std::int64_t lowest = group_of(number.power_of(found.last));
      put_head(out, weight - lowest + 1, weight, number.negative ? kNegative : kPositive, scale);
      for (std::int64_t group = weight; group >= lowest; --group) out.put_int(group_value(number, group));
    }
    field.close();
  }

  Limits limits_;
};

}  // namespace

EncoderHandle make_numeric_encoder(std::int32_t modifier) { return std::make_unique<NumericEncoder>(modifier); }

}  // namespace pgfeed
