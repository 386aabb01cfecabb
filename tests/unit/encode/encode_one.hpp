#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include "encode/encoder.hpp"

namespace pgfeed {

/// Names of statuses in the messages of failed tests.
inline std::ostream& operator<<(std::ostream& out, EncodeStatus status) {
  switch (status) {
    case EncodeStatus::ok: return out << "ok";
    case EncodeStatus::wrong_kind: return out << "wrong_kind";
    case EncodeStatus::out_of_range: return out << "out_of_range";
    case EncodeStatus::bad_syntax: return out << "bad_syntax";
    case EncodeStatus::inexact: return out << "inexact";
    case EncodeStatus::too_long: return out << "too_long";
    case EncodeStatus::nul_character: return out << "nul_character";
    case EncodeStatus::lone_surrogate: return out << "lone_surrogate";
    case EncodeStatus::not_in_enum: return out << "not_in_enum";
  }
  return out << "?";
}

inline Value number(std::string_view text) { return make_value(ValueKind::number, text); }
inline Value string(std::string_view text) { return make_value(ValueKind::string, text); }
inline Value boolean(bool truth) { return make_value(ValueKind::boolean, truth ? "true" : "false"); }
inline Value json(std::string_view text) { return make_value(ValueKind::json, text); }

inline PgType type_of(TypeKind kind, std::string name, std::int32_t modifier = -1) {
  PgType type;
  type.kind = kind;
  type.name = std::move(name);
  type.modifier = modifier;
  return type;
}

/// An encoder under test, and what it makes of one value at a time.
class Encoding {
 public:
  explicit Encoding(const PgType& type, const EncodeOptions& options = {}) : encoder_(make_encoder(type, options)) {}

  /// The field's content in hexadecimal, as `SELECT encode(…send(…), 'hex')` prints it; or the status in brackets.
  /// Checks what holds for every value: the length says what was written, and a failure writes nothing.
  std::string operator()(const Value& value) const {
    constexpr std::string_view before = "before";
    ByteBuffer out;
    out.put(before);
    const EncodeStatus status = encoder_->encode(value, out);
    EXPECT_EQ(out.view(0, before.size()), before);
    if (status != EncodeStatus::ok) {
      EXPECT_EQ(out.size(), before.size()) << "a failure left bytes behind";
      std::ostringstream name;
      name << '[' << status << ']';
      return name.str();
    }
    const std::string_view field = out.view().substr(before.size());
    EXPECT_EQ(length_of(field), field.size() - 4);
    return hex(field.substr(4));
  }

 private:
  static std::size_t length_of(std::string_view field) {
    std::size_t length = 0;
    for (const char c : field.substr(0, 4)) length = length << 8 | static_cast<unsigned char>(c);
    return length;
  }
  static std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
      text += digits[static_cast<unsigned char>(c) >> 4];
      text += digits[static_cast<unsigned char>(c) & 0xf];
    }
    return text;
  }

  std::unique_ptr<const Encoder> encoder_;
};

}  // namespace pgfeed
