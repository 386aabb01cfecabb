#include "source/would_list.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "source/file_uri.hpp"
#include "source/glob.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;
using Names = std::span<const std::string>;

/// Absolute and without symbolic links, as far as it exists.
fs::path whole(const fs::path& path) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(path, failed);
  fs::path resolved = fs::weakly_canonical(absolute, failed);
  if (failed) resolved = absolute.lexically_normal();
  return resolved.has_filename() ? resolved : resolved.parent_path();  // a/ is a
}

std::optional<std::string> local_path(const std::string& argument) {
  const std::string scheme = uri_scheme(argument);
  std::error_code failed;
  if (argument.empty() || argument == "-") return std::nullopt;
  if (scheme.empty() || fs::exists(argument, failed)) return argument;
  return path_of_file_uri(argument);
}

std::vector<std::string> names_of(const fs::path& path) {
  std::vector<std::string> names;
  for (const fs::path& name : path) names.push_back(name.string());
  return names;
}

/// The names that lead from a folder to a file in or below it; none where it does not lie there.
std::optional<std::vector<std::string>> names_below(const fs::path& folder, const fs::path& file) {
  const std::vector<std::string> above = names_of(folder);
  std::vector<std::string> names = names_of(file);
  if (above.size() > names.size() || !std::equal(above.begin(), above.end(), names.begin())) return std::nullopt;
  names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(above.size()));
  return names;
}

bool is_listed_below(Names names) { return std::ranges::none_of(names, is_passed_over); }

/// Whether `names` match `parts`, or lie in a folder that does.
bool reaches(Names parts, Names names) {
  if (parts.empty()) return is_listed_below(names);
  if (names.empty()) return false;
  if (parts.front() != "**")
    return matches_name(parts.front(), names.front()) && reaches(parts.subspan(1), names.subspan(1));
  if (parts.size() == 1) return is_listed_below(names);
  return reaches(parts.subspan(1), names) || (!is_passed_over(names.front()) && reaches(parts, names.subspan(1)));
}

bool glob_reaches(const std::string& pattern, const fs::path& file) {
  fs::path folder = pattern.starts_with('/') ? "/" : ".";
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(pattern).relative_path()) {
    if (part.empty()) continue;
    if (parts.empty() && !is_glob(part.string())) {
      folder /= part;
    } else {
      parts.push_back(part.string());
    }
  }
  const std::optional<std::vector<std::string>> names = names_below(whole(folder), file);
  return names && reaches(parts, *names);
}

}  // namespace

bool would_list(const std::string& argument, const std::string& path) {
  const std::optional<std::string> listed = local_path(argument);
  if (!listed) return false;
  const fs::path file = whole(path);
  std::error_code failed;
  if (!fs::exists(*listed, failed) && is_glob(*listed)) return glob_reaches(*listed, file);
  const std::optional<std::vector<std::string>> names = names_below(whole(*listed), file);
  return names && is_listed_below(*names);
}

}  // namespace pgfeed
