#pragma once

#include <cstdint>
#include <string_view>

namespace pgfeed {

enum class ValueKind : std::uint8_t {
  missing,  ///< the path is not in the document
  null,
  boolean,  ///< text is `true` or `false`
  number,   ///< text is the number as the document spells it; not yet checked: `01x` can stand here
  string,   ///< text is the string, unescaped, valid UTF-8, perhaps with U+0000 in it
  json,     ///< an object or an array; text is its bytes in the document, not yet checked beyond brackets
};

/// One value of a document, as its text: 16 bytes, trivially copied.
///
/// Lifetime: the text points into the split's bytes or into the reader's arena, and is valid until the next
/// document is read by the same `DocumentReader`.
struct Value {
  const char* data = nullptr;
  std::uint32_t size = 0;
  ValueKind kind = ValueKind::missing;

  [[nodiscard]] std::string_view text() const noexcept { return {data, size}; }
  [[nodiscard]] bool is_null() const noexcept { return kind <= ValueKind::null; }  ///< null or missing
};

inline Value make_value(ValueKind kind, std::string_view text) noexcept {
  return {text.data(), static_cast<std::uint32_t>(text.size()), kind};
}

}  // namespace pgfeed
