#include "record/document_walk.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "record/json_string.hpp"

namespace pgfeed {
namespace {

/// What a token does to the depth: 1, -1 or 0.
constexpr std::array<std::int8_t, 256> kSteps = [] {
  std::array<std::int8_t, 256> steps{};
  steps['{'] = steps['['] = 1;
  steps['}'] = steps[']'] = -1;
  return steps;
}();

std::int8_t step_of(char token) noexcept { return kSteps[static_cast<unsigned char>(token)]; }

bool ends_value(char token) noexcept { return token == ',' || token == ':' || step_of(token) < 0; }

bool begins_scalar(char token) noexcept {
  return std::string_view("\"-tfn0123456789").find(token) != std::string_view::npos;
}

/// Whether there is a backslash in `text`, which eight more bytes may be read behind.
bool has_backslash(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if constexpr (std::endian::native != std::endian::little) return text.find('\\') != std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); i += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, kWord);
    word ^= kOnes * '\\';
    const std::uint64_t found = (word - kOnes) & ~word & kHighs;
    if (found != 0) return i + static_cast<std::size_t>(std::countr_zero(found)) / 8 < text.size();
  }
  return false;
}

std::string_view without_trailing_space(const char* begin, const char* end) noexcept {
  while (end != begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::size_t index(std::int32_t i) noexcept { return static_cast<std::size_t>(i); }

}  // namespace

// What is done once for each member is inlined into the loops over members, for a tenth of the walk.

/// A member's name and its colon. There follow its value and a separator at least, so four tokens.
[[gnu::always_inline]] inline bool DocumentWalk::take_key(std::string_view& key) {
  if (tokens_left() < 4 || token() != '"' || bytes_[next_[1]] != ':') return false;
  key = without_trailing_space(bytes_ + next_[0] + 1, bytes_ + next_[1]);
  if (key.empty() || key.back() != '"') return false;
  key.remove_suffix(1);
  next_ += 2;
  return !has_backslash(key) || unescape(key, key);
}

[[gnu::always_inline]] inline bool DocumentWalk::skip_value() {
  if (next_ == end_) return false;
  const char first = token();
  if (step_of(first) > 0) return skip_container();
  ++next_;
  return !ends_value(first);
}

/// A member or an element: what its name or index asks for, then what `[*]` asks for.
[[gnu::always_inline]] inline bool DocumentWalk::walk_child(const WalkNode* named, std::int32_t each, std::int32_t scope,
                                                            std::uint32_t position, std::string_view key) {
  if (each == Projection::kNone) return named == nullptr ? skip_value() : walk_value({named, scope});
  const std::uint32_t* const value = next_;
  if (named != nullptr) {
    if (!walk_value({named, scope})) return false;
    next_ = value;
  }
  add_element(each, current_[index(scope)], position, key);
  return walk_value({&nodes_[index(projection_.scopes[index(each)].node)], each});
}

[[gnu::always_inline]] inline bool DocumentWalk::walk_member(const WalkNode& at, std::int32_t scope, std::uint32_t position,
                                                             std::uint64_t& seen) {
  std::string_view key;
  if (!take_key(key)) return false;
  const WalkNode* named = nullptr;
  if (const std::int32_t known = at.fields.find(key); known >= 0) {
    const std::int32_t node = at.node->fields[index(known)].node;
    const std::uint64_t bit = known < 64 ? std::uint64_t{1} << known : 0;
    if (bit == 0 || (seen & bit) != 0) forget(node, scope);
    seen |= bit;
    named = &nodes_[index(node)];
  }
  return walk_child(named, at.node->each, scope, position, key);
}

DocumentWalk::DocumentWalk(const Projection& projection, std::size_t max_depth)
    : projection_(projection), max_depth_(max_depth), current_(projection.scopes.size(), 0) {
  for (const Projection::Node& node : projection.nodes) {
    const bool each = node.each != Projection::kNone;
    nodes_.push_back({&node, FieldTable(node.fields), each || !node.fields.empty(), each || !node.indexes.empty()});
  }
  document_.scopes_.resize(projection.scopes.size());
  for (std::size_t i = 0; i < projection.scopes.size(); ++i) document_.scopes_[i].slots = projection.scopes[i].slots;
}

ReadFault DocumentWalk::walk(std::string_view bytes, std::span<const std::uint32_t> offsets, std::size_t& consumed) {
  for (Document::ScopeValues& scope : document_.scopes_) {
    scope.elements.clear();
    scope.values.clear();
  }
  if (arena_capacity_ < bytes.size()) {
    arena_capacity_ = std::bit_ceil(bytes.size());
    arena_ = std::make_unique_for_overwrite<char[]>(arena_capacity_);
  }
  arena_used_ = 0;
  full_arenas_.clear();
  add_element(0, 0, 0, {});

  bytes_ = bytes.data();
  next_ = offsets.data();
  end_ = next_ + offsets.size();
  depth_ = 0;
  fault_ = ReadFault::not_json;
  if (next_ == end_) return fault_;
  if (step_of(token()) <= 0) return begins_scalar(token()) ? ReadFault::not_a_document : fault_;
  // Whatever stands behind the document, it ends with a bracket: else this is no row of documents, but a broken one.
  if (step_of(bytes_[end_[-1]]) >= 0) return fault_;
  if (!walk_value({nodes_.data(), 0})) return fault_;
  consumed = next_ == end_ ? bytes.size() : *next_;
  return ReadFault::none;
}

bool DocumentWalk::fail(ReadFault fault) noexcept {
  fault_ = fault;
  return false;
}

/// Behind the opening bracket.
bool DocumentWalk::walk_object(const WalkNode& at, std::int32_t scope) {
  if (next_ == end_) return false;
  if (token() == '}') {
    ++next_;
    return true;
  }
  std::uint64_t seen = 0;
  const std::int32_t each = at.node->each;
  const std::size_t first = each == Projection::kNone ? 0 : document_.elements(each);
  for (std::uint32_t position = 0;; ++position) {
    if (!walk_member(at, scope, position, seen) || next_ == end_) return false;
    const char separator = bytes_[*next_++];
    if (separator == '}') break;
    if (separator != ',') return false;
  }
  if (each != Projection::kNone) drop_repeated(each, first);
  return true;
}

/// Behind the opening bracket.
bool DocumentWalk::walk_array(const WalkNode& at, std::int32_t scope) {
  if (next_ == end_) return false;
  if (token() == ']') {
    ++next_;
    return true;
  }
  for (std::uint32_t position = 0;; ++position) {
    const WalkNode* named = nullptr;
    for (const auto& [wanted, node] : at.node->indexes) {
      if (wanted == position) named = &nodes_[index(node)];
    }
    if (!walk_child(named, at.node->each, scope, position, {}) || next_ == end_) return false;
    const char separator = bytes_[*next_++];
    if (separator == ']') return true;
    if (separator != ',') return false;
  }
}

bool DocumentWalk::walk_value(Aim aim) {
  if (next_ == end_) return false;
  switch (token()) {
    case '{': return walk_container(aim, aim.node->enters_object, true);
    case '[': return walk_container(aim, aim.node->enters_array, false);
    default: return put_scalar(aim);
  }
}

bool DocumentWalk::walk_container(Aim aim, bool enters, bool is_object) {
  const char* const begin = bytes_ + *next_;
  if (!enters) {
    if (!skip_container()) return false;
  } else {
    if (++depth_ > max_depth_) return fail(ReadFault::too_deep);
    ++next_;
    if (!(is_object ? walk_object(*aim.node, aim.scope) : walk_array(*aim.node, aim.scope))) return false;
    --depth_;
  }
  if (const std::int32_t slot = aim.node->node->slot; slot != Projection::kNone) {
    const char* const end = bytes_ + next_[-1] + 1;  // behind the closing bracket
    put(aim.scope, slot, make_value(ValueKind::json, {begin, static_cast<std::size_t>(end - begin)}));
  }
  return true;
}

bool DocumentWalk::skip_container() {
  constexpr char kToClosing = 2;  // from '{' to '}', from '[' to ']'
  const std::uint32_t* next = next_;
  std::size_t depth = depth_;
  do {
    if (next == end_) return false;
    const char c = bytes_[*next++];
    const std::int8_t step = step_of(c);
    if (step > 0) {
      if (++depth > max_depth_) return fail(ReadFault::too_deep);
      if (depth >= open_.size()) open_.resize(depth * 2);
      open_[depth] = c;
    } else if (step < 0) {
      if (c - kToClosing != open_[depth]) return false;
      --depth;
    }
  } while (depth != depth_);
  next_ = next;
  return true;
}

bool DocumentWalk::put_scalar(Aim aim) {
  std::string_view text = without_trailing_space(bytes_ + next_[0], bytes_ + next_[1]);
  ++next_;
  if (ends_value(text.front())) return false;
  const std::int32_t slot = aim.node->node->slot;
  if (slot == Projection::kNone) return true;
  ValueKind kind = ValueKind::number;
  switch (text.front()) {
    case '"':
      if (text.size() < 2 || text.back() != '"') return false;
      text = text.substr(1, text.size() - 2);
      if (std::memchr(text.data(), '\\', text.size()) != nullptr && !unescape(text, text)) return false;
      kind = ValueKind::string;
      break;
    case 't':
    case 'f':
      if (text != "true" && text != "false") return false;
      kind = ValueKind::boolean;
      break;
    case 'n':
      if (text != "null") return false;
      kind = ValueKind::null;
      break;
    default:
      if (text.front() != '-' && (text.front() < '0' || text.front() > '9')) return false;
  }
  put(aim.scope, slot, make_value(kind, text));
  return true;
}

/// Into the arena, whose bytes never move.
bool DocumentWalk::unescape(std::string_view raw, std::string_view& text) {
  if (arena_capacity_ - arena_used_ < raw.size()) {
    full_arenas_.push_back(std::move(arena_));
    arena_ = std::make_unique_for_overwrite<char[]>(arena_capacity_);
    arena_used_ = 0;
  }
  std::size_t size = 0;
  char* out = arena_.get() + arena_used_;
  if (!unescape_json_string(raw, out, size)) return fail(ReadFault::lone_surrogate);
  arena_used_ += size;
  text = {out, size};
  return true;
}

void DocumentWalk::put(std::int32_t scope, std::int32_t slot, Value value) noexcept {
  Document::ScopeValues& values = document_.scopes_[index(scope)];
  values.values[current_[index(scope)] * values.slots + index(slot)] = value;
}

void DocumentWalk::add_element(std::int32_t scope, std::uint32_t parent, std::uint32_t position, std::string_view key) {
  Document::ScopeValues& values = document_.scopes_[index(scope)];
  current_[index(scope)] = static_cast<std::uint32_t>(values.elements.size());
  values.elements.push_back({parent, position, key, false});
  values.values.resize(values.values.size() + values.slots);
}

/// Of members of a map with one name the last stays, as everywhere.
void DocumentWalk::drop_repeated(std::int32_t each, std::size_t first) {
  std::vector<Element>& elements = document_.scopes_[index(each)].elements;
  members_.clear();
  for (std::size_t i = first; i < elements.size(); ++i) members_.push_back(static_cast<std::uint32_t>(i));
  std::ranges::sort(members_, [&](std::uint32_t a, std::uint32_t b) {
    const int order = elements[a].key.compare(elements[b].key);
    return order != 0 ? order < 0 : a < b;
  });
  for (std::size_t i = 1; i < members_.size(); ++i) {
    if (elements[members_[i - 1]].key == elements[members_[i]].key) elements[members_[i - 1]].is_repeated = true;
  }
}

/// A member is there twice: what the first one left is taken back.
void DocumentWalk::forget(std::int32_t node, std::int32_t scope) {
  const Projection::Node& at = projection_.nodes[index(node)];
  if (at.slot != Projection::kNone) put(scope, at.slot, Value{});
  for (const auto& field : at.fields) forget(field.node, scope);
  for (const auto& [position, below] : at.indexes) forget(below, scope);
  if (at.each != Projection::kNone) forget_elements(at.each, current_[index(scope)]);
}

/// Drops the elements of `scope` whose parent is the newest one, and theirs: always the last ones.
void DocumentWalk::forget_elements(std::int32_t scope, std::uint32_t first_parent) {
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

}  // namespace pgfeed
