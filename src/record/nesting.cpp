#include "record/nesting.hpp"

#include <algorithm>
#include <cstdint>

namespace pgfeed {
namespace {

/// `[` and `{` differ from each other in one bit. Sums in bytes, a block at a time, so that the compiler uses vectors.
std::size_t opening_brackets(const char* at, std::size_t size) noexcept {
  constexpr std::size_t kBlock = 128;  // no byte can overflow: 255 is the most
  std::size_t total = 0;
  while (size != 0) {
    const std::size_t block = std::min(size, kBlock);
    std::uint8_t count = 0;
    for (std::size_t i = 0; i < block; ++i) count = static_cast<std::uint8_t>(count + ((at[i] | 0x20) == '{' ? 1 : 0));
    total += count;
    at += block;
    size -= block;
  }
  return total;
}

}  // namespace

bool is_nested_deeper(std::string_view json, std::size_t limit) noexcept {
  if (opening_brackets(json.data(), json.size()) <= limit) return false;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace pgfeed
