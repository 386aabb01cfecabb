#include "record/json_string.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace pgfeed {
namespace {

/// What a hexadecimal digit stands for; -1 for all other bytes.
constexpr std::array<std::int8_t, 256> kHexDigits = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::uint8_t i = 0; i < 10; ++i) digits[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (std::uint8_t i = 0; i < 6; ++i) {
    const auto value = static_cast<std::int8_t>(10 + i);
    digits[static_cast<std::size_t>('a' + i)] = digits[static_cast<std::size_t>('A' + i)] = value;
  }
  return digits;
}();

/// The code unit of the four digits at `at`, or -1.
std::int32_t code_unit(const char* at, const char* end) noexcept {
  if (end - at < 4) return -1;
  const auto digit = [at](int i) -> std::int32_t { return kHexDigits[static_cast<unsigned char>(at[i])]; };
  // A digit of -1 has all bits set, so the sum is negative wherever there is one.
  const std::int32_t unit = digit(0) * 4096 | digit(1) * 256 | digit(2) * 16 | digit(3);
  return unit < 0 ? -1 : unit;
}

char* put_utf8(char* out, std::int32_t code) noexcept {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xc0 | (code >> 6));
    *out++ = tail(0);
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xe0 | (code >> 12));
    *out++ = tail(6);
    *out++ = tail(0);
  } else {
    *out++ = static_cast<char>(0xf0 | (code >> 18));
    *out++ = tail(12);
    *out++ = tail(6);
    *out++ = tail(0);
  }
  return out;
}

/// Reads `uXXXX`, with its second half where it is a surrogate; `at` is behind the `u`. Null: a bad one.
const char* put_unicode_escape(const char* at, const char* end, char*& out) noexcept {
  std::int32_t code = code_unit(at, end);
  if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) return nullptr;
  at += 4;
  if (code >= 0xd800 && code <= 0xdbff) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return nullptr;
    const std::int32_t low = code_unit(at + 2, end);
    if (low < 0xdc00 || low > 0xdfff) return nullptr;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  }
  out = put_utf8(out, code);
  return at;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

}  // namespace

bool unescape_json_string(std::string_view raw, char* out, std::size_t& size) noexcept {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  const char* const begin = out;
  while (at != end) {
    const auto* escape = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    const auto plain = static_cast<std::size_t>((escape != nullptr ? escape : end) - at);
    std::memcpy(out, at, plain);
    out += plain;
    if (escape == nullptr) break;
    at = escape + 1;
    if (at == end) return false;
    if (*at == 'u') {
      at = put_unicode_escape(at + 1, end, out);
      if (at == nullptr) return false;
    } else {
      const char c = simple_escape(*at++);
      if (c == 0) return false;
      *out++ = c;
    }
  }
  size = static_cast<std::size_t>(out - begin);
  return true;
}

}  // namespace pgfeed
