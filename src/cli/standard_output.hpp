#pragma once

#include <string_view>

namespace pgfeed {

/// Writes to standard output, to the last byte. `what` names the text for a person: `the report`.
/// Throws Error(source) where it can't be written: a full disk, say.
void write_out(std::string_view text, std::string_view what);

}  // namespace pgfeed
