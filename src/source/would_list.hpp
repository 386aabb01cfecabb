#pragma once

#include <string>

namespace pgfeed {

/// Whether `list_local_files({argument})` holds the regular file `path`, or would hold it once it is there: the argument is
/// the file, a folder above it, or a glob that leads to either. Paths are compared without their symbolic links, where
/// they exist; links inside a listed folder are not followed.
bool would_list(const std::string& argument, const std::string& path);

}  // namespace pgfeed
