#include "postgres/array_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pgfeed {

std::string array_text(std::span<const std::string> elements) {
  std::string text = "{";
  for (const std::string& element : elements) {
    text += text.size() > 1 ? ",\"" : "\"";
    for (const char c : element) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

std::string array_text(std::span<const std::int64_t> elements) { return fmt::format("{{{}}}", fmt::join(elements, ",")); }

}  // namespace pgfeed
