#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/projection.hpp"
#include "record/value.hpp"

namespace pgfeed {

/// One element of an array, or one member of an object that is used as a map.
struct Element {
  std::uint32_t parent = 0;    ///< which element of the scope around it
  std::uint32_t position = 0;  ///< in its array or object, from 0
  std::string_view key;        ///< of the member, unescaped; empty in an array
};

/// The values that a projection takes from one document.
///
/// Scope 0 always has one element. Elements of a scope are in document order, so those of one parent lie together.
/// Lifetime: until the next call of the reader that filled it.
class Document {
 public:
  [[nodiscard]] std::size_t elements(std::int32_t scope) const noexcept { return scopes_[index(scope)].elements.size(); }
  [[nodiscard]] const Element& element(std::int32_t scope, std::size_t i) const noexcept {
    return scopes_[index(scope)].elements[i];
  }
  [[nodiscard]] const Value& value(std::int32_t scope, std::size_t i, std::int32_t slot) const noexcept {
    const ScopeValues& values = scopes_[index(scope)];
    return values.values[i * values.slots + index(slot)];
  }

 private:
  friend class DocumentWalk;
  struct ScopeValues {
    std::size_t slots = 0;
    std::vector<Element> elements;
    std::vector<Value> values;  ///< `slots` of them for each element
  };
  static std::size_t index(std::int32_t i) noexcept { return static_cast<std::size_t>(i); }

  std::vector<ScopeValues> scopes_;
};

/// Why a document could not be read.
enum class [[nodiscard]] ReadFault : std::uint8_t {
  none,
  not_utf8,
  not_json,        ///< broken syntax, or cut off
  lone_surrogate,  ///< a bad escape, or half a surrogate pair, in a string that is read
  not_a_document,  ///< a number, string, true, false or null at the top
  too_deep,
};

/// The fault as a sentence without an end: "is not valid JSON".
const char* phrase_of(ReadFault fault) noexcept;
/// The SQLSTATE that PostgreSQL gives for the same fault.
const char* sqlstate_of(ReadFault fault) noexcept;

struct ReadResult {
  ReadFault fault = ReadFault::none;
  std::size_t consumed = 0;  ///< bytes up to the end of the first document; all of them on a fault
};

/// Takes a projection's values out of documents, one at a time, each walked once and forward. The only place that
/// knows simdjson.
///
/// The last of several members with one name wins, as in PostgreSQL's jsonb. What is not projected is only checked
/// for brackets and UTF-8. Not thread-safe: one for each worker. Reuses its memory; allocates nothing per value.
class DocumentReader {
 public:
  static constexpr std::size_t kPadding = 64;  ///< readable bytes that must follow a document

  /// `projection` must outlive the reader. Documents nested deeper than `max_depth` are a fault.
  DocumentReader(const Projection& projection, std::size_t max_depth);
  ~DocumentReader();
  DocumentReader(DocumentReader&&) noexcept;

  /// Reads the first document in `bytes`, which kPadding readable bytes of any content follow.
  ReadResult read(std::string_view bytes);
  /// What the last successful `read` took.
  [[nodiscard]] const Document& document() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgfeed
