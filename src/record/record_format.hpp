#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/document_step.hpp"
#include "source/source.hpp"

namespace pgfeed {

enum class RecordFormat : std::uint8_t {
  newline_delimited,  ///< each line is a document, or a few, whatever it holds: one that is broken spoils no other line
  sequence,           ///< top-level values one after another, with or without white space or RS (RFC 7464) between them
  array,              ///< a top-level array, whose elements are the documents
};

/// How many bytes of a source are looked at to tell its format.
inline constexpr std::size_t kHeadBytes = 1 << 20;

/// The three bytes that may stand before UTF-8 text. They are no part of a record; offsets count them.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Tells the format of JSON from its first bytes, at best kHeadBytes; `whole` when they are all there is.
///
/// With steps to the documents it is always a sequence, in each of whose values the path is followed. Else:
/// lines that are mostly whole values, one or a few on each, are newline-delimited. A value that spans lines and is valid
/// JSON makes a sequence, and so do many values on a line or several on the only one. A `[` that begins one value with no
/// other array after it makes an array, also when all is on one line; but lines that are mostly whole arrays are
/// newline-delimited.
/// Text with no object or array at the front of a line is newline-delimited, and so is nothing at all.
///
/// Throws Error(source) for what is not text in UTF-8: compressed files, Parquet, UTF-16, other binary files.
RecordFormat detect_format(std::string_view head, bool whole, const std::vector<DocumentStep>& path, const Source& source);

/// Whether some line of this head, which is newline-delimited, holds more than one document.
bool shares_lines(std::string_view head, bool whole);

/// The same as the first for a source that can be read anywhere.
RecordFormat detect_format(const RandomAccess& file, const std::vector<DocumentStep>& path);

/// Throws Error(source) if these first bytes are not text in UTF-8 (see detect_format).
void require_text(std::string_view head, const Source& source);

}  // namespace pgfeed
