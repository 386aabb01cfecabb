#pragma once

#include <cstdint>

namespace pgfeed {

/// Why a document could not be read.
enum class [[nodiscard]] ReadFault : std::uint8_t {
  none,
  not_utf8,
  not_json,        ///< broken syntax, or cut off
  lone_surrogate,  ///< a bad escape, or half a surrogate pair, in a string that is read
  not_a_document,  ///< a number, string, true, false or null at the top
  too_deep,
};

/// The fault as a sentence without an end: "is not valid JSON".
const char* phrase_of(ReadFault fault) noexcept;
/// The SQLSTATE that PostgreSQL gives for the same fault.
const char* sqlstate_of(ReadFault fault) noexcept;

}  // namespace pgfeed
