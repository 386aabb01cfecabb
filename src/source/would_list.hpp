#pragma once

#include <string>

namespace pgfeed {

/// Whether `list_local_files({argument})` holds the regular file `path`, or would hold it once it is there: the argument is
/// the file, a folder above it, or a glob that leads to either. Symbolic links are followed as a listing follows them. A
/// file in a folder that is not there is not listed. Reads folders, opens no file.
bool would_list(const std::string& argument, const std::string& path);

}  // namespace pgfeed
