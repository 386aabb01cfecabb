#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "encode/ascii.hpp"
#include "encode/decimal.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

template <class Float>
bool read_special(std::string_view text, Float& number) noexcept {
  using Limits = std::numeric_limits<Float>;
  if (equals_word(text, "nan")) {
    number = Limits::quiet_NaN();
    return true;
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!equals_word(text, "infinity") && !equals_word(text, "inf")) return false;
  number = negative ? -Limits::infinity() : Limits::infinity();
  return true;
}

template <class Float>
EncodeStatus float_of(const Value& value, Float& number) noexcept {
  std::string_view text = value.text();
  if (value.kind == ValueKind::string) {
    text = trimmed(text);
    if (read_special(text, number)) return EncodeStatus::ok;
  }
  Decimal decimal;
  const EncodeStatus status = decimal_of(value, decimal);
  if (status != EncodeStatus::ok) return status;
  if (text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || std::isinf(number)) return EncodeStatus::out_of_range;
  // PostgreSQL refuses a number that is not zero and becomes zero; subnormal numbers are fine.
  if (number == 0 && !significance_of(decimal).zero) return EncodeStatus::out_of_range;
  return EncodeStatus::ok;
}

template <class Float, class Bits>
class FloatEncoder final : public Encoder {
 public:
  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    Float number = 0;
    const EncodeStatus status = float_of(value, number);
    if (status == EncodeStatus::ok) put_integer_field(out, std::bit_cast<Bits>(number));
    return status;
  }
};

}  // namespace

EncoderHandle make_float_encoder(TypeKind kind) {
  // Read as float at once: by way of double, some numbers would be rounded twice.
  if (kind == TypeKind::float4) return std::make_unique<FloatEncoder<float, std::uint32_t>>();
  return std::make_unique<FloatEncoder<double, std::uint64_t>>();
}

}  // namespace pgfeed
