#pragma once

#include "mapping/plan.hpp"

namespace pgfeed {

/// Sets Column::created_type in all tables. The plan is checked: references are known.
void set_created_types(Plan& plan);

}  // namespace pgfeed
