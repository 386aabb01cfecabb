#include "encode/json_text.hpp"

#include <algorithm>

#include "encode/ascii.hpp"
#include "encode/decimal.hpp"

namespace pgfeed {
namespace {

constexpr std::string_view kNulEscape = "\\u0000";

bool is_plain(char c) noexcept { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

std::size_t after_scalar(std::string_view json, std::size_t at) noexcept {
  const auto ends = [](char c) { return c == ',' || c == ']' || c == '}' || is_space(c); };
  while (at < json.size() && !ends(json[at])) ++at;
  return at;
}

// Whether a number could be there that numeric does not hold: one with an exponent, or with more digits than a block has.
// Strings that look like one count too. Blocks of a fixed size are what compilers turn into vector instructions at -O2.
bool may_have_large_numbers(std::string_view json) noexcept {
  constexpr std::size_t kBlock = 64;
  const auto digit = [](char c) { return static_cast<unsigned char>(static_cast<unsigned char>(c) - '0') < 10; };
  const char* at = json.data();
  std::size_t left = json.size();
  for (; left >= kBlock + 2; at += kBlock, left -= kBlock) {
    unsigned char exponents = 0;
    unsigned char others = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const bool letter = (at[i + 1] | 0x20) == 'e';
      const bool power = digit(at[i + 2]) | (at[i + 2] == '+') | (at[i + 2] == '-');
      exponents = static_cast<unsigned char>(exponents | (digit(at[i]) & letter & power));
      others = static_cast<unsigned char>(others | !digit(at[i]));
    }
    if (exponents != 0 || others == 0) return true;
  }
  for (std::size_t i = 0; i + 2 < left; ++i) {
    if (digit(at[i]) && (at[i + 1] | 0x20) == 'e') return true;
  }
  return false;
}

// The value of U+0000 in JSON: the six characters need their backslash escaped there.
std::string_view nul_as_json(NulPolicy policy) noexcept {
  switch (policy) {
    case NulPolicy::escape: return "\\\\u0000";
    case NulPolicy::replace: return "\\ufffd";
    case NulPolicy::reject:
    case NulPolicy::strip: break;
  }
  return {};
}

void put_escape(char c, ByteBuffer& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"': return out.put("\\\"");
    case '\\': return out.put("\\\\");
    case '\n': return out.put("\\n");
    case '\r': return out.put("\\r");
    case '\t': return out.put("\\t");
    default:
      out.put("\\u00");
      out.put_byte(digits[static_cast<unsigned char>(c) >> 4]);
      out.put_byte(digits[static_cast<unsigned char>(c) & 0xf]);
  }
}

}  // namespace

std::size_t after_string(std::string_view json, std::size_t at) noexcept {
  const std::size_t first = at + 1;
  for (std::size_t quote = json.find('"', first);; quote = json.find('"', quote + 1)) {
    std::size_t backslashes = 0;
    while (quote - backslashes > first && json[quote - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote + 1;
  }
}

std::size_t after_value(std::string_view json, std::size_t at) noexcept {
  if (json[at] == '"') return after_string(json, at);
  if (json[at] != '{' && json[at] != '[') return after_scalar(json, at);
  std::size_t depth = 0;
  do {
    at = json.find_first_of("\"{}[]", at);
    if (json[at] == '"') {
      at = after_string(json, at);
      continue;
    }
    depth += json[at] == '{' || json[at] == '[' ? 1 : 0;
    depth -= json[at] == '}' || json[at] == ']' ? 1 : 0;
    ++at;
  } while (depth > 0);
  return at;
}

std::size_t after_space(std::string_view json, std::size_t at) noexcept {
  return std::min(json.find_first_not_of(" \t\n\r", at), json.size());
}

bool numbers_fit(std::string_view json) noexcept {
  if (!may_have_large_numbers(json)) return true;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = after_string(json, at);
    } else if (is_digit(json[at]) || json[at] == '-') {
      const std::size_t end = after_scalar(json, at);
      Decimal number;
      if (!read_decimal(json.substr(at, end - at), NumberForm::json, number) || !fits_numeric(number)) return false;
      at = end;
    } else {
      ++at;
    }
  }
  return true;
}

void put_without_nul_escapes(std::string_view json, NulPolicy policy, ByteBuffer& out) {
  // A backslash stands in strings only, and the character after it is never the start of another escape.
  std::size_t copied = 0;
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
    if (json.substr(at, kNulEscape.size()) != kNulEscape) {
      at += 2;
      continue;
    }
    out.put(json.substr(copied, at - copied));
    out.put(nul_as_json(policy));
    at += kNulEscape.size();
    copied = at;
  }
  out.put(json.substr(copied));
}

void put_json_string(std::string_view text, ByteBuffer& out) {
  out.put_byte('"');
  while (!text.empty()) {
    const auto special = std::ranges::find_if_not(text, is_plain);
    const auto plain = static_cast<std::size_t>(special - text.begin());
    out.put(text.substr(0, plain));
    if (plain == text.size()) break;
    put_escape(text[plain], out);
    text.remove_prefix(plain + 1);
  }
  out.put_byte('"');
}

}  // namespace pgfeed
