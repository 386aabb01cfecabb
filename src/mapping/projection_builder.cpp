#include "mapping/projection_builder.hpp"

#include <algorithm>

namespace pgfeed {

std::int32_t ProjectionBuilder::add_node() {
  projection_.nodes.emplace_back();
  return static_cast<std::int32_t>(projection_.nodes.size()) - 1;
}

Place ProjectionBuilder::step(Place place, const PathStep& step) {
  const auto at = static_cast<std::size_t>(place.node);
  if (step.kind == PathStep::Kind::name) {
    const auto [found, is_new] = named_.try_emplace({place.node, step.name}, Projection::kNone);
    if (is_new) {
      found->second = add_node();
      projection_.nodes[at].fields.push_back({step.name, found->second});
    }
    return {place.scope, found->second};
  }
  if (step.kind == PathStep::Kind::index) {
    const auto& indexes = projection_.nodes[at].indexes;
    const auto found = std::ranges::find(indexes, step.index, [](const auto& entry) { return entry.first; });
    if (found != indexes.end()) return {place.scope, found->second};
    const std::int32_t node = add_node();
    projection_.nodes[at].indexes.emplace_back(step.index, node);
    return {place.scope, node};
  }
  if (projection_.nodes[at].each == Projection::kNone) {
    const std::int32_t node = add_node();
    projection_.nodes[at].each = static_cast<std::int32_t>(projection_.scopes.size());
    projection_.scopes.push_back({place.scope, node, 0});
  }
  const std::int32_t scope = projection_.nodes[at].each;
  return {scope, projection_.scopes[static_cast<std::size_t>(scope)].node};
}

SlotRef ProjectionBuilder::slot(Place place) {
  Projection::Node& node = projection_.nodes[static_cast<std::size_t>(place.node)];
  Projection::Scope& scope = projection_.scopes[static_cast<std::size_t>(place.scope)];
  if (node.slot == Projection::kNone) node.slot = static_cast<std::int32_t>(scope.slots++);
  return {place.scope, node.slot};
}

Projection ProjectionBuilder::finish() && {
  named_.clear();
  return std::exchange(projection_, Projection{});
}

}  // namespace pgfeed
