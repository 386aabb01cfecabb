#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mapping/diagnostic.hpp"

namespace pgfeed {

/// A node of a YAML document. Aliases are resolved: a node may be reached along several ways, never in a circle.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  struct Member {
    std::string key;
    std::int64_t line;  ///< of the key
    std::shared_ptr<const YamlNode> value;
  };

  Kind kind = Kind::null;
  bool plain = false;                                  ///< a scalar without quotes: may be a number, true or false
  std::int64_t line = 0;                               ///< from 1
  std::string text;                                    ///< of a scalar
  std::vector<std::shared_ptr<const YamlNode>> items;  ///< of a sequence
  std::vector<Member> members;                         ///< of a map, in the order of the file; keys are distinct
  std::size_t nodes = 1;                               ///< in the tree from here, aliases counted each time
  std::size_t height = 1;                              ///< levels in the tree from here

  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

/// Reads a YAML document whose top is a map. Merge keys (`<<: *name`) are carried out.
///
/// The text may come from anyone: more than 1 MiB, 100,000 nodes (with aliases written out) or 64 levels, a second
/// document, a key that stands twice in its map, a key that is no scalar, bytes that are not UTF-8 and control
/// characters are errors. Throws Error(mapping) with the line.
std::shared_ptr<const YamlNode> parse_yaml(const std::string& text, const Diagnostic& diagnostic);

}  // namespace pgfeed
