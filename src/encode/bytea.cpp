#include <array>

#include "encode/ascii.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;

// RFC 4648, tables 1 and 2: both alphabets at once, which differ in the last two digits only.
constexpr std::array<std::uint8_t, 256> kBase64 = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  values['-'] = 62;
  values['_'] = 63;
  return values;
}();

// Padding may be left out, but where it stands it must be right. False: something else than base64.
bool remove_padding(std::string_view& text) noexcept {
  if (!text.ends_with('=')) return true;
  if (text.size() % 4 != 0) return false;
  text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return text.size() % 4 >= 2;
}

bool put_hex(std::string_view text, ByteBuffer& out) {
  if (text.starts_with("\\x") || text.starts_with("0x")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return false;
  char* to = out.room(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *to++ = static_cast<char>(high << 4 | low);
  }
  out.advance(text.size() / 2);
  return true;
}

// What PostgreSQL writes itself is told by its beginning: a backslash is no digit of base64.
bool put_base64(std::string_view text, ByteBuffer& out) {
  if (text.starts_with("\\x")) return put_hex(text, out);
  if (!remove_padding(text) || text.size() % 4 == 1) return false;
  char* to = out.room(text.size() / 4 * 3 + 2);
  const char* const begin = to;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::uint8_t digit = kBase64[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return false;
    bits = (bits << 6) | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *to++ = static_cast<char>(bits >> held & 0xff);
  }
  // Bits left over carry no byte; RFC 4648, section 3.5, lets a decoder insist that they are zero.
  if ((bits & ((1U << held) - 1)) != 0) return false;
  out.advance(static_cast<std::size_t>(to - begin));
  return true;
}

class ByteaEncoder final : public Encoder {
 public:
  explicit ByteaEncoder(EncodeOptions::Bytes spelling)
      : put_(spelling == EncodeOptions::Bytes::hex ? put_hex : put_base64) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    if (value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
    if (value.size > kMaxFieldBytes) return EncodeStatus::too_long;
    OpenField field(out);
    if (!put_(value.text(), out)) return EncodeStatus::bad_syntax;
    field.close();
    return EncodeStatus::ok;
  }

 private:
  bool (*put_)(std::string_view, ByteBuffer&);
};

}  // namespace

EncoderHandle make_bytea_encoder(EncodeOptions::Bytes spelling) { return std::make_unique<ByteaEncoder>(spelling); }

}  // namespace pgfeed
