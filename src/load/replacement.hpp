#pragma once

#include <string>
#include <vector>

#include "load/target.hpp"

namespace pgfeed {

/// What deletes the rows of old documents by their root keys: a DELETE for each unshared table that hangs on the root by
/// declared foreign keys, children first. Each takes the parameters of `keys_from_arrays` of the root. The root row stays.
/// Throws Error(database) where the role has no right to delete from one of them.
std::vector<std::string> replacement_statements(const Target& target);

}  // namespace pgfeed
