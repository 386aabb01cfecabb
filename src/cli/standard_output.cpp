#include "cli/standard_output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <pgfeed/error.hpp>

namespace pgfeed {

void write_out(std::string_view text, std::string_view what) {
  // A file or a full disk fails only when the buffer is emptied.
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(ErrorKind::source, fmt::format("cannot write {} to standard output: {}", what, std::strerror(errno)));
}

}  // namespace pgfeed
