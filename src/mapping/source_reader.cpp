#include "mapping/source_reader.hpp"

#include <fmt/format.h>

namespace pgfeed {
namespace {

const std::vector<std::string> kWays{"path", "first", "template", "constant", "meta"};

std::vector<std::string> ways_given(const MapReader& fields) {
  std::vector<std::string> given;
  for (const std::string& way : kWays) {
    if (fields.has(way)) given.push_back(way);
  }
  return given;
}

// Where the path that begins at `begin` ends: at the first `}` that is not inside a quoted name.
std::size_t end_of_path(std::string_view text, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '}') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

ColumnSource SourceReader::shorthand(const YamlNode& path) const {
  ColumnSource source;
  source.line = path.line;
  source.first.emplace_back(paths_.slot(path.text, path.line));
  return source;
}

ColumnSource SourceReader::from_fields(const MapReader& fields, const std::string& name) const {
  ColumnSource source;
  source.line = fields.line();
  source.first = operands(fields, name);
  if (const auto transform = fields.choice("transform", {"lower", "upper", "trim"})) {
    source.transform = static_cast<Transform>(*transform + 1);  // none is 0, and cannot be written
  }
  if (const YamlNode* fallback = fields.find("default")) source.fallback = constant_of(diagnostic_, *fallback, "default");
  return source;
}

std::vector<Operand> SourceReader::operands(const MapReader& fields, const std::string& name) const {
  const std::vector<std::string> given = ways_given(fields);
  if (given.empty()) {
    diagnostic_.fail(fields.line(),
                     fmt::format("column {} takes its value from nowhere; give it {}", shown(name), listed(kWays)));
  }
  if (given.size() > 1) {
    diagnostic_.fail(fields.line(), fmt::format("column {} has both {} and {}; it takes its value from one of them",
                                                shown(name), given[0], given[1]));
  }
  if (fields.has("of") && given[0] != "meta")
    diagnostic_.fail(fields.find("of")->line, "of belongs to meta: position and meta: key");
  if (given[0] != "first") return {single(fields, given[0])};
  const YamlNode& list = *fields.find("first");
  if (list.kind != YamlNode::Kind::sequence || list.items.empty()) {
    diagnostic_.fail(list.line, "first must be a list of paths: first: [$.a, $.b]");
  }
  std::vector<Operand> out;
  for (const auto& item : list.items) out.push_back(alternative(*item));
  return out;
}

Operand SourceReader::alternative(const YamlNode& node) const {
  if (node.kind != YamlNode::Kind::map) return paths_.slot(text_of(diagnostic_, node, "a path"), node.line);
  const MapReader fields(diagnostic_, node, "an entry of first", {"path", "template", "constant", "meta", "of"});
  const std::vector<std::string> given = ways_given(fields);
  if (given.size() != 1) diagnostic_.fail(node.line, "an entry of first is one path, template, constant or meta");
  return single(fields, given[0]);
}

Operand SourceReader::single(const MapReader& fields, const std::string& way) const {
  const YamlNode& node = *fields.find(way);
  if (way == "path") return paths_.slot(text_of(diagnostic_, node, "path"), node.line);
  if (way == "template") return read_template(node);
  if (way == "constant") return constant_of(diagnostic_, node, "constant");
  return meta(fields);
}

MetaRef SourceReader::meta(const MapReader& fields) const {
  const auto which = fields.choice("meta", {"source", "offset", "line", "position", "key", "load_time"});
  MetaRef ref{static_cast<Meta>(*which), paths_.scope()};
  const std::int64_t line = fields.find("meta")->line;
  const bool is_of_scope = ref.meta == Meta::position || ref.meta == Meta::key;
  if (const auto level = fields.text("of")) {
    if (!is_of_scope) diagnostic_.fail(line, "of belongs to meta: position and meta: key");
    ref.scope = paths_.scope_of(level->starts_with('$') ? level->substr(1) : *level, line);
  }
  if (is_of_scope && ref.scope == 0) {
    diagnostic_.fail(line, fmt::format("{} is of an element, and from has no [*]", *fields.text("meta")));
  }
  if (!is_of_scope) ref.scope = 0;
  return ref;
}

Template SourceReader::read_template(const YamlNode& node) const {
  const std::string& text = text_of(diagnostic_, node, "template");
  Template out;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool doubled = i + 1 < text.size() && text[i + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      literal += c;
      ++i;
    } else if (c == '}') {
      diagnostic_.fail(node.line,
                       fmt::format("a single }} in template {}; the character itself is written }}}}", shown(text)));
    } else if (c == '{') {
      const std::size_t end = end_of_path(text, i + 1);
      if (end == std::string::npos) {
        diagnostic_.fail(
            node.line, fmt::format("a }} is missing in template {}; the character {{ itself is written {{{{", shown(text)));
      }
      if (!literal.empty()) out.pieces.emplace_back(std::exchange(literal, ""));
      out.pieces.emplace_back(paths_.slot(std::string_view(text).substr(i + 1, end - i - 1), node.line));
      i = end;
    } else {
      literal += c;
    }
  }
  if (!literal.empty()) out.pieces.emplace_back(literal);
  return out;
}

}  // namespace pgfeed
