#include <algorithm>
#include <functional>

#include "encode/decimal.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

class EnumEncoder final : public Encoder {
 public:
  explicit EnumEncoder(std::vector<std::string> labels) : labels_(std::move(labels)) { std::ranges::sort(labels_); }

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    const std::string_view text = value.text();
    if (value.kind == ValueKind::json) return EncodeStatus::wrong_kind;
    if (value.kind == ValueKind::number && !is_json_number(text)) return EncodeStatus::bad_syntax;
    if (!std::binary_search(labels_.begin(), labels_.end(), text, std::less<>{})) return EncodeStatus::not_in_enum;
    put_bytes_field(out, text);
    return EncodeStatus::ok;
  }

 private:
  std::vector<std::string> labels_;  // in order
};

}  // namespace

EncoderHandle make_enum_encoder(const PgType& type) { return std::make_unique<EnumEncoder>(type.labels); }

}  // namespace pgfeed
