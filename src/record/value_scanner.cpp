#include "record/value_scanner.hpp"

#include <bit>
#include <cstring>

#include "record/plain_bytes.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace pgfeed {
namespace {

constexpr std::size_t kBlock = 64;

/// One bit for each of 64 bytes, the first byte's lowest.
struct BlockMasks {
  std::uint64_t quote = 0;
  std::uint64_t backslash = 0;
  std::uint64_t open = 0;
  std::uint64_t close = 0;
};

#ifdef __SSE2__
BlockMasks classify(const char* at) noexcept {
  BlockMasks masks;
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // [ and { fall together, and ] and }
    const auto mask = [i](__m128i equal) {
      return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(equal))) << i;
    };
    masks.quote |= mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    masks.backslash |= mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    masks.open |= mask(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')));
    masks.close |= mask(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
  }
  return masks;
}
#else
BlockMasks classify(const char* at) noexcept {
  BlockMasks masks;
  for (unsigned i = 0; i < kBlock; ++i) {
    const char byte = at[i];
    masks.quote |= std::uint64_t{byte == '"'} << i;
    masks.backslash |= std::uint64_t{byte == '\\'} << i;
    masks.open |= std::uint64_t{byte == '{' || byte == '['} << i;
    masks.close |= std::uint64_t{byte == '}' || byte == ']'} << i;
  }
  return masks;
}
#endif

/// One bit for each line break among 64 bytes.
std::uint64_t newlines(const char* at) noexcept {
  std::uint64_t mask = 0;
#ifdef __SSE2__
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const int equal = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
    mask |= static_cast<std::uint64_t>(static_cast<unsigned>(equal)) << i;
  }
#else
  for (unsigned i = 0; i < kBlock; ++i) mask |= std::uint64_t{at[i] == '\n'} << i;
#endif
  return mask;
}

/// The last byte of [begin, end) that is not white space, or `none`.
char last_visible(const char* begin, const char* end, char none) noexcept {
  while (end != begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')) --end;
  return end == begin ? none : end[-1];
}

/// Each bit becomes the parity of itself and all lower ones: between quotes, ones.
std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// The bytes that follow a backslash that is not itself escaped. `overflow` is in and out: whether the first byte is one,
/// whether the byte after the block is.
std::uint64_t escaped_bytes(std::uint64_t backslashes, bool& overflow) noexcept {
  std::uint64_t escaped = overflow ? 1 : 0;
  overflow = false;
  backslashes &= ~escaped;
  while (backslashes != 0) {
    const int at = std::countr_zero(backslashes);
    overflow = at == 63;
    const std::uint64_t next = overflow ? 0 : std::uint64_t{2} << at;
    escaped |= next;
    backslashes &= (backslashes - 1) & ~next;
  }
  return escaped;
}

bool ends_scalar(char byte) noexcept {
  switch (byte) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ',':
    case ':':
    case '[':
    case ']':
    case '{':
    case '}':
    case '"': return true;
    default: return false;
  }
}

}  // namespace

std::uint64_t count_newlines(std::string_view bytes) noexcept {
  std::uint64_t count = 0;
  const char* at = bytes.data();
  const char* end = at + bytes.size();
#ifdef __SSE2__
  const __m128i newline = _mm_set1_epi8('\n');
  while (end - at >= 16) {
    // A lane counts down from 0 and can hold 255 of them before the sums are taken.
    __m128i lanes = _mm_setzero_si128();
    for (int i = 0; i < 255 && end - at >= 16; ++i, at += 16) {
      lanes = _mm_sub_epi8(lanes, _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), newline));
    }
    const __m128i sums = _mm_sad_epu8(lanes, _mm_setzero_si128());
    count += static_cast<std::uint64_t>(_mm_cvtsi128_si32(sums)) + static_cast<std::uint64_t>(_mm_extract_epi16(sums, 4));
  }
#endif
  for (; at != end; ++at) count += *at == '\n' ? 1U : 0U;
  return count;
}

void ValueScanner::begin(char first, bool gives_up) noexcept {
  *this = ValueScanner();
  gives_up_ = gives_up;
  if (first == '{' || first == '[') kind_ = Kind::container;
  if (first == '"') kind_ = Kind::string;
}

