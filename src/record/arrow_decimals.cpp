#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "record/arrow_columns.hpp"
#include "record/json_writer.hpp"

namespace pgfeed {
namespace {

// The digits of 2 to the power of 256; Arrow's longest precision is 76.
constexpr std::size_t kMostDigits = 78;

/// The size of a whole number, least significant 64 bits first, and its sign.
template <std::size_t words>
struct Whole {
  std::array<std::uint64_t, words> size{};
  bool negative = false;

  void negate() noexcept {
    bool carry = true;
    for (std::uint64_t& word : size) {
      word = ~word + (carry ? 1 : 0);
      carry = carry && word == 0;
    }
  }
};

/// The decimal at a place: of 32 or 64 bits in one word, of 128 in two, of 256 in four.
template <class Stored>
Whole<(sizeof(Stored) + 7) / 8> whole_at(const void* values, std::int64_t place) noexcept {
  const auto stored = arrow_element<Stored>(values, place);
  Whole<(sizeof(Stored) + 7) / 8> whole;
  if constexpr (sizeof(Stored) <= sizeof(std::int64_t)) {
    whole.size[0] = static_cast<std::uint64_t>(std::int64_t{stored});
  } else {
    whole.size = stored;
  }
  whole.negative = whole.size.back() >> 63 != 0;
  if (whole.negative) whole.negate();
  return whole;
}

constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;
constexpr int kChunkDigits = 19;

/// Divides the words by kChunk, the most significant of which is the last, and returns the remainder.
std::uint64_t divide(std::span<std::uint64_t> words) noexcept {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t rest = 0;
  for (std::size_t i = words.size(); i-- > 0;) {
    const Wide dividend = Wide{rest} << 64 | words[i];
    words[i] = static_cast<std::uint64_t>(dividend / kChunk);
    rest = static_cast<std::uint64_t>(dividend % kChunk);
  }
  return rest;
}

/// Writes a number's digits, `least` of them or more, so that they end at `end`; returns where they begin.
char* put_digits_before(char* end, std::uint64_t number, int least) noexcept {
  for (; number != 0 || least > 0; number /= 10, --least) *--end = static_cast<char>('0' + number % 10);
  return end;
}

char* put_whole_before(char* end, std::span<std::uint64_t> words) noexcept {
  for (;;) {
    while (words.size() > 1 && words.back() == 0) words = words.first(words.size() - 1);
    if (words.size() == 1 && words[0] < kChunk) return put_digits_before(end, words[0], 1);
    end = put_digits_before(end, divide(words), kChunkDigits);
  }
}

char* put_text(std::string_view text, char* at) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_zeros(std::size_t count, char* at) noexcept {
  std::memset(at, '0', count);
  return at + count;
}

/// Scales beyond this are written as powers of ten, so that a strange one makes no gigabyte of zeros.
constexpr std::int32_t kMostZeros = 76;
constexpr std::size_t kLongest = kMostDigits + kMostZeros + 16;

/// Writes `digits` times ten to the power of -`scale`.
char* put_scaled(std::string_view digits, std::int32_t scale, char* at) noexcept {
  if (scale == 0 || (digits == "0" && scale < 0)) return put_text(digits, at);
  if (scale > kMostZeros || scale < -kMostZeros) {
    *(at = put_text(digits, at)) = 'e';
    return std::to_chars(at + 1, at + 16, -std::int64_t{scale}).ptr;
  }
  if (scale < 0) return put_zeros(static_cast<std::size_t>(-scale), put_text(digits, at));
  const auto fraction = static_cast<std::size_t>(scale);
  const std::size_t whole = digits.size() > fraction ? digits.size() - fraction : 0;
  at = whole > 0 ? put_text(digits.substr(0, whole), at) : put_zeros(1, at);
  *at++ = '.';
  at = put_zeros(fraction - std::min(fraction, digits.size()), at);
  return put_text(digits.substr(whole), at);
}

template <class Stored>
class DecimalColumn final : public ArrowColumn {
 public:
  explicit DecimalColumn(std::int32_t scale) : scale_(scale) {}

 private:
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    auto whole = whole_at<Stored>(values_, place);
    std::array<char, kMostDigits> buffer;
    char* const end = buffer.data() + buffer.size();
    const char* const begin = put_whole_before(end, whole.size);
    const std::string_view digits(begin, static_cast<std::size_t>(end - begin));
    put_written(kLongest, out, [&](char* at) {
      if (whole.negative) *at++ = '-';
      return put_scaled(digits, scale_, at);
    });
  }

  const void* values_ = nullptr;
  std::int32_t scale_;
};

bool take_number(std::string_view& text, std::int32_t& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

}  // namespace

ArrowColumnHandle make_arrow_decimal(std::string_view format) {
  if (!format.starts_with("d:")) return nullptr;
  format.remove_prefix(2);
  std::int32_t precision = 0;
  std::int32_t scale = 0;
  if (!take_number(format, precision) || !format.starts_with(',')) return nullptr;
  format.remove_prefix(1);
  if (!take_number(format, scale)) return nullptr;
  if (format.empty() || format == ",128") return std::make_unique<DecimalColumn<std::array<std::uint64_t, 2>>>(scale);
  if (format == ",32") return std::make_unique<DecimalColumn<std::int32_t>>(scale);
  if (format == ",64") return std::make_unique<DecimalColumn<std::int64_t>>(scale);
  if (format == ",256") return std::make_unique<DecimalColumn<std::array<std::uint64_t, 4>>>(scale);
  return nullptr;
}

}  // namespace pgfeed
