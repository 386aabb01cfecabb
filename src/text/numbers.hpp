#pragma once

#include <cstdint>
#include <string>

namespace pgfeed {

/// `1,234,567`
std::string grouped(std::int64_t number);
/// `812.4 MB`, in powers of ten.
std::string megabytes(std::int64_t bytes);

}  // namespace pgfeed
