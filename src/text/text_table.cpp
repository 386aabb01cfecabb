#include "text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "mapping/utf8.hpp"

namespace pgfeed {
namespace {

bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !continues(byte); }));
}

/// The first `count` code points.
std::string_view first_of(std::string_view text, std::size_t count) noexcept {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (continues(text[end])) continue;
    if (count == 0) break;
    --count;
  }
  return text.substr(0, end);
}

/// The code point that valid UTF-8 begins with, where it has two or three bytes; else 0.
std::uint32_t code_point_of(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if ((byte(0) & 0xe0) == 0xc0) return static_cast<std::uint32_t>((byte(0) & 0x1f) << 6 | (byte(1) & 0x3f));
  if ((byte(0) & 0xf0) == 0xe0)
    return static_cast<std::uint32_t>((byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f));
  return 0;
}

/// Control characters beyond ASCII, and those that order text for the eye in another way than it is written.
bool is_hidden(std::uint32_t code_point) noexcept {
  return (code_point >= 0x80 && code_point < 0xa0) || code_point == 0x200e || code_point == 0x200f ||
         (code_point >= 0x2028 && code_point <= 0x202e) || (code_point >= 0x2066 && code_point <= 0x2069) ||
         code_point == 0x61c;
}

/// Valid UTF-8.
void append_printable(std::string_view text, bool keep_line_breaks, std::string& out) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && continues(text[end])) ++end;
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::uint32_t code_point = code_point_of(text.substr(i, end - i));
    if (byte == '\t' && keep_line_breaks) {
      out += '\t';
    } else if (byte == '\n') {
      out += keep_line_breaks ? "\n" : "\\n";
    } else if (byte < ' ' || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (is_hidden(code_point)) {
      out += fmt::format("\\u{:04x}", code_point);
    } else {
      out += text.substr(i, end - i);
    }
    i = end;
  }
}

}  // namespace

std::string printable(std::string_view text, bool keep_line_breaks) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = valid_utf8_prefix(text);
    append_printable(text.substr(0, valid), keep_line_breaks, out);
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
  }
  return out;
}

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::string_view alignment, std::size_t width) {
  std::vector<std::size_t> widths(alignment.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], code_points(printable(row[i])));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string field = printable(row[i]);
      const std::string padding(widths[i] - code_points(field), ' ');
      line += (i == 0 ? "" : "  ") + (alignment[i] == 'r' ? padding + field : field + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (alignment.back() == 'l' && code_points(line) > width) line = std::string(first_of(line, width - 1)) + "…";
    text += line + "\n";
  }
  return text;
}

}  // namespace pgfeed
