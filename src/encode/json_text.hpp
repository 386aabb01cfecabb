#pragma once

#include <string_view>

#include "encode/byte_buffer.hpp"
#include "encode/encoder.hpp"

namespace pgfeed {

// Walks over JSON that `check_json` found valid. Nothing here may see any other.

/// The place after the string that begins, with its quote, at `at`.
std::size_t after_string(std::string_view json, std::size_t at) noexcept;
/// The place after the value that begins at `at`.
std::size_t after_value(std::string_view json, std::size_t at) noexcept;
/// The first place from `at` on that is not white space; the size if there is none.
std::size_t after_space(std::string_view json, std::size_t at) noexcept;

/// Whether PostgreSQL's numeric holds every number in it, as jsonb needs.
bool numbers_fit(std::string_view json) noexcept;

/// Appends the JSON with each `\u0000` in a string as the policy has it, which is not `reject`.
void put_without_nul_escapes(std::string_view json, NulPolicy policy, ByteBuffer& out);

/// Appends a text as a JSON string with its quotes (RFC 8259, section 7). U+0000 becomes the escape for it.
void put_json_string(std::string_view text, ByteBuffer& out);

}  // namespace pgfeed
