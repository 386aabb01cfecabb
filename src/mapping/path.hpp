#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/diagnostic.hpp"

namespace pgfeed {

/// One step of a path: a member by name, an element by position, or each element (`[*]`).
struct PathStep {
  enum class Kind : std::uint8_t { name, index, each };
  Kind kind = Kind::name;
  std::string name;         ///< unescaped
  std::uint32_t index = 0;  ///< from 0

  bool operator==(const PathStep&) const = default;
};

/// Where a path begins.
enum class PathStart : std::uint8_t {
  document,  ///< `$`
  element,   ///< `@`
  level,     ///< `$order`
};

struct Path {
  PathStart start = PathStart::document;
  std::string level;  ///< with PathStart::level: its name, without the `$`
  std::vector<PathStep> steps;

  [[nodiscard]] bool has_each() const;
  [[nodiscard]] bool ends_in_each() const { return !steps.empty() && steps.back().kind == PathStep::Kind::each; }
};

/// Reads the subset of JSONPath (RFC 9535, section 2) that a mapping may use: `$`, `@` or `$name`, then any of `.name`,
/// `['odd name']`, `["odd name"]`, `[0]`, `[*]`; at most 100 steps. Throws Error(mapping) with `line`.
Path parse_path(std::string_view text, const Diagnostic& diagnostic, std::int64_t line);

/// Reads the name of a level (`order` of `$order`) from the start of `text`; empty where there is none.
std::string_view leading_name(std::string_view text) noexcept;

}  // namespace pgfeed
