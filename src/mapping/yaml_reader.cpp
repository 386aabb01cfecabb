#include "mapping/yaml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgfeed {
namespace {

bool skip_digits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

bool skip_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  skip_one_of(text, "-");
  if (!skip_one_of(text, "0") && !skip_digits(text)) return false;
  if (skip_one_of(text, ".") && !skip_digits(text)) return false;
  if (skip_one_of(text, "eE")) {
    skip_one_of(text, "+-");
    if (!skip_digits(text)) return false;
  }
  return text.empty();
}

}  // namespace

MapReader::MapReader(const Diagnostic& diagnostic, const YamlNode& node, std::string_view what,
                     std::initializer_list<std::string> known)
    : diagnostic_(diagnostic), node_(node), what_(what) {
  if (node.kind != YamlNode::Kind::map) diagnostic.fail(node.line, fmt::format("{} must be a map of fields", what));
  for (const YamlNode::Member& member : node.members) {
    if (std::ranges::find(known, member.key) != known.end()) continue;
    const std::vector<std::string> names(known);
    std::string hint = did_you_mean(member.key, names);
    if (hint.empty()) hint = fmt::format("; {} has {}", what, listed(names));
    diagnostic.fail(member.line, fmt::format("no such field {}{}", shown(member.key), hint));
  }
}

const YamlNode& MapReader::required(std::string_view field) const {
  const YamlNode* node = find(field);
  if (node == nullptr) diagnostic_.fail(line(), fmt::format("{} needs the field \"{}\"", what_, field));
  return *node;
}

std::optional<std::string> MapReader::text(std::string_view field) const {
  const YamlNode* node = find(field);
  if (node == nullptr) return std::nullopt;
  return text_of(diagnostic_, *node, field);
}

std::optional<bool> MapReader::boolean(std::string_view field) const {
  const YamlNode* node = find(field);
  if (node == nullptr) return std::nullopt;
  if (node->kind == YamlNode::Kind::scalar && node->plain && (node->text == "true" || node->text == "false")) {
    return node->text == "true";
  }
  diagnostic_.fail(node->line, fmt::format("{} must be true or false", field));
}

std::vector<std::string> MapReader::names(std::string_view field) const {
  const YamlNode* node = find(field);
  if (node == nullptr) return {};
  if (node->kind != YamlNode::Kind::sequence || node->items.empty()) {
    diagnostic_.fail(node->line, fmt::format("{0} must be a list of column names: {0}: [id]", field));
  }
  std::vector<std::string> out;
  for (const auto& item : node->items) {
    const std::string& name = text_of(diagnostic_, *item, "a column name");
    if (std::ranges::find(out, name) != out.end()) {
      diagnostic_.fail(item->line, fmt::format("{} names column {} twice", field, shown(name)));
    }
    out.push_back(name);
  }
  return out;
}

std::optional<std::size_t> MapReader::choice(std::string_view field, std::initializer_list<std::string> words) const {
  const YamlNode* node = find(field);
  if (node == nullptr) return std::nullopt;
  const std::string& word = text_of(diagnostic_, *node, field);
  const auto found = std::ranges::find(words, word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::vector<std::string> known(words);
  std::string hint = did_you_mean(word, known);
  if (hint.empty()) hint = "; it is " + listed(known);
  diagnostic_.fail(node->line, fmt::format("{} cannot be {}{}", field, shown(word), hint));
}

const std::string& text_of(const Diagnostic& diagnostic, const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::null) diagnostic.fail(node.line, fmt::format("{} is empty", what));
  if (node.kind != YamlNode::Kind::scalar) diagnostic.fail(node.line, fmt::format("{} must be a single text", what));
  if (node.text.empty()) diagnostic.fail(node.line, fmt::format("{} is empty", what));
  return node.text;
}

Constant constant_of(const Diagnostic& diagnostic, const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::null) return {ValueKind::null, ""};
  if (node.kind != YamlNode::Kind::scalar) {
    diagnostic.fail(node.line, fmt::format("{} must be a single value: a text, a number, true, false or null", what));
  }
  if (node.plain && (node.text == "true" || node.text == "false")) return {ValueKind::boolean, node.text};
  if (node.plain && is_json_number(node.text)) return {ValueKind::number, node.text};
  return {ValueKind::string, node.text};
}

}  // namespace pgfeed
