#pragma once

#include <nanobind/nanobind.h>

namespace pgfeed::python {

/// A task that is handed documents, as texts and as Arrow batches.
void bind_partitions(nanobind::module_& module);

}  // namespace pgfeed::python
