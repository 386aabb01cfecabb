#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pgfeed {

/// Which paths of a document are read, and where their values go.
///
/// A trie of path steps. Every `[*]` that a row source explodes opens a *scope*: its values exist once per element
/// (or per member, where an object is used as a map). Scope 0 is the document itself, with one element.
/// A node's slot is a place among the values of the innermost scope around the node.
///
/// Built once from a mapping, then immutable and shared by all threads.
struct Projection {
  static constexpr std::int32_t kNone = -1;

  struct Field {
    std::string name;  ///< unescaped
    std::int32_t node;
  };

  struct Node {
    std::vector<Field> fields;                                    ///< `.name` and `['name']`; names are distinct
    std::vector<std::pair<std::uint32_t, std::int32_t>> indexes;  ///< `[0]`: position, node
    std::int32_t slot = kNone;                                    ///< where the value itself goes
    std::int32_t each = kNone;                                    ///< `[*]`: the scope that every element opens
  };

  struct Scope {
    std::int32_t parent = kNone;  ///< the scope around it; always a smaller number
    std::int32_t node = 0;        ///< the trie node of one element
    std::uint32_t slots = 0;      ///< values per element
  };

  std::vector<Node> nodes{1};                     ///< nodes[0] is `$`
  std::vector<Scope> scopes{Scope{kNone, 0, 0}};  ///< scopes[0] is the document
};

}  // namespace pgfeed
