#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace pgfeed {

/// An array as the text of a parameter: `{"a","b"}`.
/// https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
std::string array_text(std::span<const std::string> elements);
std::string array_text(std::span<const std::int64_t> elements);

}  // namespace pgfeed
