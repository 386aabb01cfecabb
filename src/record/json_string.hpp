#pragma once

#include <cstddef>
#include <string_view>

namespace pgfeed {

/// Turns the bytes between a JSON string's quotes into the string they stand for (RFC 8259, section 7).
///
/// `out` has room for `raw.size()` bytes (no escape is shorter than what it stands for) and may not overlap `raw`.
/// `size` receives the length. False for a bad escape and for half a surrogate pair; then `out` holds nothing of use.
/// UTF-8 is not looked at: it passes as it is.
[[nodiscard]] bool unescape_json_string(std::string_view raw, char* out, std::size_t& size) noexcept;

}  // namespace pgfeed
