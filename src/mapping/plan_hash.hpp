#pragma once

#include <string>
#include <string_view>

#include "mapping/plan.hpp"

namespace pgfeed {

/// 16 hexadecimal digits (64-bit FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/) over all that a plan means:
/// everything but file name, lines and the hash itself. The same on every machine.
std::string hash_of(const Plan& plan);
/// The same of a text.
std::string hash_of(std::string_view text);

}  // namespace pgfeed
