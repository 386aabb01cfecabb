#include "encode/encoder.hpp"

namespace pgfeed {
namespace {

bool is_integer(TypeKind kind) { return kind == TypeKind::int2 || kind == TypeKind::int4 || kind == TypeKind::int8; }

bool is_time(TypeKind kind) {
  return kind == TypeKind::date || kind == TypeKind::time || kind == TypeKind::timestamp || kind == TypeKind::timestamptz ||
         kind == TypeKind::interval;
}

const char* sqlstate_of_range(TypeKind kind) {
  if (kind == TypeKind::interval) return "22015";  // interval_field_overflow
  return is_time(kind) ? "22008" : "22003";        // datetime_field_overflow, numeric_value_out_of_range
}

const char* sqlstate_of_syntax(TypeKind kind) {
  if (kind == TypeKind::bytea) return "22023";  // invalid_parameter_value, as decode() has it
  return is_time(kind) ? "22007" : "22P02";     // invalid_datetime_format, invalid_text_representation
}

const char* sqlstate_of_loss(TypeKind kind) {
  if (kind == TypeKind::numeric || kind == TypeKind::array) return "22003";
  return sqlstate_of_syntax(kind);
}

std::string phrase_of_loss(const PgType& type) {
  if (is_integer(type.kind)) return "is not a whole number, so it does not fit " + type.name;
  if (type.kind == TypeKind::numeric) return "has more digits after the point than " + type.name + " keeps";
  if (type.kind == TypeKind::date) return "has a time or a zone that " + type.name + " would lose";
  if (type.kind == TypeKind::interval || type.kind == TypeKind::timestamptz) {
    return "has a finer fraction than " + type.name + " keeps";
  }
  if (is_time(type.kind)) return "has a zone, or a finer fraction of a second than " + type.name + " keeps";
  return "would lose a part of its value as " + type.name;
}

}  // namespace

const char* sqlstate_of(EncodeStatus status, TypeKind kind) noexcept {
  switch (status) {
    case EncodeStatus::ok: return "";
    case EncodeStatus::wrong_kind:
    case EncodeStatus::bad_syntax: return sqlstate_of_syntax(kind);
    case EncodeStatus::out_of_range: return sqlstate_of_range(kind);
    case EncodeStatus::inexact: return sqlstate_of_loss(kind);
    case EncodeStatus::too_long: return "22001";  // string_data_right_truncation
    case EncodeStatus::nul_character:
      return kind == TypeKind::jsonb ? "22P05" : "22021";  // untranslatable, not in repertoire
    case EncodeStatus::lone_surrogate:
    case EncodeStatus::not_in_enum: return "22P02";
  }
  return "22P02";
}

std::string phrase_of(EncodeStatus status, const PgType& type) {
  switch (status) {
    case EncodeStatus::ok: return "is fine";
    case EncodeStatus::wrong_kind: return "is of a JSON kind that " + type.name + " does not take";
    case EncodeStatus::out_of_range: return "is out of range for " + type.name;
    case EncodeStatus::bad_syntax: return "is not in a form that " + type.name + " takes";
    case EncodeStatus::inexact: return phrase_of_loss(type);
    case EncodeStatus::too_long: return "is too long for " + type.name;
    case EncodeStatus::nul_character: return "contains U+0000, which " + type.name + " cannot hold";
    case EncodeStatus::lone_surrogate: return "contains half of a surrogate pair, which " + type.name + " cannot hold";
    case EncodeStatus::not_in_enum: return "is not a label of " + type.name;
  }
  return "does not fit " + type.name;
}

}  // namespace pgfeed
