#include "record/document_reader.hpp"

#include <simdjson.h>

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include "record/field_table.hpp"
#include "record/json_string.hpp"
#include "record/nesting.hpp"

namespace pgfeed {

namespace ondemand = simdjson::ondemand;

namespace {

std::string_view without_trailing_space(std::string_view text) noexcept {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

/// A member's name as it is spelled, between its quotes.
struct SpelledKey {
  std::string_view text;
  bool has_escapes;
};

/// Reads the name whose opening quote stands before `at`; the closing one is known to follow. Eight bytes at a time:
/// kPadding bytes may be read past the document.
SpelledKey key_at(const char* at) noexcept {
  const auto until = [at](const char* end) { return std::string_view(at, static_cast<std::size_t>(end - at)); };
  bool has_escapes = false;
  if constexpr (std::endian::native != std::endian::little) {
    const char* end = at;
    for (; *end != '"'; end += *end == '\\' ? 2 : 1) has_escapes = has_escapes || *end == '\\';
    return {until(end), has_escapes};
  }
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
  const auto zero_bytes = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  for (const char* word_at = at;;) {
    std::uint64_t word = 0;
    std::memcpy(&word, word_at, sizeof word);
    const std::uint64_t found = zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\'));
    if (found == 0) {
      word_at += sizeof word;
      continue;
    }
    const char* hit = word_at + std::countr_zero(found) / 8;
    if (*hit == '"') return {until(hit), has_escapes};
    has_escapes = true;
    word_at = hit + 2;  // what follows the backslash is not the end
  }
}

/// A trie node with its names hashed.
struct WalkNode {
  const Projection::Node* node;
  FieldTable fields;
  bool enters_object;
  bool enters_array;
};

}  // namespace

/// One reader's working state: what is being filled, and the functions that fill it while On-Demand iterates.
class DocumentWalk {
 public:
  explicit DocumentWalk(const Projection& projection) : projection_(projection), current_(projection.scopes.size(), 0) {
    for (const Projection::Node& node : projection.nodes) {
      const bool each = node.each != Projection::kNone;
      nodes_.push_back({&node, FieldTable(node.fields), each || !node.fields.empty(), each || !node.indexes.empty()});
    }
    document_.scopes_.resize(projection.scopes.size());
    for (std::size_t i = 0; i < projection.scopes.size(); ++i) document_.scopes_[i].slots = projection.scopes[i].slots;
  }

  const Document& document() const noexcept { return document_; }

  void begin(std::string_view bytes) {
    bytes_ = bytes;
    fault_ = ReadFault::not_json;
    for (Document::ScopeValues& scope : document_.scopes_) {
      scope.elements.clear();
      scope.values.clear();
    }
    if (arena_capacity_ < bytes.size()) {
      arena_capacity_ = std::bit_ceil(bytes.size());
      arena_ = std::make_unique_for_overwrite<char[]>(arena_capacity_);
    }
    arena_used_ = 0;
    add_element(0, 0, 0, {});
  }

  /// Walks the document; false on a fault. `consumed` is where it ends.
  bool walk(ondemand::document& document, std::size_t& consumed) {
    ondemand::json_type type{};
    if (document.type().get(type)) return false;
    const WalkNode& root = nodes_[0];
    const char* const begin = without_leading_space();
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      if (document.get_object().get(object) || !walk_container(object, root, 0)) return false;
    } else if (type == ondemand::json_type::array) {
      ondemand::array array;
      if (document.get_array().get(array) || !walk_container(array, root, 0)) return false;
    } else {
      fault_ = ReadFault::not_a_document;
      return false;
    }
    const char* next = nullptr;
    const bool more = document.current_location().get(next) == simdjson::SUCCESS;
    consumed = more ? static_cast<std::size_t>(next - bytes_.data()) : bytes_.size();
    if (root.node->slot != Projection::kNone) {
      put(0, root.node->slot, make_value(ValueKind::json, without_trailing_space({begin, bytes_.data() + consumed})));
    }
    return true;
  }

  ReadFault fault() const noexcept { return fault_; }

 private:
  /// A trie node to walk a value with, and the scope that its slots are in.
  struct Aim {
    const WalkNode* node = nullptr;
    std::int32_t scope = 0;
  };

  const char* without_leading_space() const noexcept {
    const auto at = bytes_.find_first_not_of(" \n\r\t");
    return bytes_.data() + (at == std::string_view::npos ? 0 : at);
  }

  static std::size_t index(std::int32_t i) noexcept { return static_cast<std::size_t>(i); }

  void add_element(std::int32_t scope, std::uint32_t parent, std::uint32_t position, std::string_view key) {
    Document::ScopeValues& values = document_.scopes_[index(scope)];
    current_[index(scope)] = static_cast<std::uint32_t>(values.elements.size());
    values.elements.push_back({parent, position, key});
    values.values.resize(values.values.size() + values.slots);
  }

  void put(std::int32_t scope, std::int32_t slot, Value value) noexcept {
    Document::ScopeValues& values = document_.scopes_[index(scope)];
    values.values[current_[index(scope)] * values.slots + index(slot)] = value;
  }

