#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/source.hpp"

namespace pgfeed {

/// Lists local inputs in the order of the arguments, each input once. An argument is
///
/// - a file, or a `file:` URI of one. Anything but a regular file (a pipe, a device) is a stream that can't be cut;
/// - a folder: the regular files in it and below, sorted by the bytes of their paths. Names that begin with `.` or `_` are
/// passed over;
/// - a glob that the shell left alone (see `expand_glob`). A file that has that very name goes first;
/// - `-`: standard input.
///
/// The URI is that of the file behind all symbolic links: `./a`, `/x/a`, `file:///x/a` and a link to it are one input.
/// The version of a regular file is its size and its time of modification in nanoseconds.
///
/// Throws Error(source) for what is missing or can't be read, a folder without files, a glob without a match, a URI of
/// another scheme.
std::vector<Source> list_local_files(const std::vector<std::string>& arguments);

/// Opens a listed source for one pass. Standard input is read from where it stands and is left open.
/// Throws Error(source).
std::unique_ptr<ByteStream> open_stream(const Source& source);

/// Opens a listed source whose `seekable` is true. Throws Error(source).
std::unique_ptr<RandomAccess> open_random_access(const Source& source);

}  // namespace pgfeed
