#include "encode/encoder.hpp"

#include <pgfeed/error.hpp>

#include "encode/encoders.hpp"

namespace pgfeed {

std::unique_ptr<const Encoder> make_encoder(const PgType& type, const EncodeOptions& options) {
  switch (type.kind) {
    case TypeKind::boolean: return make_boolean_encoder();
    case TypeKind::int2:
    case TypeKind::int4:
    case TypeKind::int8: return make_integer_encoder(type.kind);
    case TypeKind::float4:
    case TypeKind::float8: return make_float_encoder(type.kind);
    case TypeKind::numeric: return make_numeric_encoder(type.modifier);
    case TypeKind::text:
    case TypeKind::text_form: return make_text_encoder(type, options.nul);
    case TypeKind::bytea: return make_bytea_encoder(options.bytes);
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz: return make_time_encoder(type, options);
    case TypeKind::interval: return make_interval_encoder(type.modifier);
    case TypeKind::uuid: return make_uuid_encoder();
    case TypeKind::json:
    case TypeKind::jsonb: return make_json_encoder(type.kind, options.nul);
    case TypeKind::inet:
    case TypeKind::cidr: return make_network_encoder(type.kind);
    case TypeKind::enumeration: return make_enum_encoder(type);
    case TypeKind::array: return make_array_encoder(type, options);
  }
  throw Error(ErrorKind::mapping, "there is no encoder for the type " + type.name);
}

}  // namespace pgfeed
