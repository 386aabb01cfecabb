#pragma once

#include <string>
#include <string_view>

namespace pgfeed {

/// RFC 4648, section 4, with padding and without line breaks.
std::string to_base64(std::string_view bytes);

}  // namespace pgfeed
