#pragma once

#include <string>
#include <vector>

namespace pgfeed {

/// What the URI of a listed source may be, given what a person types.
struct SourceName {
  std::vector<std::string> uris;  ///< any of these; the argument as it stands is one
  std::string folder;             ///< or one that begins so; empty: nothing more
};

/// Takes an argument as `list_local_files` does, and also one that is not there any more. Never throws for what is missing.
SourceName name_source(const std::string& argument);

}  // namespace pgfeed
