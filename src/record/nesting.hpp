#pragma once

#include <cstddef>
#include <string_view>

namespace pgfeed {

/// Whether brackets are nested deeper than `limit` in a text that is known to have whole strings.
/// Counts opening brackets first, strings and all: few documents have as many as the limit, the others are looked at
/// closely.
[[nodiscard]] bool is_nested_deeper(std::string_view json, std::size_t limit) noexcept;

}  // namespace pgfeed
