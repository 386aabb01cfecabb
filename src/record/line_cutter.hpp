#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "record/record_batch.hpp"
#include "record/span.hpp"
#include "source/source.hpp"

namespace pgfeed {

/// Cuts newline-delimited bytes into spans at line breaks without reading them all: about 64 KiB for each span.
/// Not thread-safe.
class LineCutter {
 public:
  /// Cuts the first `size` bytes of `file`, which must outlive the cutter, into spans of at most `split_size` bytes.
  LineCutter(const RandomAccess& file, std::uint64_t size, std::uint64_t split_size);
  /// The same for bytes [from.begin, from.end): what is left of a source. They begin where a line does.
  LineCutter(const RandomAccess& file, Span from, std::uint64_t split_size);

  /// The next span, which begins where the last one ended and ends behind a line break or at the end. Longer than
  /// `split_size` only where a single line is: its end is searched for, whatever its length, and little memory held.
  /// False: there is none. Throws Error(source) as the file does, and when it has become shorter.
  bool next(Span& span);

 private:
  std::uint64_t last_line_end(std::uint64_t begin, std::uint64_t end);
  std::uint64_t next_line_end(std::uint64_t from);
  std::string_view window(std::uint64_t offset, std::uint64_t count);

  const RandomAccess& file_;
  Span rest_;
  std::uint64_t split_size_;
  std::vector<char> window_;
};

/// Reads a span that LineCutter made and cuts it into records, one for each line that is not blank, without the white
/// space around it (so `\r\n` is fine). `Record::line` counts from the span's first line, which is 1: see LineIndex.
/// At offset 0 a byte order mark is passed over.
///
/// A line longer than `max_document` bytes is a record too large; it is never held whole.
/// After each piece of the span `on_piece` is called: the records that are new in the batch can be read while their bytes
/// are in the processor's cache. Throws Error(source) as the file does, and when it ends before the span.
void read_span(
    const RandomAccess& file, Span span, RecordBatch& batch, std::uint64_t max_document,
    const std::function<void()>& on_piece = [] {});

}  // namespace pgfeed