  bool walk_container(ondemand::object& object, const WalkNode& at, std::int32_t scope) {
    std::uint64_t seen = 0;
    std::uint32_t position = 0;
    for (auto next : object) {
      ondemand::field field;
      if (std::move(next).get(field)) return false;
      const SpelledKey spelled = key_at(field.key().raw());
      std::string_view key = spelled.text;
      if (spelled.has_escapes && !unescape(key, key)) return false;
      const WalkNode* named = nullptr;
      if (const std::int32_t known = at.fields.find(key); known >= 0) {
        const std::int32_t node = at.node->fields[index(known)].node;
        const std::uint64_t bit = known < 64 ? std::uint64_t{1} << known : 0;
        if (bit == 0 || (seen & bit) != 0) forget(node, scope);
        seen |= bit;
        named = &nodes_[index(node)];
      }
      if (!walk_child(field.value(), named, at.node->each, scope, position++, key)) return false;
    }
    return true;
  }

  bool walk_container(ondemand::array& array, const WalkNode& at, std::int32_t scope) {
    std::uint32_t position = 0;
    for (auto next : array) {
      ondemand::value value;
      if (std::move(next).get(value)) return false;
      const WalkNode* named = nullptr;
      for (const auto& [wanted, node] : at.node->indexes) {
        if (wanted == position) named = &nodes_[index(node)];
      }
      if (!walk_child(value, named, at.node->each, scope, position++, {})) return false;
    }
    return true;
  }

  /// A member or an element: what its name or index asks for, then what `[*]` asks for.
  bool walk_child(ondemand::value value, const WalkNode* named, std::int32_t each, std::int32_t scope,
                  std::uint32_t position, std::string_view key) {
    if (each == Projection::kNone) return named == nullptr || walk_value(value, {named, scope}, {});
    add_element(each, current_[index(scope)], position, key);
    const Aim element{&nodes_[index(projection_.scopes[index(each)].node)], each};
    return named == nullptr ? walk_value(value, element, {}) : walk_value(value, {named, scope}, element);
  }

  bool walk_value(ondemand::value value, Aim first, Aim second) {
    const std::string_view token = value.raw_json_token();
    switch (token.empty() ? '\0' : token.front()) {
      case '{': return walk_container_value<ondemand::object>(value, token.data(), first, second);
      case '[': return walk_container_value<ondemand::array>(value, token.data(), first, second);
      default: {
        const std::string_view scalar = without_trailing_space(token);
        return put_scalar(scalar, first) && (second.node == nullptr || put_scalar(scalar, second));
      }
    }
  }

  template <typename Container>
  bool walk_container_value(ondemand::value value, const char* begin, Aim first, Aim second) {
    if (second.node == nullptr && is_skipped<Container>(first)) return true;
    Container container;
    if (get(value, container) || !take(value, container, begin, first)) return false;
    return second.node == nullptr || (!container.reset().error() && take(value, container, begin, second));
  }

  static simdjson::error_code get(ondemand::value value, ondemand::object& object) { return value.get_object().get(object); }
  static simdjson::error_code get(ondemand::value value, ondemand::array& array) { return value.get_array().get(array); }

  template <typename Container>
  static bool is_entered(Aim aim) noexcept {
    return std::is_same_v<Container, ondemand::object> ? aim.node->enters_object : aim.node->enters_array;
  }
  template <typename Container>
  static bool is_skipped(Aim aim) noexcept {
    return !is_entered<Container>(aim) && aim.node->node->slot == Projection::kNone;
  }

  template <typename Container>
  bool take(ondemand::value value, Container& container, const char* begin, Aim aim) {
    if (is_skipped<Container>(aim)) return true;
    const std::int32_t slot = aim.node->node->slot;
    if (!is_entered<Container>(aim)) return put_whole(container, aim.scope, slot);
    return walk_container(container, *aim.node, aim.scope) && put_walked(value, begin, aim.scope, slot);
  }

  template <typename Container>
  bool put_whole(Container& container, std::int32_t scope, std::int32_t slot) {
    std::string_view text;
    if (container.raw_json().get(text)) return false;
    put(scope, slot, make_value(ValueKind::json, without_trailing_space(text)));
    return true;
  }

  /// The text of a container that was just iterated: up to the closing bracket before the token that comes next.
  bool put_walked(ondemand::value& value, const char* begin, std::int32_t scope, std::int32_t slot) {
    if (slot == Projection::kNone) return true;
    const char* next = nullptr;
    if (value.current_location().get(next)) return false;
    put(scope, slot, make_value(ValueKind::json, without_trailing_space({begin, next})));
    return true;
  }

  bool put_scalar(std::string_view token, Aim aim) {
    if (aim.node->node->slot == Projection::kNone) return true;
    ValueKind kind = ValueKind::missing;
    switch (token.empty() ? '\0' : token.front()) {
      case '"':
        if (token.size() < 2 || token.back() != '"') return false;
        token = token.substr(1, token.size() - 2);
        if (std::memchr(token.data(), '\\', token.size()) != nullptr && !unescape(token, token)) return false;
        kind = ValueKind::string;
        break;
      case 't':
      case 'f':
        if (token != "true" && token != "false") return false;
        kind = ValueKind::boolean;
        break;
      case 'n':
        if (token != "null") return false;
        kind = ValueKind::null;
        break;
      default:
        if (token.empty() || (token.front() != '-' && (token.front() < '0' || token.front() > '9'))) return false;
        kind = ValueKind::number;
    }
    put(aim.scope, aim.node->node->slot, make_value(kind, token));
    return true;
  }

