#pragma once

#include <nanobind/nanobind.h>

namespace pgfeed::python {

/// The classes of options: attributes as the C++ headers have them, times in seconds.
void bind_options(nanobind::module_& module);

}  // namespace pgfeed::python
