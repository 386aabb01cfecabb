#include "source/source_name.hpp"

#include <pgfeed/error.hpp>

#include <filesystem>
#include <optional>
#include <system_error>

#include "source/file_uri.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

/// Of a path that may be gone: behind the symbolic links that are still there.
std::string uri_of(const std::string& path) {
  std::error_code failed;
  fs::path resolved = fs::weakly_canonical(fs::absolute(path, failed), failed);
  if (failed) resolved = fs::path(path).lexically_normal();
  std::string text = resolved.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return file_uri(text);
}

std::vector<std::string> listed_uris(const std::string& argument) {
  std::vector<std::string> uris;
  try {
    for (const Source& source : list_local_files({argument})) uris.push_back(source.uri);
  } catch (const Error&) {
    // It is gone, or cannot be read: its name is enough.
  }
  return uris;
}

}  // namespace

SourceName name_source(const std::string& argument) {
  SourceName name{{argument}, ""};
  const std::string scheme = uri_scheme(argument);
  std::error_code failed;
  if (!scheme.empty() && scheme != "file" && !fs::exists(argument, failed)) {
    if (argument.ends_with('/')) name.folder = argument;
    return name;
  }
  const std::optional<std::string> path =
      scheme == "file" && !fs::exists(argument, failed) ? path_of_file_uri(argument) : std::optional(argument);
  if (!path || path->empty()) return name;
  name.uris.push_back(uri_of(*path));
  if (!fs::is_regular_file(*path, failed)) name.folder = name.uris.back() + (name.uris.back().ends_with('/') ? "" : "/");
  for (std::string& uri : listed_uris(argument)) name.uris.push_back(std::move(uri));
  return name;
}

}  // namespace pgfeed
