#pragma once

#include <pgfeed/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgfeed {

/// One input, as a listing gives it.
struct Source {
  std::string uri;         ///< canonical: one name for one input, however it was spelled
  std::string path;        ///< what to open and what to show a person; `-` is standard input
  std::int64_t size = -1;  ///< bytes; -1: unknown
  std::string version;     ///< changes when the content does; empty: unknown
  bool seekable = false;   ///< bytes can be read at any offset, and again
};

/// The bytes of a source in order, once. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Reads at most `count` bytes (at least 1) and returns how many; fewer than `count` do not mean the end, 0 does.
  /// Throws Error(source).
  virtual std::size_t read(char* into, std::size_t count) = 0;
  /// What is read. Lives as long as the stream.
  [[nodiscard]] virtual const Source& source() const noexcept = 0;
  /// The same with the size and version that it has now. Throws Error(source).
  [[nodiscard]] virtual Source look_again() const { return source(); }
};

/// The bytes of a source at any offset. Thread-safe.
class RandomAccess {
 public:
  virtual ~RandomAccess() = default;
  /// Reads `count` bytes from `offset` on and returns how many; fewer only at the end of the source.
  /// Throws Error(source).
  virtual std::size_t read_at(std::uint64_t offset, char* into, std::size_t count) const = 0;
  /// What is read. Lives as long as this object.
  [[nodiscard]] virtual const Source& source() const noexcept = 0;
  /// The same with the size and version that it has now. Throws Error(source).
  [[nodiscard]] virtual Source look_again() const { return source(); }
};

/// Error(source) that says `cannot read PATH: REASON`, with the URI as its source.
Error source_error(const Source& source, std::string_view reason);

}  // namespace pgfeed
