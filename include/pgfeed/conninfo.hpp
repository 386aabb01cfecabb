#pragma once

#include <string>

namespace pgfeed {

/// For a connection string that came from where others can read it, such as the arguments of a program.
///
/// Throws Error(usage) when it holds a secret: any option that libpq marks as one (`password`, `sslpassword`), in keyword
/// form or as a URI; also when it can't be parsed and looks as if it held one. The sentence does not repeat it.
/// What else is wrong with it shows when it is used.
void require_no_secret(const std::string& conninfo);

}  // namespace pgfeed
