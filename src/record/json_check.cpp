#include "record/json_check.hpp"

#include <algorithm>
#include <cstdint>

#include "record/plain_bytes.hpp"

namespace pgfeed {
namespace {

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

/// The value of a hexadecimal digit, or -1.
int hex_value(char byte) noexcept {
  if (is_digit(byte)) return byte - '0';
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Checker {
 public:
  Checker(std::string_view text, unsigned max_depth) noexcept
      : at_(text.data()), end_(text.data() + text.size()), max_depth_(std::min(max_depth, kDeepestCheck)) {}

  JsonCheck run() noexcept {
    const bool valid = document();
    return {valid, nul_escape_, lone_surrogate_};
  }

 private:
  bool document() noexcept {
    for (;;) {
      skip_space();
      switch (begin_value()) {
        case Begun::bad: return false;
        case Begun::container: continue;
        case Begun::whole: break;
      }
      if (!end_values()) return false;
      if (depth_ == 0) return at_ == end_;
    }
  }

  enum class Begun { bad, container, whole };

  /// Reads a whole scalar or empty container, or opens a container up to the place of its first value.
  Begun begin_value() noexcept {
    if (at_ == end_) return Begun::bad;
    switch (*at_) {
      case '"': return whole_if(string());
      case '{': return open(true, '}');
      case '[': return open(false, ']');
      case 't': return whole_if(literal("true"));
      case 'f': return whole_if(literal("false"));
      case 'n': return whole_if(literal("null"));
      default: return whole_if(number());
    }
  }

  static Begun whole_if(bool good) noexcept { return good ? Begun::whole : Begun::bad; }

  Begun open(bool object, char close) noexcept {
    ++at_;
    if (depth_ == max_depth_) return Begun::bad;
    skip_space();
    if (at_ != end_ && *at_ == close) {
      ++at_;
      return Begun::whole;
    }
    push(object);
    return !object || name() ? Begun::container : Begun::bad;
  }

  /// After a value: closes what ends here, up to the place of the next value or to the end of the text.
  bool end_values() noexcept {
    for (;;) {
      skip_space();
      if (depth_ == 0) return true;
      if (at_ == end_) return false;
      const char byte = *at_++;
      if (byte == ',') {
        if (!in_object()) return true;
        skip_space();
        return name();
      }
      if (byte != (in_object() ? '}' : ']')) return false;
      --depth_;
    }
  }

  /// A member's name and its colon.
  bool name() noexcept {
    if (at_ == end_ || *at_ != '"' || !string()) return false;
    skip_space();
    if (at_ == end_ || *at_ != ':') return false;
    ++at_;
    return true;
  }

  bool string() noexcept {
    ++at_;
    for (;;) {
      at_ = skip_plain_bytes(at_, end_);
      if (at_ == end_) return false;
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\' || !escape()) return false;
    }
  }

  bool escape() noexcept {
    if (end_ - at_ < 2) return false;
    const char kind = at_[1];
    if (kind == 'u') return unicode_escape();
    at_ += 2;
    return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
  }

  bool unicode_escape() noexcept {
    const int unit = code_unit();
    if (unit < 0) return false;
    at_ += 6;
    if (unit == 0) nul_escape_ = true;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    // A high half takes the low half behind it along; any other half is alone.
    const int next = unit < 0xDC00 ? code_unit() : -1;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      at_ += 6;
    } else {
      lone_surrogate_ = true;
    }
    return true;
  }

  /// The value of the `\uXXXX` that begins here, or -1.
  int code_unit() const noexcept {
    if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return -1;
    int unit = 0;
    for (int i = 2; i < 6; ++i) {
      const int digit = hex_value(at_[i]);
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  bool number() noexcept {
    if (at_ != end_ && *at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return true;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    return digits();
  }

  /// One digit or more.
  bool digits() noexcept {
    const char* begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  }

  bool literal(std::string_view word) noexcept {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  // One bit per open container, set for an object. Words are written before they are read, so they need no clearing.
  void push(bool object) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    std::uint64_t& word = objects_[depth_ / 64];
    word = depth_ % 64 == 0 ? (object ? bit : 0) : (object ? word | bit : word & ~bit);
    ++depth_;
  }
  bool in_object() const noexcept { return (objects_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1) != 0; }

  const char* at_;
  const char* end_;
  unsigned max_depth_;
  unsigned depth_ = 0;
  bool nul_escape_ = false;
  bool lone_surrogate_ = false;
  std::uint64_t objects_[kDeepestCheck / 64];
};

}  // namespace

JsonCheck check_json(std::string_view text, unsigned max_depth) noexcept { return Checker(text, max_depth).run(); }

}  // namespace pgfeed
