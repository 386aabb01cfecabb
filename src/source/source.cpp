#include "source/source.hpp"

#include <fmt/format.h>

namespace pgfeed {

Error source_error(const Source& source, std::string_view reason) {
  Error error(ErrorKind::source,
              fmt::format("cannot read {}: {}", source.path == "-" ? "standard input" : source.path, reason));
  error.source = source.uri;
  return error;
}

}  // namespace pgfeed
