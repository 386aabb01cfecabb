#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "record/document.hpp"
#include "record/field_table.hpp"
#include "record/projection.hpp"
#include "record/read_fault.hpp"

namespace pgfeed {

/// Walks one document after another over the offsets of its tokens, and fills a Document with what a projection asks for.
///
/// A value that is not asked for costs one step; a container that is not asked for, one step for each of its tokens.
class DocumentWalk {
 public:
  DocumentWalk(const Projection& projection, std::size_t max_depth);

  /// Walks the first document in `bytes`, of which StructureIndex gave `offsets`. Eight bytes behind `bytes` may be read.
  /// `consumed` becomes where the next token begins; on a fault it stays.
  ReadFault walk(std::string_view bytes, std::span<const std::uint32_t> offsets, std::size_t& consumed);
  [[nodiscard]] const Document& document() const noexcept { return document_; }

 private:
  /// A trie node with its names hashed.
  struct WalkNode {
    const Projection::Node* node;
    FieldTable fields;
    bool enters_object;
    bool enters_array;
  };
  /// A trie node to walk a value with, and the scope that its slots are in.
  struct Aim {
    const WalkNode* node = nullptr;
    std::int32_t scope = 0;
  };

  [[nodiscard]] std::size_t tokens_left() const noexcept { return static_cast<std::size_t>(end_ - next_); }
  [[nodiscard]] char token() const noexcept { return bytes_[*next_]; }
  bool fail(ReadFault fault) noexcept;

  bool walk_object(const WalkNode& at, std::int32_t scope);
  bool walk_member(const WalkNode& at, std::int32_t scope, std::uint32_t position, std::uint64_t& seen);
  bool walk_array(const WalkNode& at, std::int32_t scope);
  bool walk_child(const WalkNode* named, std::int32_t each, std::int32_t scope, std::uint32_t position,
                  std::string_view key);
  bool walk_value(Aim aim);
  bool walk_container(Aim aim, bool enters, bool is_object);
  bool skip_value();
  bool skip_container();
  void drop_repeated(std::int32_t each, std::size_t first);
  bool put_scalar(Aim aim);

  bool take_key(std::string_view& key);
  bool unescape(std::string_view raw, std::string_view& text);
  void put(std::int32_t scope, std::int32_t slot, Value value) noexcept;
  void add_element(std::int32_t scope, std::uint32_t parent, std::uint32_t position, std::string_view key);
  void forget(std::int32_t node, std::int32_t scope);
  void forget_elements(std::int32_t scope, std::uint32_t first_parent);

  const Projection& projection_;
  const std::size_t max_depth_;
  std::vector<WalkNode> nodes_;
  std::vector<std::uint32_t> current_;  ///< the element of each scope that is being walked
  Document document_;

  const char* bytes_ = nullptr;
  const std::uint32_t* next_ = nullptr;  ///< the token to be walked
  const std::uint32_t* end_ = nullptr;
  std::size_t depth_ = 0;
  std::vector<char> open_;              ///< the brackets of a container that is skipped, by depth
  std::vector<std::uint32_t> members_;  ///< of a map, to find those that are repeated
  ReadFault fault_ = ReadFault::none;

  std::unique_ptr<char[]> arena_;  ///< strings that had escapes
  std::size_t arena_capacity_ = 0;
  std::size_t arena_used_ = 0;
  std::vector<std::unique_ptr<char[]>> full_arenas_;  ///< of this document: a value that is walked twice needs more
};

}  // namespace pgfeed
