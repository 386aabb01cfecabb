#include <algorithm>
#include <cstring>
#include <limits>

#include "encode/decimal.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"
#include "encode/nul.hpp"

namespace pgfeed {

std::string_view nul_replacement(NulPolicy policy) noexcept {
  switch (policy) {
    case NulPolicy::escape: return "\\u0000";
    case NulPolicy::replace: return "\xEF\xBF\xBD";
    case NulPolicy::reject:
    case NulPolicy::strip: break;
  }
  return {};
}

void put_without_nul(std::string_view text, NulPolicy policy, ByteBuffer& out) {
  const std::string_view replacement = nul_replacement(policy);
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\0'), text.size());
    out.put(text.substr(0, plain));
    if (plain == text.size()) return;
    out.put(replacement);
    text.remove_prefix(plain + 1);
  }
}

namespace {

constexpr std::uint32_t kNameOid = 19;
constexpr std::size_t kNameBytes = 63;           // NAMEDATALEN - 1
constexpr std::int32_t kLengthModifierBase = 4;  // varchar(n) and char(n) have n + 4
constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

// Where the character after the first `count` begins; the size, if there are no more than that.
std::size_t bytes_of_characters(std::string_view text, std::size_t count) noexcept {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return at;
}

bool has_nul(std::string_view text) noexcept { return !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr; }

class TextEncoder final : public Encoder {
 public:
  TextEncoder(const PgType& type, NulPolicy nul) : nul_(nul) {
    if (type.kind != TypeKind::text) return;
    if (type.oid == kNameOid) bytes_ = kNameBytes;
    if (type.modifier >= kLengthModifierBase) characters_ = static_cast<std::size_t>(type.modifier - kLengthModifierBase);
  }

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    const std::string_view text = value.text();
    if (value.kind == ValueKind::json) return EncodeStatus::wrong_kind;
    if (value.kind == ValueKind::number && !is_json_number(text)) return EncodeStatus::bad_syntax;
    if (value.kind == ValueKind::string && has_nul(text)) return encode_without_nul(text, out);
    // As many bytes as characters are allowed cannot be too many characters.
    if (text.size() > characters_ || text.size() > bytes_) return encode_cut(text, out);
    put_bytes_field(out, text);
    return EncodeStatus::ok;
  }

 private:
  EncodeStatus encode_without_nul(std::string_view text, ByteBuffer& out) const {
    if (nul_ == NulPolicy::reject) return EncodeStatus::nul_character;
    if (text.size() > kMaxFieldBytes) return EncodeStatus::too_long;
    OpenField field(out);
    put_without_nul(text, nul_, out);
    std::size_t size = 0;
    const EncodeStatus status = size_to_keep(field.content(), size);
    if (status != EncodeStatus::ok) return status;
    out.truncate(field.content_begin() + size);
    field.close();
    return EncodeStatus::ok;
  }

  EncodeStatus encode_cut(std::string_view text, ByteBuffer& out) const {
    std::size_t size = 0;
    const EncodeStatus status = size_to_keep(text, size);
    if (status == EncodeStatus::ok) put_bytes_field(out, text.substr(0, size));
    return status;
  }

  // As the server does it: spaces beyond the length are cut, anything else is an error.
  EncodeStatus size_to_keep(std::string_view text, std::size_t& size) const noexcept {
    size = characters_ == kUnlimited ? text.size() : bytes_of_characters(text, characters_);
    const bool only_spaces = text.find_first_not_of(' ', size) == std::string_view::npos;
    return only_spaces && size <= bytes_ ? EncodeStatus::ok : EncodeStatus::too_long;
  }

  NulPolicy nul_;
  std::size_t characters_ = kUnlimited;
  std::size_t bytes_ = kMaxFieldBytes;
};

}  // namespace

EncoderHandle make_text_encoder(const PgType& type, NulPolicy nul) { return std::make_unique<TextEncoder>(type, nul); }

}  // namespace pgfeed
