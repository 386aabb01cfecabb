#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pgfeed {

/// How many bytes of `text`, from its start, are valid UTF-8 (RFC 3629: no overlong forms, no surrogates).
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// Appends a code point of at most U+10FFFF.
void append_utf8(std::uint32_t code_point, std::string& out);

}  // namespace pgfeed