const char* ValueScanner::scan(const char* at, const char* end) noexcept {
  if (kind_ == Kind::container) return scan_container(at, end);
  if (kind_ == Kind::string) return scan_string(at, end);
  while (at != end && !ends_scalar(*at)) ++at;
  return at != end ? at : nullptr;
}

/// Whether a value can begin at `at`, inside an object or array.
bool ValueScanner::may_stand_at(const char* at) const noexcept {
  const char last = last_visible(piece_, at, before_piece_);
  return last == '[' || last == ',' || last == ':';
}

/// The bit of the first `{` that begins a line and cannot stand there, or 0.
std::uint64_t ValueScanner::first_misplaced(const char* at, std::uint64_t breaks, std::uint64_t open,
                                            std::uint64_t inside) noexcept {
  std::uint64_t suspects = open & (breaks << 1 | std::uint64_t{after_newline_});
  for (; suspects != 0; suspects &= suspects - 1) {
    const int place = std::countr_zero(suspects);
    const std::uint64_t bit = std::uint64_t{1} << place;
    if (at[place] == '{' && ((inside & bit) != 0 || !may_stand_at(at + place))) return bit;
  }
  return 0;
}

const char* ValueScanner::scan_container(const char* at, const char* end) noexcept {
  piece_ = at;
  while (at != end) {
    char last[kBlock];
    const char* block = at;
    auto count = static_cast<std::size_t>(end - at);
    if (count < kBlock) {
      std::memset(last, 0, kBlock);
      std::memcpy(last, at, count);
      block = last;
    } else {
      count = kBlock;
    }
    const BlockMasks masks = classify(block);
    std::uint64_t quote = masks.quote;
    if (masks.backslash != 0 || escaped_) {
      const std::uint64_t escaped = escaped_bytes(masks.backslash, escaped_);
      if (count < kBlock) escaped_ = (escaped >> count & 1) != 0;
      quote &= ~escaped;
    }
    const std::uint64_t inside = prefix_xor(quote) ^ in_string_;
    in_string_ = (inside >> 63) != 0 ? ~std::uint64_t{0} : 0;
    std::uint64_t misplaced = 0;
    if (gives_up_) {
      misplaced = first_misplaced(at, newlines(block), masks.open, inside);
      after_newline_ = at[count - 1] == '\n';
    }
    // With none, one less than 0: every bit.
    const std::uint64_t looked_at = ~inside & (misplaced - 1);
    const std::uint64_t open = masks.open & looked_at;
    const std::uint64_t close = masks.close & looked_at;
    const auto closing = static_cast<unsigned>(std::popcount(close));
    if (depth_ > closing) {
      depth_ += static_cast<unsigned>(std::popcount(open)) - std::uint64_t{closing};
    } else {
      for (std::uint64_t bits = open | close; bits != 0; bits &= bits - 1) {
        const std::uint64_t bit = bits & (~bits + 1);
        if ((open & bit) != 0) {
          ++depth_;
        } else if (--depth_ == 0) {
          return at + std::countr_zero(bit) + 1;
        }
      }
    }
    if (misplaced != 0) {
      gave_up_ = true;
      return at + std::countr_zero(misplaced);
    }
    at += count;
  }
  if (gives_up_) before_piece_ = last_visible(piece_, end, before_piece_);
  return nullptr;
}

const char* ValueScanner::scan_string(const char* at, const char* end) noexcept {
  if (at != end && !opened_) {
    opened_ = true;
    ++at;
  }
  while (at != end) {
    if (escaped_) {
      escaped_ = false;
      ++at;
      continue;
    }
    at = skip_plain_bytes(at, end);
    if (at == end) break;
    const char byte = *at++;
    if (byte == '"') return at;
    escaped_ = byte == '\\';
  }
  return nullptr;
}

std::string_view first_value(std::string_view text) noexcept {
  if (text.empty()) return {};
  ValueScanner scanner;
  scanner.begin(text.front());
  const char* end = text.data() + text.size();
  const char* value_end = scanner.scan(text.data(), end);
  if (value_end == nullptr && scanner.may_end_here()) value_end = end;
  return value_end == nullptr ? std::string_view() : text.substr(0, static_cast<std::size_t>(value_end - text.data()));
}

}  // namespace pgfeed
