#pragma once

#include <map>
#include <string>
#include <utility>

#include "mapping/path.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

/// A place in every document: a node of the trie and the scope it lies in.
struct Place {
  std::int32_t scope = 0;
  std::int32_t node = 0;
};

/// Grows a Projection path by path. Equal paths share nodes, slots and scopes.
class ProjectionBuilder {
 public:
  /// The place one step on from `place`. `[*]` opens a scope, or enters the one that is open there already.
  Place step(Place place, const PathStep& step);
  /// The slot that the value at `place` goes to.
  SlotRef slot(Place place);

  /// The finished trie; the builder is empty afterwards.
  Projection finish() &&;

 private:
  std::int32_t add_node();

  Projection projection_;
  std::map<std::pair<std::int32_t, std::string>, std::int32_t> named_;  // the trie's own lists are searched in order
};

}  // namespace pgfeed
