#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pgfeed {

/// Raises the errors of one mapping file: `tweets.yaml:12: no such field "colums"; did you mean "columns"?`
class Diagnostic {
 public:
  /// `file` names the mapping in messages.
  explicit Diagnostic(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// Throws Error(mapping) with source and line (from 1). `sentence` begins in lower case and has no full stop.
  [[noreturn]] void fail(std::int64_t line, const std::string& sentence) const;

 private:
  std::string file_;
};

/// A name or value of the mapping in double quotes, for a message: control characters as \u00xx, shortened to 100 bytes.
std::string shown(std::string_view text);

/// `; did you mean "columns"?` for the nearest of `known`, or nothing where none is near. The distance counts
/// insertions, deletions, replacements and swaps of neighbours; one is near in short names, `most` in longer ones.
std::string did_you_mean(std::string_view given, std::span<const std::string> known, std::size_t most = 2);

/// `a, b or c`
std::string listed(std::span<const std::string> names);

}  // namespace pgfeed
