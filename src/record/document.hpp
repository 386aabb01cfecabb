#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/value.hpp"

namespace pgfeed {

/// One element of an array, or one member of an object that is used as a map.
struct Element {
  std::uint32_t parent = 0;    ///< which element of the scope around it
  std::uint32_t position = 0;  ///< in its array or object, from 0
  std::string_view key;        ///< of the member, unescaped; empty in an array
  bool is_repeated = false;    ///< a later member has the same name: this one and all in it do not count
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

}  // namespace pgfeed
