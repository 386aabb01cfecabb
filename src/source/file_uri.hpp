#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgfeed {

/// The `file:` URI of an absolute path (RFC 8089): every byte that is not a `pchar` of RFC 3986 or a slash is
/// percent-encoded, so equal paths have equal URIs and a path of any bytes has one.
std::string file_uri(std::string_view absolute_path);

/// The path that a `file:` URI names: `file:///x`, `file:/x` or `file://localhost/x`. None when it is malformed, names
/// another host, or holds `%00`.
std::optional<std::string> path_of_file_uri(std::string_view uri);

/// The scheme of `scheme://…` or of `file:/…`, in lower case; empty for what is a plain path.
std::string uri_scheme(std::string_view text);

}  // namespace pgfeed
