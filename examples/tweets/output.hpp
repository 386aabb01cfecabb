#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tweets {

/// Bytes to be written, in one buffer that grows and is emptied between documents. What is put in is JSON already.
class Output {
 public:
  Output() : bytes_(1 << 16) {}

  /// A literal. Its size is known to the compiler, which makes a few moves of the copy.
  template <std::size_t Size>
  void put(const char (&literal)[Size]) {
    char* const at = room(Size - 1);
    std::memcpy(at, literal, Size - 1);
    size_ += Size - 1;
  }

  template <std::same_as<std::string_view> Text>
  void put(Text text) {
    char* const at = room(text.size());
    std::memcpy(at, text.data(), text.size());
    size_ += text.size();
  }
  void put(const std::string& text) { put(std::string_view(text)); }

  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  void put(Number number) {
    char* const at = room(20);  // the longest of 64 bits: -9223372036854775808, 18446744073709551615
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 20, number).ptr - at);
  }

  template <std::same_as<bool> Flag>
  void put(Flag flag) {
    put(flag ? std::string_view("true") : std::string_view("false"));
  }

  void put_character(char character) {
    *room(1) = character;
    ++size_;
  }

  /// Puts all of these, one after the other.
  template <typename... Parts>
  void all(const Parts&... parts) {
    (put(parts), ...);
  }

  [[nodiscard]] std::string_view view(std::size_t from = 0) const { return {bytes_.data() + from, size_ - from}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void truncate(std::size_t size) { size_ = size; }

 private:
  char* room(std::size_t wanted) {
    if (bytes_.size() - size_ < wanted) bytes_.resize(2 * bytes_.size() + wanted);
    return bytes_.data() + size_;
  }

  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

}  // namespace tweets
