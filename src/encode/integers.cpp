#include <bit>
#include <cstring>
#include <limits>

#include "encode/ascii.hpp"
#include "encode/decimal.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

// Nineteen digits fit an unsigned integer of 64 bits, whatever they are.
constexpr std::size_t kSafeDigits = 19;

// Eight digits at once, for ids, which have eighteen or so.
bool read_eight(const char* at, std::uint64_t& number) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, at, sizeof chunk);
  constexpr std::uint64_t kZeros = 0x3030303030303030;
  // A digit's high half is 3, and stays 3 when 6 is added.
  const std::uint64_t high = 0xF0F0F0F0F0F0F0F0;
  if ((chunk & high) != kZeros || ((chunk + 0x0606060606060606) & high) != kZeros) return false;
  chunk -= kZeros;
  chunk = chunk * 10 + (chunk >> 8);  // pairs, in every other byte
  constexpr std::uint64_t kMask = 0x000000FF000000FF;
  number = ((chunk & kMask) * 0x000F424000000064 + (chunk >> 16 & kMask) * 0x0000271000000001) >> 32;
  return true;
}

// Digits with a minus sign at most and no zero in front: nearly every integer there is. False: anything else.
bool read_plain(std::string_view text, std::int64_t& number) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const auto count = static_cast<std::size_t>(end - at);
  if (count == 0 || count > kSafeDigits || (*at == '0' && count > 1)) return false;
  std::uint64_t size = 0;
  for (; end - at >= 8; at += 8) {
    std::uint64_t eight = 0;
    if (!read_eight(at, eight)) return false;
    size = size * 100'000'000 + eight;
  }
  for (; at != end; ++at) {
    if (!is_digit(*at)) return false;
    size = size * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  if (size > (negative ? kLimit : kLimit - 1)) return false;
  number = static_cast<std::int64_t>(negative ? 0 - size : size);
  return true;
}

EncodeStatus integer_of(const Value& value, std::int64_t& number) noexcept {
  if (value.kind != ValueKind::number && value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
  if (read_plain(value.text(), number)) return EncodeStatus::ok;
  Decimal decimal;
  const EncodeStatus status = decimal_of(value, decimal);
  return status == EncodeStatus::ok ? to_int64(decimal, 0, number) : status;
}

template <class Integer>
class IntegerEncoder final : public Encoder {
 public:
  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    std::int64_t number = 0;
    const EncodeStatus status = integer_of(value, number);
    if (status != EncodeStatus::ok) return status;
    using Limits = std::numeric_limits<Integer>;
    if (number < Limits::min() || number > Limits::max()) return EncodeStatus::out_of_range;
    put_integer_field(out, static_cast<Integer>(number));
    return EncodeStatus::ok;
  }
};

}  // namespace

EncoderHandle make_integer_encoder(TypeKind kind) {
  if (kind == TypeKind::int2) return std::make_unique<IntegerEncoder<std::int16_t>>();
  if (kind == TypeKind::int4) return std::make_unique<IntegerEncoder<std::int32_t>>();
  return std::make_unique<IntegerEncoder<std::int64_t>>();
}

}  // namespace pgfeed
