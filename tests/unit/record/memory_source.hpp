#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "source/source.hpp"

namespace pgfeed {

inline Source memory_source(std::size_t size) { return {"memory:/x", "x.json", static_cast<std::int64_t>(size), "1", true}; }

/// A string as a stream whose reads return as many bytes as `chunk` says (at least 1).
class MemoryStream final : public ByteStream {
 public:
  MemoryStream(std::string bytes, std::function<std::size_t()> chunk)
      : bytes_(std::move(bytes)), chunk_(std::move(chunk)), source_(memory_source(bytes_.size())) {}

  std::size_t read(char* into, std::size_t count) override {
    const std::size_t got = std::min({count, std::max<std::size_t>(chunk_(), 1), bytes_.size() - at_});
    std::memcpy(into, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }
  const Source& source() const noexcept override { return source_; }

 private:
  std::string bytes_;
  std::function<std::size_t()> chunk_;
  Source source_;
  std::size_t at_ = 0;
};

/// A string that is read anywhere; counts the bytes read.
class MemoryAccess final : public RandomAccess {
 public:
  explicit MemoryAccess(std::string bytes) : bytes_(std::move(bytes)), source_(memory_source(bytes_.size())) {}

  std::size_t read_at(std::uint64_t offset, char* into, std::size_t count) const override {
    if (offset >= bytes_.size()) return 0;
    const std::size_t got = std::min(count, bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(into, bytes_.data() + offset, got);
    bytes_read += got;
    return got;
  }
  const Source& source() const noexcept override { return source_; }

  mutable std::uint64_t bytes_read = 0;

 private:
  std::string bytes_;
  Source source_;
};

/// A stream of any length that is made as it is read: `part(i)` for i = 0, 1, … until one is empty.
class GeneratedStream final : public ByteStream {
 public:
  explicit GeneratedStream(std::function<std::string(std::size_t)> part)
      : part_(std::move(part)), source_(memory_source(0)) {}

  std::size_t read(char* into, std::size_t count) override {
    if (at_ == bytes_.size()) {
      bytes_ = part_(next_++);
      at_ = 0;
    }
    const std::size_t got = std::min(count, bytes_.size() - at_);
    if (got != 0) std::memcpy(into, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }
  const Source& source() const noexcept override { return source_; }

 private:
  std::function<std::string(std::size_t)> part_;
  Source source_;
  std::string bytes_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
};

}  // namespace pgfeed
