#include <pgfeed/error.hpp>

#include "encode/encoders.hpp"
#include "encode/field.hpp"
#include "encode/json_text.hpp"
#include "record/json_check.hpp"
#include "record/json_string.hpp"

namespace pgfeed {
namespace {

constexpr std::int32_t kNull = -1;

// The modifier of an array's column is its elements': varchar(3)[] has 7.
PgType element_of(const PgType& array) {
  if (array.element == nullptr) throw Error(ErrorKind::mapping, "the array type " + array.name + " has no element type");
  PgType element = *array.element;
  if (element.modifier == -1) element.modifier = array.modifier;
  return element;
}

// What a token of a JSON array is. Strings still have their quotes and escapes.
ValueKind kind_of(char first) noexcept {
  switch (first) {
    case 'n': return ValueKind::null;
    case 't':
    case 'f': return ValueKind::boolean;
    case '"': return ValueKind::string;
    case '[':
    case '{': return ValueKind::json;
    default: return ValueKind::number;
  }
}

class ArrayEncoder final : public Encoder {
 public:
  ArrayEncoder(const PgType& element, const EncodeOptions& options)
      : element_(make_encoder(element, options)),
        oid_(element.oid),
        takes_json_(element.kind == TypeKind::json || element.kind == TypeKind::jsonb) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    const std::string_view json = value.text();
    if (value.kind != ValueKind::json || !json.starts_with('[')) return EncodeStatus::wrong_kind;
    if (!check_json(json).valid) return EncodeStatus::bad_syntax;
    OpenField field(out);
    const EncodeStatus status = encode_elements(json, out);
    if (status != EncodeStatus::ok) return status;
    if (field.content_size() > kMaxFieldBytes) return EncodeStatus::too_long;
    field.close();
    return EncodeStatus::ok;
  }

 private:
  // arrayfuncs.c, array_recv: dimensions, flags, element type; per dimension its size and lower bound; elements.
  EncodeStatus encode_elements(std::string_view json, ByteBuffer& out) const {
    std::size_t at = after_space(json, 1);
    const bool empty = json[at] == ']';
    out.put_int<std::int32_t>(empty ? 0 : 1);
    const std::size_t flags_at = out.size();
    out.put_int<std::int32_t>(0);
    out.put_int(oid_);
    if (empty) return EncodeStatus::ok;
    const std::size_t size_at = out.size();
    out.put_int<std::int32_t>(0);
    out.put_int<std::int32_t>(1);
    std::int32_t size = 0;
    while (json[at] != ']') {
      const std::size_t end = after_value(json, at);
      const std::string_view token = json.substr(at, end - at);
      if (kind_of(token.front()) == ValueKind::null) {
        out.put_int(kNull);
        out.patch_int<std::int32_t>(flags_at, 1);
      } else if (const EncodeStatus status = encode_element(token, out); status != EncodeStatus::ok) {
        return status;
      }
      ++size;
      at = after_space(json, end);
      if (json[at] == ',') at = after_space(json, at + 1);
    }
    out.patch_int(size_at, size);
    return EncodeStatus::ok;
  }

  EncodeStatus encode_element(std::string_view token, ByteBuffer& out) const {
    // Any token is a JSON value, so json and jsonb take it as it is spelled.
    if (takes_json_) return element_->encode(make_value(ValueKind::json, token), out);
    const ValueKind kind = kind_of(token.front());
    if (kind != ValueKind::string) return element_->encode(make_value(kind, token), out);
    const std::string_view raw = token.substr(1, token.size() - 2);
    if (raw.find('\\') == std::string_view::npos) return element_->encode(make_value(kind, raw), out);
    thread_local ByteBuffer scratch;  // keeps its memory, so that nothing is allocated for each value
    scratch.clear();
    std::size_t size = 0;
    // The escapes were checked with the array, so only half of a surrogate pair can be wrong here.
    if (!unescape_json_string(raw, scratch.room(raw.size()), size)) return EncodeStatus::lone_surrogate;
    return element_->encode(make_value(kind, {scratch.data(), size}), out);
  }

  EncoderHandle element_;
  std::uint32_t oid_;
  bool takes_json_;
};

}  // namespace

EncoderHandle make_array_encoder(const PgType& type, const EncodeOptions& options) {
  return std::make_unique<ArrayEncoder>(element_of(type), options);
}

}  // namespace pgfeed
