#include "record/json_writer.hpp"

#include <array>
#include <cstdint>

#include "record/json_check.hpp"
#include "record/plain_bytes.hpp"

namespace pgfeed {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kHexPrefix = R"("\\x)";
constexpr std::array<std::size_t, 5> kUuidGroups{4, 2, 2, 2, 6};  // bytes between hyphens
constexpr std::size_t kUuidText = 38;                             // with its quotes

using TwoDigits = std::array<char, 2>;
constexpr std::array<TwoDigits, 256> kHexBytes = [] {
  std::array<TwoDigits, 256> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = {kHexDigits[i >> 4], kHexDigits[i & 0xf]};
  return bytes;
}();

char* put_hex(std::string_view bytes, char* at) noexcept {
  for (const char byte : bytes) {
    std::memcpy(at, kHexBytes[static_cast<unsigned char>(byte)].data(), sizeof(TwoDigits));
    at += sizeof(TwoDigits);
  }
  return at;
}

char short_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\': return c;
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return '\0';
  }
}

char* put_escaped(char c, char* at) noexcept {
  *at++ = '\\';
  const char letter = short_escape(c);
  *at++ = letter != '\0' ? letter : 'u';
  if (letter != '\0') return at;
  *at++ = '0';
  *at++ = '0';
  return put_hex({&c, 1}, at);
}

// The rest of a string that has something to escape in it, and its last quote.
void put_with_escapes(const char* at, const char* end, PaddedBytes& out) {
  constexpr std::size_t kLongestEscape = 6;
  while (at != end) {
    put_written(kLongestEscape, out, [at](char* into) { return put_escaped(*at, into); });
    const char* const plain = ++at;
    at = skip_plain_bytes(plain, end);
    out.put({plain, static_cast<std::size_t>(at - plain)});
  }
  out.put("\"");
}

}  // namespace

void put_json_string(std::string_view text, PaddedBytes& out) {
  // Copied before it is looked at: nothing may be read behind the text, but behind the copy there is padding.
  char* const begin = out.room(text.size() + 2) + 1;
  begin[-1] = '"';
  if (!text.empty()) std::memcpy(begin, text.data(), text.size());
  char* const end = begin + text.size();
  const auto plain = static_cast<std::size_t>(skip_plain_padded(begin, end) - begin);
  if (plain == text.size()) {
    *end = '"';
    out.advance(text.size() + 2);
  } else {
    out.advance(plain + 1);
    put_with_escapes(text.data() + plain, text.data() + text.size(), out);
  }
}

void put_json_hex(std::string_view bytes, PaddedBytes& out) {
  put_written(kHexPrefix.size() + 2 * bytes.size() + 1, out, [bytes](char* at) {
    std::memcpy(at, kHexPrefix.data(), kHexPrefix.size());
    at = put_hex(bytes, at + kHexPrefix.size());
    *at++ = '"';
    return at;
  });
}

void put_json_uuid(std::string_view bytes, PaddedBytes& out) {
  put_written(kUuidText, out, [bytes](char* at) mutable {
    char mark = '"';
    for (const std::size_t size : kUuidGroups) {
      *at++ = mark;
      at = put_hex(bytes.substr(0, size), at);
      bytes.remove_prefix(size);
      mark = '-';
    }
    *at++ = '"';
    return at;
  });
}

void put_json_text(std::string_view text, PaddedBytes& out) {
  if (text.empty()) return out.put("null");
  if (check_json(text).valid) return out.put(text);
  out.put("{");
  put_json_string(text, out);
  out.put("}");
}

}  // namespace pgfeed
