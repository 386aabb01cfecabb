#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/diagnostic.hpp"
#include "mapping/projection_builder.hpp"
#include "mapping/yaml_document.hpp"

namespace pgfeed {

/// Turns paths into slots, knowing what `@` and `$name` mean in one row source.
///
/// Must not outlive the builder and the diagnostic.
class PathResolver {
 public:
  /// Paths of the document alone: `@` and `$name` are errors.
  PathResolver(ProjectionBuilder& builder, const Diagnostic& diagnostic) : builder_(builder), diagnostic_(diagnostic) {}

  /// Paths of a row source with this `from`: a path, or a map of level names to paths. Null stands for `$`.
  static PathResolver of_rows(ProjectionBuilder& builder, const Diagnostic& diagnostic, const YamlNode* from);

  /// The scope of a row.
  [[nodiscard]] std::int32_t scope() const noexcept { return element_ ? element_->scope : 0; }
  /// The object that a `from` without `[*]` at its end leads to; nothing for `$` and for elements.
  [[nodiscard]] std::optional<SlotRef> present() const noexcept { return present_; }

  /// The slot of one value. A `[*]` in the path is an error.
  SlotRef slot(std::string_view path, std::int64_t line) const;
  /// The scope of a level, by its name without the `$`.
  [[nodiscard]] std::int32_t scope_of(const std::string& level, std::int64_t line) const;

 private:
  void enter(const Path& path, std::int64_t line);
  void read_levels(const YamlNode& levels);
  void check_follows(const Path& path, std::int64_t line) const;
  [[nodiscard]] Place start_of(const Path& path, std::int64_t line) const;
  [[nodiscard]] Place named(const std::string& level, std::int64_t line) const;

  ProjectionBuilder& builder_;
  const Diagnostic& diagnostic_;
  std::vector<std::pair<std::string, Place>> levels_;  // outermost first
  std::optional<Place> element_;
  std::optional<SlotRef> present_;
};

}  // namespace pgfeed
