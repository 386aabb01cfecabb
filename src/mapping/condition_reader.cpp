#include "mapping/condition_reader.hpp"

#include <fmt/format.h>

#include <regex>

#include "mapping/yaml_reader.hpp"

namespace pgfeed {
namespace {

// std::regex compiles recursively; a longer pattern is a list, and a list is written with `in`.
constexpr std::size_t kMaxPattern = 1000;

class ConditionReader {
 public:
  ConditionReader(const PathResolver& paths, const Diagnostic& diagnostic) : paths_(paths), diagnostic_(diagnostic) {}

  Condition read(const YamlNode& node) const {
    if (node.kind != YamlNode::Kind::map) return exists(paths_.slot(text_of(diagnostic_, node, "a condition"), node.line));
    const MapReader fields(diagnostic_, node, "a condition",
                           {"path", "exists", "equals", "in", "matches", "not", "all", "any"});
    std::vector<Condition> tests = value_tests(fields);
    if (const YamlNode* inner = fields.find("not")) tests.push_back(combined(Condition::Kind::negation, {read(*inner)}));
    if (const YamlNode* inner = fields.find("all")) tests.push_back(list(Condition::Kind::all, *inner));
    if (const YamlNode* inner = fields.find("any")) tests.push_back(list(Condition::Kind::any, *inner));
    if (tests.empty()) diagnostic_.fail(node.line, "a condition without a test; it needs a path, not, all or any");
    return tests.size() == 1 ? tests.front() : combined(Condition::Kind::all, std::move(tests));
  }

 private:
  static Condition combined(Condition::Kind kind, std::vector<Condition> of) {
    Condition condition;
    condition.kind = kind;
    condition.of = std::move(of);
    return condition;
  }

  static Condition exists(SlotRef slot) {
    Condition condition;
    condition.slot = slot;
    return condition;
  }

  Condition list(Condition::Kind kind, const YamlNode& node) const {
    if (node.kind != YamlNode::Kind::sequence || node.items.empty()) {
      diagnostic_.fail(node.line,
                       fmt::format("{} must be a list of conditions", kind == Condition::Kind::all ? "all" : "any"));
    }
    std::vector<Condition> of;
    for (const auto& item : node.items) of.push_back(read(*item));
    return combined(kind, std::move(of));
  }

  // Each of the tests of the value at `path`; without any, that it is there.
  std::vector<Condition> value_tests(const MapReader& fields) const {
    const auto path = fields.text("path");
    if (!path) {
      for (const char* field : {"exists", "equals", "in", "matches"}) {
        if (fields.has(field))
          diagnostic_.fail(fields.line(), fmt::format("{} needs the path of the value it tests", field));
      }
      return {};
    }
    const SlotRef slot = paths_.slot(*path, fields.find("path")->line);
    std::vector<Condition> tests;
    if (const auto wanted = fields.boolean("exists")) {
      tests.push_back(*wanted ? exists(slot) : combined(Condition::Kind::negation, {exists(slot)}));
    }
    if (const YamlNode* value = fields.find("equals")) {
      tests.push_back(one_of(slot, {constant_of(diagnostic_, *value, "equals")}));
    }
    if (const YamlNode* values = fields.find("in")) tests.push_back(one_of(slot, constants(*values)));
    if (const auto pattern = fields.text("matches")) tests.push_back(matches(slot, *pattern, fields.find("matches")->line));
    if (tests.empty()) tests.push_back(exists(slot));
    return tests;
  }

  static Condition one_of(SlotRef slot, std::vector<Constant> values) {
    Condition condition;
    condition.kind = Condition::Kind::in;
    condition.slot = slot;
    condition.values = std::move(values);
    return condition;
  }

  std::vector<Constant> constants(const YamlNode& node) const {
    if (node.kind != YamlNode::Kind::sequence || node.items.empty())
      diagnostic_.fail(node.line, "in must be a list of values");
    std::vector<Constant> values;
    for (const auto& item : node.items) values.push_back(constant_of(diagnostic_, *item, "a value of in"));
    return values;
  }

  Condition matches(SlotRef slot, const std::string& pattern, std::int64_t line) const {
    if (pattern.size() > kMaxPattern) diagnostic_.fail(line, fmt::format("a pattern of more than {} bytes", kMaxPattern));
    try {
      const std::regex compiled(pattern, std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
      diagnostic_.fail(line, fmt::format("{} is no regular expression: {}", shown(pattern), error.what()));
    }
    Condition condition;
    condition.kind = Condition::Kind::matches;
    condition.slot = slot;
    condition.pattern = pattern;
    return condition;
  }

  const PathResolver& paths_;
  const Diagnostic& diagnostic_;
};

}  // namespace

Condition read_condition(const YamlNode& node, const PathResolver& paths, const Diagnostic& diagnostic) {
  return ConditionReader(paths, diagnostic).read(node);
}

}  // namespace pgfeed
