#include <array>

#include "encode/ascii.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kUuidBytes = 16;

// As PostgreSQL's string_to_uuid: braces around it, and a hyphen after any group of four digits, are optional.
bool read_uuid(std::string_view text, std::array<char, kUuidBytes>& bytes) noexcept {
  if (text.starts_with('{')) {
    if (!text.ends_with('}')) return false;
    text = text.substr(1, text.size() - 2);
  }
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    if (text.size() < 2) return false;
    const int high = hex_value(text[0]);
    const int low = hex_value(text[1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<char>(high << 4 | low);
    text.remove_prefix(2);
    if (i % 2 == 1 && i + 1 < kUuidBytes && text.starts_with('-')) text.remove_prefix(1);
  }
  return text.empty();
}

class UuidEncoder final : public Encoder {
 public:
  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    if (value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
    std::array<char, kUuidBytes> bytes{};
    if (!read_uuid(value.text(), bytes)) return EncodeStatus::bad_syntax;
    put_bytes_field(out, {bytes.data(), bytes.size()});
    return EncodeStatus::ok;
  }
};

}  // namespace

EncoderHandle make_uuid_encoder() { return std::make_unique<UuidEncoder>(); }

}  // namespace pgfeed
