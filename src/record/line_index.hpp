#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "source/source.hpp"

namespace pgfeed {

/// Tells on which line of a source an offset lies, by reading the source up to it, each byte once as far as possible.
///
/// Thread-safe: one reads while others wait. Keeps eight bytes for each MiB of the source. For the lines of all
/// records of a span, ask for the first one's and add.
class LineIndex {
 public:
  /// `file` must outlive the index.
  explicit LineIndex(const RandomAccess& file) : file_(file) {}

  /// The line, from 1, of the byte at `offset`: one more than there are line breaks before it. Behind the end: the
  /// last line. Throws Error(source).
  std::int64_t line_at(std::uint64_t offset);

 private:
  const RandomAccess& file_;
  std::mutex mutex_;                     ///< guards all below
  std::vector<std::int64_t> breaks_{0};  ///< line breaks before each step's first byte
  std::uint64_t last_offset_ = 0;        ///< where the last answer was
  std::int64_t last_breaks_ = 0;         ///< line breaks before it
  std::vector<char> bytes_;
};

}  // namespace pgfeed
