#pragma once

#include <charconv>
#include <string_view>

#include "record/padded_bytes.hpp"

namespace pgfeed {

/// Appends a JSON string, with its quotes (RFC 8259, section 7). Only `"`, `\` and control characters are escaped; bytes
/// that are not UTF-8 pass as they are.
void put_json_string(std::string_view text, PaddedBytes& out);

/// Appends bytes as a JSON string in PostgreSQL's hexadecimal form of bytea: `"\\x00ff"`
/// (https://www.postgresql.org/docs/current/datatype-binary.html).
void put_json_hex(std::string_view bytes, PaddedBytes& out);

/// Appends sixteen bytes as `"00112233-4455-6677-8899-aabbccddeeff"`.
void put_json_uuid(std::string_view bytes, PaddedBytes& out);

/// Appends a text that is said to be JSON as it stands. `null` for an empty one. One that is not JSON becomes `{"…"}`, with
/// the text as a string in it: that is no JSON either, so the document is rejected, but the text's brackets and commas stay
/// its own.
void put_json_text(std::string_view text, PaddedBytes& out);

/// Makes room for `most` bytes, has `write` put some there, and keeps those up to the end that it returns.
template <class Write>
void put_written(std::size_t most, PaddedBytes& out, Write write) {
  char* const begin = out.room(most);
  out.advance(static_cast<std::size_t>(write(begin) - begin));
}

/// Appends a number that std::to_chars writes: an integer, or the shortest decimal that is read back as the same float.
template <class Number>
void put_number(Number number, PaddedBytes& out) {
  constexpr std::size_t kLongest = 32;
  put_written(kLongest, out, [number](char* at) { return std::to_chars(at, at + kLongest, number).ptr; });
}

}  // namespace pgfeed
