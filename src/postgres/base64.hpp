#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgfeed {

/// RFC 4648, section 4, with padding and without line breaks.
std::string to_base64(std::string_view bytes);
/// Nothing for what is none: another character, padding that is missing or too much, bits behind the last byte.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace pgfeed
