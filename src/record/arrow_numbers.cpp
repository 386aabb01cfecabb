#include <cmath>
#include <limits>

#include "record/arrow_columns.hpp"
#include "record/json_writer.hpp"

namespace pgfeed {
namespace {

class NullColumn final : public ArrowColumn {
  void bind_values(const ArrowArray&) override {}
  void write(std::int64_t, PaddedBytes& out) const override { out.put("null"); }
};

class BooleanColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { bits_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override { out.put(arrow_bit(bits_, place) ? "true" : "false"); }

  const void* bits_ = nullptr;
};

template <class Integer>
class IntegerColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    put_number(arrow_element<Integer>(values_, place), out);
  }

  const void* values_ = nullptr;
};

struct HalfFloat {
  std::uint16_t bits;

  // IEEE 754-2019, table 3.5. A float holds each of them exactly.
  explicit operator float() const noexcept {
    constexpr int kFractionBits = 10;
    constexpr int kBias = 15;
    constexpr int kSpecial = 31;
    const int exponent = bits >> kFractionBits & 0x1f;
    const int fraction = bits & 0x3ff;
    using Limits = std::numeric_limits<float>;
    float size = 0;
    if (exponent == kSpecial) {
      size = fraction == 0 ? Limits::infinity() : Limits::quiet_NaN();
    } else if (exponent == 0) {
      size = std::ldexp(static_cast<float>(fraction), 1 - kBias - kFractionBits);
    } else {
      size = std::ldexp(static_cast<float>(fraction + (1 << kFractionBits)), exponent - kBias - kFractionBits);
    }
    return (bits & 0x8000) != 0 ? -size : size;
  }
};

/// Whether an integer's digits are read back as the same float, and not zero, which has a sign. They are written faster, and
/// never as `1e+05`.
template <class Float>
bool is_whole(Float number) noexcept {
  constexpr auto kEnd = static_cast<Float>(std::int64_t{1} << std::numeric_limits<Float>::digits);
  return number > -kEnd && number < kEnd && number != 0 && static_cast<Float>(static_cast<std::int64_t>(number)) == number;
}

template <class Stored, class Float>
class FloatColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    const auto number = static_cast<Float>(arrow_element<Stored>(values_, place));
    if (is_whole(number)) return put_number(static_cast<std::int64_t>(number), out);
    if (std::isfinite(number)) return put_number(number, out);
    out.put(std::isnan(number) ? R"("NaN")" : number > 0 ? R"("Infinity")" : R"("-Infinity")");
  }

  const void* values_ = nullptr;
};

}  // namespace

ArrowColumnHandle make_arrow_number(std::string_view format) {
  if (format.size() != 1) return nullptr;
  switch (format.front()) {
    case 'n': return std::make_unique<NullColumn>();
    case 'b': return std::make_unique<BooleanColumn>();
    case 'c': return std::make_unique<IntegerColumn<std::int8_t>>();
    case 'C': return std::make_unique<IntegerColumn<std::uint8_t>>();
    case 's': return std::make_unique<IntegerColumn<std::int16_t>>();
    case 'S': return std::make_unique<IntegerColumn<std::uint16_t>>();
    case 'i': return std::make_unique<IntegerColumn<std::int32_t>>();
    case 'I': return std::make_unique<IntegerColumn<std::uint32_t>>();
    case 'l': return std::make_unique<IntegerColumn<std::int64_t>>();
    case 'L': return std::make_unique<IntegerColumn<std::uint64_t>>();
    case 'e': return std::make_unique<FloatColumn<HalfFloat, float>>();
    case 'f': return std::make_unique<FloatColumn<float, float>>();
    case 'g': return std::make_unique<FloatColumn<double, double>>();
    default: return nullptr;
  }
}

}  // namespace pgfeed
