#pragma once

#include "mapping/path_resolver.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

/// Reads a condition: a path (it is there and not null), or a map of tests that must all hold.
/// Throws Error(mapping), also for a pattern that is no ECMAScript regular expression.
Condition read_condition(const YamlNode& node, const PathResolver& paths, const Diagnostic& diagnostic);

}  // namespace pgfeed
