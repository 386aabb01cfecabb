#pragma once

#include <memory>
#include <string>

#include "encode/byte_buffer.hpp"
#include "encode/pg_type.hpp"
#include "record/value.hpp"

namespace pgfeed {

/// Why a value cannot go into a column. `ok` is the only success.
enum class [[nodiscard]] EncodeStatus : std::uint8_t {
  ok,
  wrong_kind,      ///< an object where a number is wanted, true where an integer is
  out_of_range,    ///< does not fit the type
  bad_syntax,      ///< a string or number that is not in the type's form
  inexact,         ///< digits, a zone or a fraction of a second would be lost
  too_long,        ///< longer than varchar(n), char(n) or the protocol allows
  nul_character,   ///< U+0000, and the policy is to reject it
  lone_surrogate,  ///< an escape of half a pair, in a subtree for jsonb
  not_in_enum,
};

/// The SQLSTATE that PostgreSQL gives for the same fault (22003, 22P02, 22007, …); empty for `ok`.
const char* sqlstate_of(EncodeStatus status, TypeKind kind) noexcept;
/// The fault as a phrase that continues "column x: ": "is out of range for integer".
std::string phrase_of(EncodeStatus status, const PgType& type);

/// What becomes of U+0000, which PostgreSQL's text and jsonb cannot hold.
enum class NulPolicy : std::uint8_t {
  reject,
  strip,    ///< leaves it out
  escape,   ///< the six characters `\u0000`
  replace,  ///< U+FFFD
};

/// What a mapping may say about how a column's values are read.
struct EncodeOptions {
  NulPolicy nul = NulPolicy::reject;
  std::string time_format;       ///< strptime's, or `epoch_s`, `epoch_ms`, `epoch_us`; empty: ISO 8601 and RFC 3339
  std::string timezone = "UTC";  ///< of a timestamptz without a zone: an IANA name or `+02:00`
  enum class Bytes : std::uint8_t { base64, hex } bytes = Bytes::base64;  ///< how a bytea is spelled
};

/// Turns values into one column's fields in PostgreSQL's binary format
/// (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format", and each type's receive function).
///
/// Immutable, so it may be shared by threads. Allocates nothing per value beyond what the buffer grows.
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Appends a field, its four bytes of length and its content, for a value that is neither null nor missing.
  /// On any status but `ok` the buffer is as it was.
  virtual EncodeStatus encode(const Value& value, ByteBuffer& out) const = 0;
};

/// Chooses the encoder for a type. A type of kind `text_form` gets the one for text: the server casts.
/// Throws Error(mapping) when the options make no sense for it (an unknown zone or format).
std::unique_ptr<const Encoder> make_encoder(const PgType& type, const EncodeOptions& options);

}  // namespace pgfeed
