#pragma once

#include <string>
#include <string_view>

namespace pgfeed {

/// Writes valid UTF-8 in lower or upper case into `out`, letter by letter with Unicode's simple mappings, as PostgreSQL's
/// lower() and upper() do with the provider libc: `ß` stays, there is no context.
void change_case(std::string_view text, bool lower, std::string& out);

}  // namespace pgfeed
