#include "mapping/path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/utf8.hpp"

namespace pgfeed {
namespace {

// Documents nest to 512 levels by default; no mapping needs a tenth of that, and the trie stays shallow.
constexpr std::size_t kMaxSteps = 100;

bool begins_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

class PathParser {
 public:
  PathParser(std::string_view text, const Diagnostic& diagnostic, std::int64_t line)
      : diagnostic_(diagnostic), line_(line), text_(text), rest_(text) {}

  Path parse() {
    Path path;
    if (skip('@')) {
      path.start = PathStart::element;
    } else if (skip('$')) {
      path.level = take(leading_name(rest_));
      path.start = path.level.empty() ? PathStart::document : PathStart::level;
    } else {
      fail("a path begins with $ or @");
    }
    while (!rest_.empty()) {
      if (path.steps.size() == kMaxSteps) fail(fmt::format("more than {} steps", kMaxSteps));
      path.steps.push_back(step());
    }
    return path;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    diagnostic_.fail(line_, fmt::format("{} is no path: {}", shown(text_), reason));
  }

  bool skip(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string take(std::string_view front) {
    rest_.remove_prefix(front.size());
    return std::string(front);
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  PathStep step() {
    if (skip('.')) return name_step();
    if (skip('[')) return bracket_step();
    fail(fmt::format("{} should be .name, ['odd name'], [0] or [*]", shown(rest_)));
  }

  PathStep name_step() {
    if (rest_.starts_with('.')) fail("\"..\" is not supported; name each step");
    if (rest_.starts_with('*')) fail("write [*] instead of .*");
    const std::string name = take(leading_name(rest_));
    const std::string_view odd = rest_.substr(0, std::min(rest_.find_first_of(".["), rest_.size()));
    if (!odd.empty())
      fail(fmt::format("write ['{}{}'] for a name with other characters than letters, digits and _", name, odd));
    if (name.empty()) fail("a name is missing after the point");
    return {PathStep::Kind::name, name, 0};
  }

  PathStep bracket_step() {
    skip_spaces();
    PathStep step;
    if (skip('*')) {
      step.kind = PathStep::Kind::each;
    } else if (skip('\'')) {
      step.name = quoted_name('\'');
    } else if (skip('"')) {
      step.name = quoted_name('"');
    } else {
      step = {PathStep::Kind::index, "", index()};
    }
    skip_spaces();
    if (!skip(']')) fail("\"]\" is missing; only ['name'], [0] and [*] may stand in brackets");
    return step;
  }

  std::uint32_t index() {
    const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string digits = take(rest_.substr(0, end));
    if (digits.empty() && rest_.starts_with('-')) fail("elements are counted from the start: [0] is the first");
    if (digits.empty()) fail("only ['name'], [0] and [*] may stand in brackets");
    if (digits.size() > 9 || (digits.size() > 1 && digits[0] == '0')) fail(fmt::format("[{}] is no position", digits));
    return static_cast<std::uint32_t>(std::stoul(digits));
  }

  std::string quoted_name(char quote) {
    std::string name;
    while (!skip(quote)) {
      if (rest_.empty()) fail("a closing quote is missing");
      if (skip('\\')) {
        escape(quote, name);
      } else {
        name += take(rest_.substr(0, 1));
      }
    }
    return name;
  }

  void escape(char quote, std::string& name) {
    constexpr std::string_view kLetters = "bfnrt/\\";
    constexpr std::string_view kMeanings = "\b\f\n\r\t/\\";
    if (skip(quote)) {
      name += quote;
    } else if (skip('u')) {
      append_utf8(code_point(), name);
    } else {
      const std::size_t at = rest_.empty() ? std::string_view::npos : kLetters.find(rest_[0]);
      if (at == std::string_view::npos) fail("an escape that JSON does not have");
      rest_.remove_prefix(1);
      name += kMeanings[at];
    }
  }

  std::uint32_t code_point() {
    const std::uint32_t first = four_digits();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first < 0xDC00 && skip('\\') && skip('u')) {
      const std::uint32_t second = four_digits();
      if (second >= 0xDC00 && second <= 0xDFFF) return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    fail("half of a surrogate pair");
  }

  std::uint32_t four_digits() {
    const std::string digits = take(rest_.substr(0, 4));
    if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      fail("\\u needs four hexadecimal digits");
    }
    return static_cast<std::uint32_t>(std::stoul(digits, nullptr, 16));
  }

  const Diagnostic& diagnostic_;
  std::int64_t line_;
  std::string_view text_;
  std::string_view rest_;
};

}  // namespace

bool Path::has_each() const {
  return std::ranges::any_of(steps, [](const PathStep& step) { return step.kind == PathStep::Kind::each; });
}

Path parse_path(std::string_view text, const Diagnostic& diagnostic, std::int64_t line) {
  return PathParser(text, diagnostic, line).parse();
}

std::string_view leading_name(std::string_view text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && (begins_name(text[end]) || (end > 0 && is_digit(text[end])))) ++end;
  return text.substr(0, end);
}

}  // namespace pgfeed
