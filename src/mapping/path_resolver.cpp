#include "mapping/path_resolver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/path.hpp"
#include "mapping/yaml_reader.hpp"

namespace pgfeed {

PathResolver PathResolver::of_rows(ProjectionBuilder& builder, const Diagnostic& diagnostic, const YamlNode* from) {
  PathResolver resolver(builder, diagnostic);
  if (from == nullptr) {
    resolver.element_ = Place{};
  } else if (from->kind == YamlNode::Kind::map) {
    resolver.read_levels(*from);
  } else {
    const Path path = parse_path(text_of(diagnostic, *from, "from"), diagnostic, from->line);
    if (path.start != PathStart::document)
      diagnostic.fail(from->line, "from must begin at the document: $, $.user or $.items[*]");
    resolver.enter(path, from->line);
  }
  return resolver;
}

void PathResolver::read_levels(const YamlNode& levels) {
  if (levels.members.empty()) diagnostic_.fail(levels.line, "from names no level");
  for (const YamlNode::Member& member : levels.members) {
    const bool is_last = &member == &levels.members.back();
    if (member.key.empty() || leading_name(member.key) != member.key) {
      diagnostic_.fail(member.line, shown(member.key) + " cannot name a level: letters, digits and _ only, no digit first");
    }
    const Path path = parse_path(text_of(diagnostic_, *member.value, "the path of a level"), diagnostic_, member.line);
    check_follows(path, member.line);
    if (!is_last && !path.ends_in_each()) {
      diagnostic_.fail(member.line,
                       fmt::format("level {} must end in [*]; only the last level may be an object", shown(member.key)));
    }
    enter(path, member.line);
    levels_.emplace_back(member.key, *element_);
  }
}

// Levels are nested, not multiplied with one another: each goes down from the one before.
void PathResolver::check_follows(const Path& path, std::int64_t line) const {
  if (levels_.empty()) {
    if (path.start != PathStart::document) diagnostic_.fail(line, "the first level must begin at the document: $.items[*]");
    return;
  }
  const std::string& before = levels_.back().first;
  const bool follows = path.start == PathStart::element || (path.start == PathStart::level && path.level == before);
  if (!follows) diagnostic_.fail(line, fmt::format("this level must begin at the one before it: ${}", before));
}

void PathResolver::enter(const Path& path, std::int64_t line) {
  Place place = start_of(path, line);
  for (const PathStep& step : path.steps) place = builder_.step(place, step);
  element_ = place;
  present_.reset();
  if (!path.steps.empty() && !path.ends_in_each()) present_ = builder_.slot(place);
}

Place PathResolver::start_of(const Path& path, std::int64_t line) const {
  switch (path.start) {
    case PathStart::document: return Place{};
    case PathStart::element:
      if (!element_) diagnostic_.fail(line, "@ is the element of a row source, and there is none here; begin with $");
      return *element_;
    case PathStart::level: break;
  }
  return named(path.level, line);
}

Place PathResolver::named(const std::string& level, std::int64_t line) const {
  const auto found = std::ranges::find(levels_, level, &std::pair<std::string, Place>::first);
  if (found != levels_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, place] : levels_) names.push_back("$" + name);
  std::string hint = did_you_mean("$" + level, names);
  if (hint.empty())
    hint = names.empty() ? fmt::format("; a path of the document is written $.{}", level) : "; there is " + listed(names);
  diagnostic_.fail(line, fmt::format("no level {} in from{}", shown("$" + level), hint));
}

SlotRef PathResolver::slot(std::string_view text, std::int64_t line) const {
  const Path path = parse_path(text, diagnostic_, line);
  if (path.has_each()) {
    diagnostic_.fail(line, fmt::format("{} has many values, and one is wanted here; put the [*] in from", shown(text)));
  }
  Place place = start_of(path, line);
  for (const PathStep& step : path.steps) place = builder_.step(place, step);
  return builder_.slot(place);
}

std::int32_t PathResolver::scope_of(const std::string& level, std::int64_t line) const { return named(level, line).scope; }

}  // namespace pgfeed
