#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace pgfeed {

/// Growable bytes that are never cleared before they are written, with kPadding more bytes behind them that may be read,
/// as parsers that load whole vectors need.
///
/// `clear()` keeps the memory. Pointers are valid until the next `room()` or `reserve()`. Throws std::bad_alloc.
class PaddedBytes {
 public:
  static constexpr std::size_t kPadding = 64;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] char* data() noexcept { return bytes_.get(); }
  [[nodiscard]] const char* data() const noexcept { return bytes_.get(); }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] std::string_view view(std::size_t at, std::size_t length) const noexcept {
    return {bytes_.get() + at, length};
  }

  void clear() noexcept { size_ = 0; }
  /// Forgets the bytes from `size` on, which is at most size().
  void truncate(std::size_t size) noexcept { size_ = size; }

  /// Makes room for `size` bytes in all, and padding behind them.
  void reserve(std::size_t size) {
    if (bytes_ == nullptr || size > capacity_) grow_to(size);
  }
  /// Room for `count` more bytes; write at most that many there, then `advance`.
  char* room(std::size_t count) {
    reserve(size_ + count);
    return bytes_.get() + size_;
  }
  void advance(std::size_t count) noexcept { size_ += count; }
  void put(std::string_view bytes) {
    char* into = room(bytes.size());
    if (!bytes.empty()) std::memcpy(into, bytes.data(), bytes.size());
    advance(bytes.size());
  }

 private:
  struct Free {
    void operator()(char* bytes) const noexcept { std::free(bytes); }
  };

  void grow_to(std::size_t needed) {
    const std::size_t half_more = capacity_ + capacity_ / 2;
    const std::size_t capacity = needed > half_more ? needed : half_more;
    char* grown = static_cast<char*>(std::realloc(bytes_.get(), capacity + kPadding));
    if (grown == nullptr) throw std::bad_alloc();
    (void)bytes_.release();  // realloc took it over
    bytes_.reset(grown);
    // Only so that padding never holds what was never written; whatever is written later may leave old bytes there.
    std::memset(grown + capacity, 0, kPadding);
    capacity_ = capacity;
  }

  std::unique_ptr<char, Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace pgfeed
