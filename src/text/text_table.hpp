#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgfeed {

/// Text from data, safe for a terminal: control characters (C1 and those that turn the direction of writing too) and bytes
/// that are not UTF-8 are spelled out, as `\x1b` or `\u202e`. Line breaks and tabs as well, unless they are kept.
std::string printable(std::string_view text, bool keep_line_breaks = false);

/// Aligned columns, a line for each row, two blanks between columns. `alignment` has a letter for each column, `l` or `r`.
/// Fields are made printable, but for ASCII and UTF-8 no width is known: each code point counts one. A last column to the
/// left is cut with `…` where the line would be longer than `width`.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::string_view alignment,
                       std::size_t width = 100);

}  // namespace pgfeed
