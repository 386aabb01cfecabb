#include "load/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "encode/decimal.hpp"
#include "load/letter_case.hpp"

namespace pgfeed {
namespace {

/// Numbers are checked where they are used.
bool is_broken(const Value& value) { return value.kind == ValueKind::number && !is_json_number(value.text()); }

bool equals(const Value& value, const Constant& constant) {
  if (is_broken(value)) return false;
  if (value.is_null() || constant.kind == ValueKind::null) return value.is_null() && constant.kind == ValueKind::null;
  return value.kind == constant.kind && value.text() == constant.text;
}

}  // namespace

Evaluator::Evaluator(const Plan& plan) : plan_(plan), current_(plan.projection.scopes.size(), 0) {}

void Evaluator::aim(const Document& document, const DocumentPlace& place) noexcept {
  document_ = &document;
  place_ = &place;
}

bool Evaluator::aim_at_element(std::int32_t scope, std::size_t element) noexcept {
  bool counts = true;
  for (std::int32_t at = scope; at > 0; at = plan_.projection.scopes[static_cast<std::size_t>(at)].parent) {
    current_[static_cast<std::size_t>(at)] = element;
    counts = counts && !document_->element(at, element).is_repeated;
    element = document_->element(at, element).parent;
  }
  return counts;
}

Value Evaluator::value(const ColumnSource& source) {
  Value found;
  for (const Operand& candidate : source.first) {
    found = operand(candidate);
    if (!found.is_null()) break;
  }
  if (found.is_null()) return source.fallback ? make_value(source.fallback->kind, source.fallback->text) : found;
  return source.transform == Transform::none ? found : transformed(found, source.transform);
}

Value Evaluator::operand(const Operand& operand) {
  if (const auto* slot = std::get_if<SlotRef>(&operand)) return at(*slot);
  if (const auto* constant = std::get_if<Constant>(&operand)) return make_value(constant->kind, constant->text);
  if (const auto* of_place = std::get_if<MetaRef>(&operand)) return meta(*of_place);
  return filled(std::get<Template>(operand));
}

Value Evaluator::meta(const MetaRef& wanted) {
  const auto number = [this](auto value) {
    made_ = fmt::format("{}", value);
    return make_value(ValueKind::number, made_);
  };
  const auto scope = static_cast<std::size_t>(wanted.scope);
  switch (wanted.meta) {
    case Meta::source: return make_value(ValueKind::string, place_->source);
    case Meta::offset: return number(place_->offset);
    case Meta::line: return place_->line < 0 ? Value{nullptr, 0, ValueKind::null} : number(place_->line);
    case Meta::position: return number(document_->element(wanted.scope, current_[scope]).position);
    case Meta::key: return make_value(ValueKind::string, document_->element(wanted.scope, current_[scope]).key);
    case Meta::load_time: return make_value(ValueKind::string, place_->load_time);
  }
  return {};
}

Value Evaluator::filled(const Template& pieces) {
  made_.clear();
  for (const auto& piece : pieces.pieces) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      made_ += *text;
      continue;
    }
    const Value& value = at(std::get<SlotRef>(piece));
    if (value.is_null()) return {nullptr, 0, ValueKind::null};
    if (value.kind == ValueKind::json || is_broken(value)) return value;  // no text: the encoder says so
    made_ += value.text();
  }
  return make_value(ValueKind::string, made_);
}

Value Evaluator::transformed(Value value, Transform transform) {
  if (value.kind != ValueKind::string) return value;
  if (transform == Transform::trim) {
    std::string_view text = value.text();
    const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return make_value(ValueKind::string, text);
  }
  change_case(value.text(), transform == Transform::lower, changed_);
  return make_value(ValueKind::string, changed_);
}

bool Evaluator::holds(const Condition& condition) {
  const auto each = [this](const Condition& part) { return holds(part); };
  switch (condition.kind) {
    case Condition::Kind::exists: return !at(condition.slot).is_null();
    case Condition::Kind::in:
      return std::ranges::any_of(condition.values,
                                 [&](const Constant& constant) { return equals(at(condition.slot), constant); });
    case Condition::Kind::matches: return matches(condition, at(condition.slot));
    case Condition::Kind::negation: return std::ranges::none_of(condition.of, each);
    case Condition::Kind::all: return std::ranges::all_of(condition.of, each);
    case Condition::Kind::any: return std::ranges::any_of(condition.of, each);
  }
  return false;
}

bool Evaluator::matches(const Condition& condition, const Value& value) {
  // The library's search recurses once for each character: a long text would end the process.
  constexpr std::size_t kLongest = 4096;
  if (value.is_null() || value.kind == ValueKind::json || is_broken(value) || value.size > kLongest) return false;
  auto compiled = patterns_.find(&condition);
  if (compiled == patterns_.end())
    compiled = patterns_.emplace(&condition, std::regex(condition.pattern, std::regex::ECMAScript)).first;
  try {
    return std::regex_search(value.text().begin(), value.text().end(), compiled->second);
  } catch (const std::regex_error&) {
    return false;  // too complex for this text: the library gives up rather than run for ever
  }
}

}  // namespace pgfeed
