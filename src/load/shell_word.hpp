#pragma once

#include <string>

namespace pgfeed {

/// Text as one word of a POSIX shell, quoted where it has to be: for commands that an error tells a person to type.
std::string shell_word(const std::string& text);

}  // namespace pgfeed
