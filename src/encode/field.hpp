#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "encode/byte_buffer.hpp"

namespace pgfeed {

/// The most bytes that a field may have: PostgreSQL allocates no more for one value (MaxAllocSize, memutils.h).
inline constexpr std::size_t kMaxFieldBytes = 0x3fffffff;

/// Appends a field that is one integer: its length, then its bytes in network order.
template <std::integral Integer>
void put_integer_field(ByteBuffer& out, Integer value) {
  const std::int32_t length = ByteBuffer::to_network<std::int32_t>(sizeof value);
  const Integer content = ByteBuffer::to_network(value);
  char* room = out.room(sizeof length + sizeof content);
  std::memcpy(room, &length, sizeof length);
  std::memcpy(room + sizeof length, &content, sizeof content);
  out.advance(sizeof length + sizeof content);
}

/// Appends a field of these bytes, at most kMaxFieldBytes.
inline void put_bytes_field(ByteBuffer& out, std::string_view bytes) {
  const std::int32_t length = ByteBuffer::to_network(static_cast<std::int32_t>(bytes.size()));
  char* room = out.room(sizeof length + bytes.size());
  std::memcpy(room, &length, sizeof length);
  if (!bytes.empty()) std::memcpy(room + sizeof length, bytes.data(), bytes.size());
  out.advance(sizeof length + bytes.size());
}

/// A field whose length is known only when its content is written.
///
/// A scope that ends without `close()` takes the field back, so the buffer is as it was. The buffer must outlive it.
class OpenField {
 public:
  explicit OpenField(ByteBuffer& out) : out_(out), begin_(out.size()) { out.put_int<std::int32_t>(0); }
  ~OpenField() {
    if (!closed_) out_.truncate(begin_);
  }
  OpenField(const OpenField&) = delete;
  OpenField& operator=(const OpenField&) = delete;

  /// Where the content begins in the buffer.
  [[nodiscard]] std::size_t content_begin() const noexcept { return begin_ + sizeof(std::int32_t); }
  [[nodiscard]] std::size_t content_size() const noexcept { return out_.size() - content_begin(); }
  [[nodiscard]] std::string_view content() const noexcept { return out_.view(content_begin(), content_size()); }

  /// Writes the length. The content must not exceed kMaxFieldBytes.
  void close() noexcept {
    out_.patch_int(begin_, static_cast<std::int32_t>(content_size()));
    closed_ = true;
  }

 private:
  ByteBuffer& out_;
  std::size_t begin_;
  bool closed_ = false;
};

}  // namespace pgfeed
