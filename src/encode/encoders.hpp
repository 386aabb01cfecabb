#pragma once

#include <memory>

#include "encode/encoder.hpp"

namespace pgfeed {

/// The encoders behind make_encoder, a function for each family of types. Private to this room.
using EncoderHandle = std::unique_ptr<const Encoder>;

EncoderHandle make_boolean_encoder();
/// `kind` is int2, int4 or int8.
EncoderHandle make_integer_encoder(TypeKind kind);
/// `kind` is float4 or float8.
EncoderHandle make_float_encoder(TypeKind kind);
EncoderHandle make_numeric_encoder(std::int32_t modifier);
/// Kinds text and text_form.
EncoderHandle make_text_encoder(const PgType& type, NulPolicy nul);
EncoderHandle make_enum_encoder(const PgType& type);
EncoderHandle make_bytea_encoder(EncodeOptions::Bytes spelling);
/// Kinds date, time, timestamp and timestamptz. Throws Error(mapping) for an unknown zone or format.
EncoderHandle make_time_encoder(const PgType& type, const EncodeOptions& options);
EncoderHandle make_interval_encoder(std::int32_t modifier);
EncoderHandle make_uuid_encoder();
/// `kind` is inet or cidr.
EncoderHandle make_network_encoder(TypeKind kind);
/// `kind` is json or jsonb.
EncoderHandle make_json_encoder(TypeKind kind, NulPolicy nul);
/// `type.element` must be there. Throws what the element's encoder throws.
EncoderHandle make_array_encoder(const PgType& type, const EncodeOptions& options);

}  // namespace pgfeed
