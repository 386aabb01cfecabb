#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pgfeed {

/// What a PostgreSQL type is to an encoder. Domains count as the type under them.
enum class TypeKind : std::uint8_t {
  boolean,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  text,  ///< text, varchar, char(n), name, and types whose binary form is their text (citext)
  bytea,
  date,
  time,
  timestamp,
  timestamptz,
  interval,
  uuid,
  json,
  jsonb,
  inet,
  cidr,
  enumeration,
  array,      ///< one-dimensional array of any of these but `text_form`
  text_form,  ///< anything else: sent as text and cast by the server
};

/// A column's type as the catalog has it.
struct PgType {
  std::uint32_t oid = 0;  ///< of the base type; of an array's element as it is declared: what travels in array headers
  TypeKind kind = TypeKind::text;
  std::int32_t modifier = -1;             ///< atttypmod or typtypmod; -1: none
  bool is_char = false;                   ///< char(n), whose shorter values the server pads
  std::string name;                       ///< as format_type gives it, for messages and casts: `numeric(12,2)`
  std::vector<std::string> labels;        ///< of an enumeration
  std::shared_ptr<const PgType> element;  ///< of an array
};

}  // namespace pgfeed
