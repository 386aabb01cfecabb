#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "mapping/known_types.hpp"
#include "mapping/names.hpp"

namespace pgfeed {
namespace {

// The only types whose names have several words: any other second word would be a clause (NOT NULL, DEFAULT …).
constexpr std::array<std::string_view, 7> kSeveralWords{
    "double precision",           "character varying",  "char varying", "bit varying",
    "national character varying", "national character", "national char"};
constexpr std::array<std::string_view, 2> kZones{"with time zone", "without time zone"};
// What an interval may keep, longest first: "day" begins "day to second".
constexpr std::array<std::string_view, 13> kIntervalFields{
    "year to month", "day to hour", "day to minute", "day to second", "hour to minute", "hour to second", "minute to second",
    "year",          "month",       "day",           "hour",          "minute",         "second"};
constexpr std::array<std::string_view, 6> kSerials{"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"};

bool begins_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

class TypeParser {
 public:
  TypeParser(std::string_view text, const Diagnostic& diagnostic, std::int64_t line)
      : diagnostic_(diagnostic), line_(line), text_(text), rest_(text) {}

  std::string parse() {
    std::string out = name();
    const std::string plain = lower(out);
    if (std::ranges::find(kSerials, plain) != kSerials.end()) {
      fail("it makes a sequence; for a generated id give the table a surrogate, else write the integer type");
    }
    const std::string fields = plain == "interval" ? interval_fields() : "";
    out += fields;
    const bool takes_modifiers = fields.empty() || fields.ends_with("second");
    if (takes_modifiers && skip('(')) out += modifiers(plain);
    if (plain == "time" || plain == "timestamp") out += zone();
    if (skip('[')) {
      if (!skip(']')) fail("an array is written []");
      out += "[]";
      if (skip('[')) fail("only arrays of one dimension can be filled");
    }
    spaces();
    if (!rest_.empty()) fail(fmt::format("{} does not belong to a type{}", shown(rest_), misspelt_type(text_)));
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    diagnostic_.fail(line_, fmt::format("{} is no type name: {}", shown(text_), reason));
  }
  void spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  bool skip(char c) {
    spaces();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Takes these words from the front, whatever their case and the spaces between them.
  bool skip_words(std::string_view words) {
    const std::string_view before = rest_;
    while (!words.empty()) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(word.size() + 1, words.size()));
      spaces();
      if (lower(take_word()) != word) {
        rest_ = before;
        return false;
      }
    }
    return true;
  }

  std::string take_word() {
    std::size_t end = 0;
    while (end < rest_.size() && (begins_word(rest_[end]) || (end > 0 && (is_digit(rest_[end]) || rest_[end] == '$'))))
      ++end;
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  std::string name() {
    spaces();
    for (const std::string_view words : kSeveralWords) {
      if (skip_words(words)) return std::string(words);
    }
    std::string out = identifier();
    if (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      out += "." + identifier();
    }
    return out;
  }

  std::string identifier() {
    std::string out = rest_.starts_with('"') ? quoted() : take_word();
    if (out.empty()) fail("a name is wanted, such as bigint, numeric(12,2), text[] or schema.name");
    return out;
  }

  std::string quoted() {
    std::size_t end = 1;
    while (true) {
      end = rest_.find('"', end);
      if (end == std::string_view::npos) fail("a closing quote is missing");
      if (!rest_.substr(end + 1).starts_with('"')) break;
      end += 2;
    }
    std::string out(rest_.substr(0, end + 1));
    rest_.remove_prefix(end + 1);
    check_identifier(out.substr(1, out.size() - 2), "a type name", diagnostic_, line_);
    return out;
  }

  std::string modifiers(const std::string& type) {
    std::vector<std::string> all;
    do {
      all.push_back(modifier());
    } while (skip(','));
    if (!skip(')')) fail("\")\" is missing");
    if (const std::string fault = modifier_fault(type, all); !fault.empty()) fail(fault);
    return fmt::format("({})", fmt::join(all, ","));
  }

  // A number, or a word such as in geometry(Point,4326).
  std::string modifier() {
    std::string out = skip('-') ? "-" : "";
    spaces();
    const std::string_view digits = rest_.substr(0, std::min(rest_.find_first_not_of("0123456789"), rest_.size()));
    if (!digits.empty()) {
      rest_.remove_prefix(digits.size());
      if (digits.size() > 9) fail("a number in the brackets is too large");
      return out.append(digits);
    }
    std::string word = out.empty() ? take_word() : "";
    if (word.empty()) fail("only numbers and words may stand in the brackets");
    return word;
  }

  std::string interval_fields() {
    for (const std::string_view words : kIntervalFields) {
      if (skip_words(words)) return fmt::format(" {}", words);
    }
    return "";
  }

  std::string zone() {
    for (const std::string_view words : kZones) {
      if (skip_words(words)) return fmt::format(" {}", words);
    }
    return "";
  }

  const Diagnostic& diagnostic_;
  std::int64_t line_;
  std::string_view text_;
  std::string_view rest_;
};

}  // namespace

std::string check_type_name(std::string_view text, const Diagnostic& diagnostic, std::int64_t line) {
  return TypeParser(text, diagnostic, line).parse();
}

}  // namespace pgfeed
