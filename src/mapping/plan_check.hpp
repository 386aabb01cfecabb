#pragma once

#include "mapping/diagnostic.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

/// Checks what can only be seen when all tables are known: tables without rows, references, cycles, surrogates and
/// the root. Throws Error(mapping) for the first fault.
void check_plan(const Plan& plan, const Diagnostic& diagnostic);

}  // namespace pgfeed
