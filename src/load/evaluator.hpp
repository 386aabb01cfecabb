#pragma once

#include <cstdint>
#include <regex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mapping/plan.hpp"
#include "record/document_reader.hpp"

namespace pgfeed {

/// What a row may say of where its document comes from.
struct DocumentPlace {
  std::string_view source;
  std::uint64_t offset = 0;
  std::int64_t line = -1;
  std::string_view load_time;  ///< ISO 8601
};

/// Computes the operands of a plan for one document: paths, constants, templates, transforms, conditions.
///
/// Values that are made (not found in the document) live in the evaluator and are valid until the next `value` call.
/// Not thread-safe: one for each worker.
class Evaluator {
 public:
  explicit Evaluator(const Plan& plan);

  /// Aims at a document; `document` and `place` must outlive the aim.
  void aim(const Document& document, const DocumentPlace& place) noexcept;
  /// Aims at one element of a scope, and so at the elements around it. False where one of them does not count.
  bool aim_at_element(std::int32_t scope, std::size_t element) noexcept;

  /// The value of a column: the first operand that is not null, transformed, else the default.
  Value value(const ColumnSource& source);
  bool holds(const Condition& condition);
  [[nodiscard]] const Value& at(SlotRef slot) const noexcept {
    return document_->value(slot.scope, current_[static_cast<std::size_t>(slot.scope)], slot.slot);
  }

 private:
  Value operand(const Operand& operand);
  Value meta(const MetaRef& meta);
  Value filled(const Template& pieces);
  Value transformed(Value value, Transform transform);
  bool matches(const Condition& condition, const Value& value);

  const Plan& plan_;
  const Document* document_ = nullptr;
  const DocumentPlace* place_ = nullptr;
  std::vector<std::size_t> current_;  ///< element of each scope
  std::string made_;                  ///< by a template or a number
  std::string changed_;               ///< by a transform
  std::unordered_map<const Condition*, std::regex> patterns_;
};

}  // namespace pgfeed
