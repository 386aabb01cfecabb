#pragma once

#include <string_view>

#include "record/arrow_column.hpp"

namespace pgfeed {

// Where the bytes of a variable or fixed size lie (https://arrow.apache.org/docs/format/Columnar.html): each kind is
// bound to an array, and then asked for the bytes at a place.

/// Utf8 and Binary with offsets of 32 bits; LargeUtf8 and LargeBinary with 64.
template <class Offset>
class ArrowOffsetBytes {
 public:
  void bind(const ArrowArray& array) noexcept {
    offsets_ = array.buffers[1];
    bytes_ = static_cast<const char*>(array.buffers[2]);
  }
  [[nodiscard]] std::string_view at(std::int64_t place) const noexcept {
    const auto begin = arrow_element<Offset>(offsets_, place);
    const auto end = arrow_element<Offset>(offsets_, place + 1);
    return {bytes_ + begin, static_cast<std::size_t>(end - begin)};
  }

 private:
  const void* offsets_ = nullptr;
  const char* bytes_ = nullptr;
};

/// Utf8View and BinaryView.
class ArrowViewBytes {
 public:
  void bind(const ArrowArray& array) noexcept {
    views_ = static_cast<const char*>(array.buffers[1]);
    buffers_ = array.buffers + 2;
  }
  [[nodiscard]] std::string_view at(std::int64_t place) const noexcept {
    constexpr std::int64_t kViewSize = 16;
    constexpr std::int32_t kMostInline = 12;
    const char* const view = views_ + place * kViewSize;
    const auto size = arrow_element<std::int32_t>(view, 0);
    if (size <= kMostInline) return {view + sizeof size, static_cast<std::size_t>(size)};
    const auto buffer = arrow_element<std::int32_t>(view, 2);
    const auto offset = arrow_element<std::int32_t>(view, 3);
    return {static_cast<const char*>(buffers_[buffer]) + offset, static_cast<std::size_t>(size)};
  }

 private:
  const char* views_ = nullptr;
  const void* const* buffers_ = nullptr;
};

class ArrowFixedBytes {
 public:
  explicit ArrowFixedBytes(std::int32_t size) noexcept : size_(size) {}
  void bind(const ArrowArray& array) noexcept { bytes_ = static_cast<const char*>(array.buffers[1]); }
  [[nodiscard]] std::string_view at(std::int64_t place) const noexcept {
    return {bytes_ + place * size_, static_cast<std::size_t>(size_)};
  }

 private:
  std::int64_t size_;
  const char* bytes_ = nullptr;
};

}  // namespace pgfeed
