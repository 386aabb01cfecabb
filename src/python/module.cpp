// What Python sees of the engine. No logic is here: conversions and the GIL only.

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include "mapping/plan.hpp"
#include "python/errors.hpp"
#include "python/loads.hpp"
#include "python/options.hpp"
#include "python/partitions.hpp"

namespace nb = nanobind;
using namespace nb::literals;

NB_MODULE(_engine, module) {
  module.doc() = "The engine of pgfeed. What is meant for users is in the package pgfeed.";
  pgfeed::python::translate_errors();
  pgfeed::python::bind_options(module);
  pgfeed::python::bind_loads(module);
  pgfeed::python::bind_partitions(module);

  module.def(
      "version", [] { return PGFEED_VERSION; }, "The version of the engine.");
  module.def(
      "parse_mapping",
      [](const std::string& text, const std::string& name) { return pgfeed::compile_mapping(text, name).feed; }, "text"_a,
      "name"_a, nb::call_guard<nb::gil_scoped_release>(),
      "The feed that a mapping is for. Raises `MappingError` with its line; `name` is what messages call the mapping.");
}
