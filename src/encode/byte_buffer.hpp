#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace pgfeed {

/// Growable bytes that are never cleared before they are written, with PostgreSQL's network byte order.
///
/// Grows by realloc, which moves large blocks by remapping pages instead of copying them.
/// `clear()` keeps the memory. Throws std::bad_alloc. Not thread-safe.
class ByteBuffer {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] char* data() noexcept { return bytes_.get(); }
  [[nodiscard]] const char* data() const noexcept { return bytes_.get(); }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] std::string_view view(std::size_t at, std::size_t length) const noexcept {
    return {bytes_.get() + at, length};
  }

  void clear() noexcept { size_ = 0; }
  /// Forgets the bytes from `size` on. `size` must not exceed size().
  void truncate(std::size_t size) noexcept { size_ = size; }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow_to(capacity);
  }
  /// Room for `count` more bytes; write at most that many there, then `advance`.
  char* room(std::size_t count) {
    if (count > capacity_ - size_) grow_to(size_ + count);
    return bytes_.get() + size_;
  }
  void advance(std::size_t count) noexcept { size_ += count; }

  void put(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void put_byte(char byte) {
    *room(1) = byte;
    ++size_;
  }
  /// Appends an integer, most significant byte first.
  template <std::integral Integer>
  void put_int(Integer value) {
    const Integer swapped = to_network(value);
    std::memcpy(room(sizeof swapped), &swapped, sizeof swapped);
    size_ += sizeof swapped;
  }
  /// Overwrites an integer written before, for lengths known only afterwards.
  template <std::integral Integer>
  void patch_int(std::size_t at, Integer value) noexcept {
    const Integer swapped = to_network(value);
    std::memcpy(bytes_.get() + at, &swapped, sizeof swapped);
  }

  template <std::integral Integer>
  static Integer to_network(Integer value) noexcept {
    if constexpr (std::endian::native == std::endian::big || sizeof(Integer) == 1) return value;
    if constexpr (sizeof(Integer) == 2) return static_cast<Integer>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
    if constexpr (sizeof(Integer) == 4) return static_cast<Integer>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
    if constexpr (sizeof(Integer) == 8) return static_cast<Integer>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
  }

 private:
  struct Free {
    void operator()(char* bytes) const noexcept { std::free(bytes); }
  };

  void grow_to(std::size_t needed) {
    constexpr std::size_t kSmallest = 256;
    std::size_t capacity = capacity_ + capacity_ / 2;
    if (capacity < needed) capacity = needed;
    if (capacity < kSmallest) capacity = kSmallest;
    char* grown = static_cast<char*>(std::realloc(bytes_.get(), capacity));
    if (grown == nullptr) throw std::bad_alloc();
    (void)bytes_.release();  // realloc took it over
    bytes_.reset(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<char, Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace pgfeed
