#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/diagnostic.hpp"
#include "mapping/plan.hpp"
#include "mapping/yaml_document.hpp"

namespace pgfeed {

/// Typed access to the fields of one map. Every function throws Error(mapping) with the line.
///
/// Must not outlive the node and the diagnostic.
class MapReader {
 public:
  /// `what` names the map in messages: "a table". Fails when the node is no map or has a field that is not in `known`.
  MapReader(const Diagnostic& diagnostic, const YamlNode& node, std::string_view what,
            std::initializer_list<std::string> known);

  [[nodiscard]] std::int64_t line() const noexcept { return node_.line; }
  [[nodiscard]] bool has(std::string_view field) const { return node_.find(field) != nullptr; }
  /// The value, also when it is null; or nullptr.
  [[nodiscard]] const YamlNode* find(std::string_view field) const { return node_.find(field); }
  [[nodiscard]] const YamlNode& required(std::string_view field) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view field) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view field) const;
  /// A list of texts that is not empty and holds none twice; nothing where the field is not there.
  [[nodiscard]] std::vector<std::string> names(std::string_view field) const;
  /// Which of `words` the field holds, counted from 0.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view field, std::initializer_list<std::string> words) const;

 private:
  const Diagnostic& diagnostic_;
  const YamlNode& node_;
  std::string what_;
};

/// The text of a scalar that is not null. `what` names it in messages: "a path".
const std::string& text_of(const Diagnostic& diagnostic, const YamlNode& node, std::string_view what);

/// A scalar as JSON would have it: plain null, true, false and JSON numbers are what they are, all else is a string.
Constant constant_of(const Diagnostic& diagnostic, const YamlNode& node, std::string_view what);

}  // namespace pgfeed
