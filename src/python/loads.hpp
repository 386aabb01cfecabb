#pragma once

#include <nanobind/nanobind.h>

namespace pgfeed::python {

/// A load with its report, a look at sources, and what a task does.
void bind_loads(nanobind::module_& module);

}  // namespace pgfeed::python
