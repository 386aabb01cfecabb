#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgfeed {

/// Whether `text` holds a wildcard: `*`, `?` or `[`.
bool is_glob(std::string_view text) noexcept;

/// Whether a listing passes over a file or folder of this name: it is hidden (`.x`), or kept by a program for itself as
/// `_SUCCESS` and `_temporary` are.
bool is_passed_over(std::string_view name) noexcept;

/// Whether one name matches one part of a pattern, which is not empty and not `**`. A name that a listing passes over
/// matches only where the pattern spells its first character.
bool matches_name(const std::string& pattern, const std::string& name);

/// The files and folders that match a pattern, sorted by their bytes. `*`, `?` and `[…]` match within one name (fnmatch(3)),
/// `**` matches any number of folders, also none. Names that a listing passes over match only where the pattern spells their
/// first character. Folders that can't be read match nothing; links to folders above are not followed.
std::vector<std::string> expand_glob(const std::string& pattern);

}  // namespace pgfeed
