#pragma once

#include <random>
#include <string>

namespace pgfeed {

/// Makes JSON that is hard to cut: brackets, quotes and backslashes in strings, names and values of all forms.
class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string string() {
    static const char* const kPieces[] = {"a",         "{",    "}",    "[",   "]",       ",",        ":",
                                          " ",         "\\\"", "\\\\", "\\n", "\\u0041", "\xC3\xA9", "\xF0\x9F\x98\x8B",
                                          "plain text"};
    std::string text = "\"";
    for (std::size_t i = below(12); i != 0; --i) text += kPieces[below(std::size(kPieces))];
    return text + "\"";
  }

  /// `breaks`: line breaks may stand between tokens.
  std::string value(int depth, bool breaks) {
    const std::size_t kind = below(depth > 0 ? 7 : 5);
    if (kind == 0) return "null";
    if (kind == 1) return "-12.5e3";
    if (kind <= 4) return kind == 2 ? "true" : string();
    return kind == 5 ? array(depth, breaks) : object(depth, breaks);
  }

  std::string array(int depth, bool breaks) {
    std::string text = "[";
    for (std::size_t i = 0, n = below(4); i != n; ++i)
      text += (i == 0 ? "" : ",") + space(breaks) + value(depth - 1, breaks);
    return text + space(breaks) + "]";
  }

  std::string object(int depth, bool breaks) {
    std::string text = "{";
    for (std::size_t i = 0, n = below(5); i != n; ++i) {
      text += (i == 0 ? "" : ",") + space(breaks) + string() + space(breaks) + ":" + value(depth - 1, breaks);
    }
    return text + "}";
  }

  std::string space(bool breaks) {
    static const char* const kSpaces[] = {"", "", " ", "\t", "\n", "\r\n  "};
    return kSpaces[below(breaks ? std::size(kSpaces) : 4)];
  }

 private:
  std::mt19937 random_;
};

}  // namespace pgfeed