  /// Into the arena, which is as large as the document and so never moves.
  bool unescape(std::string_view raw, std::string_view& text) noexcept {
    std::size_t size = 0;
    char* out = arena_.get() + arena_used_;
    if (arena_used_ + raw.size() > arena_capacity_ || !unescape_json_string(raw, out, size)) {
      fault_ = ReadFault::lone_surrogate;
      return false;
    }
    arena_used_ += size;
    text = {out, size};
    return true;
  }

  /// A member is there twice: what the first one left is taken back.
  void forget(std::int32_t node, std::int32_t scope) {
    const Projection::Node& at = projection_.nodes[index(node)];
    if (at.slot != Projection::kNone) put(scope, at.slot, Value{});
    for (const auto& field : at.fields) forget(field.node, scope);
    for (const auto& [position, below] : at.indexes) forget(below, scope);
    if (at.each != Projection::kNone) forget_elements(at.each, current_[index(scope)]);
  }

  /// Drops the elements of `scope` whose parent is the newest one, and theirs: always the last ones.
  void forget_elements(std::int32_t scope, std::uint32_t first_parent) {
    Document::ScopeValues& values = document_.scopes_[index(scope)];
    std::size_t keep = values.elements.size();
    while (keep > 0 && values.elements[keep - 1].parent >= first_parent) --keep;
    for (std::size_t below = index(scope) + 1; below < projection_.scopes.size(); ++below) {
      if (projection_.scopes[below].parent == scope)
        forget_elements(static_cast<std::int32_t>(below), static_cast<std::uint32_t>(keep));
    }
    values.elements.resize(keep);
    values.values.resize(keep * values.slots);
  }

  const Projection& projection_;
  std::vector<WalkNode> nodes_;
  std::vector<std::uint32_t> current_;  ///< the element of each scope that is being walked
  Document document_;
  std::string_view bytes_;
  ReadFault fault_ = ReadFault::not_json;
  std::unique_ptr<char[]> arena_;  ///< strings that had escapes
  std::size_t arena_capacity_ = 0;
  std::size_t arena_used_ = 0;
};

struct DocumentReader::State {
  State(const Projection& projection, std::size_t max_depth_) : walk(projection), max_depth(max_depth_) {}
  DocumentWalk walk;
  ondemand::parser parser;
  std::size_t max_depth;
};

DocumentReader::DocumentReader(const Projection& projection, std::size_t max_depth)
    : state_(std::make_unique<State>(projection, max_depth)) {}
DocumentReader::~DocumentReader() = default;
DocumentReader::DocumentReader(DocumentReader&&) noexcept = default;

const Document& DocumentReader::document() const noexcept { return state_->walk.document(); }

ReadResult DocumentReader::read(std::string_view bytes) {
  static_assert(kPadding >= simdjson::SIMDJSON_PADDING);
  State& state = *state_;
  ReadResult result{ReadFault::none, bytes.size()};
  if (bytes.size() > state.parser.capacity()) {
    if (state.parser.allocate(std::bit_ceil(bytes.size()))) throw std::bad_alloc();
  }
  ondemand::document document;
  const simdjson::error_code error = state.parser.iterate(bytes.data(), bytes.size(), bytes.size() + kPadding).get(document);
  if (error != simdjson::SUCCESS) {
    result.fault = error == simdjson::UTF8_ERROR ? ReadFault::not_utf8 : ReadFault::not_json;
    return result;
  }
  if (is_nested_deeper(bytes, state.max_depth)) {
    result.fault = ReadFault::too_deep;
    return result;
  }
  state.walk.begin(bytes);
  std::size_t consumed = 0;
  if (!state.walk.walk(document, consumed)) {
    result.fault = state.walk.fault();
    return result;
  }
  result.consumed = consumed;
  return result;
}

const char* phrase_of(ReadFault fault) noexcept {
  switch (fault) {
    case ReadFault::none: return "is fine";
    case ReadFault::not_utf8: return "is not valid UTF-8";
    case ReadFault::not_json: return "is not valid JSON";
    case ReadFault::lone_surrogate: return "has a string with a bad escape or half a surrogate pair";
    case ReadFault::not_a_document: return "is neither an object nor an array";
    case ReadFault::too_deep: return "is nested too deeply";
  }
  return "";
}

const char* sqlstate_of(ReadFault fault) noexcept {
  switch (fault) {
    case ReadFault::none: return "";
    case ReadFault::not_utf8: return "22021";  // character_not_in_repertoire
    case ReadFault::too_deep: return "54001";  // statement_too_complex
    default: return "22P02";                   // invalid_text_representation
  }
}

}  // namespace pgfeed
