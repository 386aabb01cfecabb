#include <cstring>

#include "encode/decimal.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"
#include "encode/json_text.hpp"
#include "encode/nul.hpp"
#include "record/json_check.hpp"

namespace pgfeed {
namespace {

constexpr char kJsonbVersion = 1;              // jsonb.c, jsonb_send
constexpr std::size_t kMaxJsonb = 0x0fffffff;  // of a container, so of its text at most (JENTRY_OFFLENMASK)

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(bool binary, NulPolicy nul) : binary_(binary), nul_(nul), most_(binary ? kMaxJsonb : kMaxFieldBytes) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    if (value.size > most_) return EncodeStatus::too_long;
    switch (value.kind) {
      case ValueKind::number: return encode_number(value.text(), out);
      case ValueKind::string: return encode_string(value.text(), out);
      case ValueKind::json: return encode_json(value.text(), out);
      default: break;
    }
    put(value.text(), out);
    return EncodeStatus::ok;
  }

 private:
  EncodeStatus encode_number(std::string_view text, ByteBuffer& out) const {
    Decimal number;
    if (!read_decimal(text, NumberForm::json, number)) return EncodeStatus::bad_syntax;
    if (binary_ && !fits_numeric(number)) return EncodeStatus::out_of_range;
    put(text, out);
    return EncodeStatus::ok;
  }

  EncodeStatus encode_string(std::string_view text, ByteBuffer& out) const {
    const bool has_nul = binary_ && !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr;
    if (has_nul && nul_ == NulPolicy::reject) return EncodeStatus::nul_character;
    OpenField field(out);
    if (binary_) out.put_byte(kJsonbVersion);
    if (has_nul) {
      thread_local ByteBuffer scratch;  // keeps its memory, so that nothing is allocated for each value
      scratch.clear();
      put_without_nul(text, nul_, scratch);
      put_json_string(scratch.view(), out);
    } else {
      put_json_string(text, out);
    }
    if (field.content_size() > most_) return EncodeStatus::too_long;
    field.close();
    return EncodeStatus::ok;
  }

  EncodeStatus encode_json(std::string_view text, ByteBuffer& out) const {
    const JsonCheck found = check_json(text);
    if (!found.valid) return EncodeStatus::bad_syntax;
    if (binary_) {
      if (found.has_lone_surrogate) return EncodeStatus::lone_surrogate;
      if (!numbers_fit(text)) return EncodeStatus::out_of_range;
      if (found.has_nul_escape) return encode_without_nul(text, out);
    }
    put(text, out);
    return EncodeStatus::ok;
  }

  EncodeStatus encode_without_nul(std::string_view text, ByteBuffer& out) const {
    if (nul_ == NulPolicy::reject) return EncodeStatus::nul_character;
    OpenField field(out);
    out.put_byte(kJsonbVersion);
    put_without_nul_escapes(text, nul_, out);
    if (field.content_size() > most_) return EncodeStatus::too_long;
    field.close();
    return EncodeStatus::ok;
  }

  void put(std::string_view text, ByteBuffer& out) const {
    if (!binary_) return put_bytes_field(out, text);
    OpenField field(out);
    out.put_byte(kJsonbVersion);
    out.put(text);
    field.close();
  }

  bool binary_;
  NulPolicy nul_;
  std::size_t most_;
};

}  // namespace

EncoderHandle make_json_encoder(TypeKind kind, NulPolicy nul) {
  return std::make_unique<JsonEncoder>(kind == TypeKind::jsonb, nul);
}

}  // namespace pgfeed
