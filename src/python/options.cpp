#include "python/options.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <pgfeed/check.hpp>
#include <pgfeed/load.hpp>

#include <chrono>
#include <optional>
#include <string>

#include "text/option_values.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pgfeed::python {
namespace {

using std::chrono::milliseconds;

std::optional<double> parse_seconds(const std::string& text) {
  const std::optional<milliseconds> time = parse_duration(text);
  return time ? std::optional(std::chrono::duration<double>(*time).count()) : std::nullopt;
}

template <milliseconds SessionOptions::*time>
double seconds_of(const SessionOptions& session) {
  return std::chrono::duration<double>(session.*time).count();
}
template <milliseconds SessionOptions::*time>
void set_seconds(SessionOptions& session, double seconds) {
  session.*time = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(seconds));
}

// A path is bytes; Python's texts stand for them as os.fsencode says.
std::string path_of(nb::handle path) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(path.ptr(), &encoded) == 0) nb::raise_python_error();
  const auto bytes = nb::steal<nb::bytes>(encoded);
  return {bytes.c_str(), bytes.size()};
}

using Paths = nb::typed<nb::list, nb::str>;

template <typename Options>
Paths paths_of(const Options& options) {
  Paths paths;
  for (const std::string& path : options.sources)
    paths.append(nb::steal(PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<Py_ssize_t>(path.size()))));
  return paths;
}
template <typename Options>
void set_paths(Options& options, const Paths& paths) {
  std::vector<std::string> sources;
  for (const nb::handle path : paths) sources.push_back(path_of(path));
  options.sources = std::move(sources);
}

void bind_session(nb::module_& module) {
  nb::class_<SessionOptions>(module, "SessionOptions")
      .def(nb::init<>())
      .def_rw("conninfo", &SessionOptions::conninfo)
      .def_rw("schema", &SessionOptions::schema)
      .def_prop_rw("connect_timeout", &seconds_of<&SessionOptions::connect_timeout>,
                   &set_seconds<&SessionOptions::connect_timeout>)
      .def_prop_rw("retry_for", &seconds_of<&SessionOptions::retry_for>, &set_seconds<&SessionOptions::retry_for>)
      .def_prop_rw("lock_timeout", &seconds_of<&SessionOptions::lock_timeout>, &set_seconds<&SessionOptions::lock_timeout>)
      .def_prop_rw("answer_timeout", &seconds_of<&SessionOptions::answer_timeout>,
                   &set_seconds<&SessionOptions::answer_timeout>);
}

void bind_load(nb::module_& module) {
  nb::class_<LoadOptions>(module, "LoadOptions")
      .def(nb::init<>())
      .def_rw("mapping", &LoadOptions::mapping)
      .def_rw("mapping_text", &LoadOptions::mapping_text)
      .def_rw("session", &LoadOptions::session)
      .def_prop_rw("sources", &paths_of<LoadOptions>, &set_paths<LoadOptions>)
      .def_rw("partitions", &LoadOptions::partitions)
      .def_rw("joins", &LoadOptions::joins)
      .def_rw("stream", &LoadOptions::stream)
      .def_rw("batch", &LoadOptions::batch)
      .def_rw("once", &LoadOptions::once)
      .def_rw("overwrite", &LoadOptions::overwrite)
      .def_rw("documents", &LoadOptions::documents)
      .def_rw("connections", &LoadOptions::connections)
      .def_rw("limit", &LoadOptions::limit)
      .def_rw("dry_run", &LoadOptions::dry_run)
      .def_prop_rw(
          "atomic", [](const LoadOptions& options) { return options.publish == Publish::atomic; },
          [](LoadOptions& options, bool atomic) { options.publish = atomic ? Publish::atomic : Publish::split; })
      .def("set_max_rejects",
           [](LoadOptions& options, std::int64_t documents) {
             options.max_rejects = {documents, {}};
           })
      .def("set_max_rejects_percent",
           [](LoadOptions& options, double percent) {
             options.max_rejects = {0, percent};
           })
      .def_rw("rejects_file", &LoadOptions::rejects_file)
      .def_rw("rejects_name", &LoadOptions::rejects_name)
      .def_rw("reload", &LoadOptions::reload)
      .def_rw("split_size", &LoadOptions::split_size)
      .def_rw("max_document", &LoadOptions::max_document)
      .def_rw("max_depth", &LoadOptions::max_depth)
      .def_rw("strict_json", &LoadOptions::strict_json);
}

void bind_check(nb::module_& module) {
  nb::class_<CheckOptions>(module, "CheckOptions")
      .def(nb::init<>())
      .def_rw("mapping", &CheckOptions::mapping)
      .def_rw("mapping_text", &CheckOptions::mapping_text)
      .def_rw("session", &CheckOptions::session)
      .def_prop_rw("sources", &paths_of<CheckOptions>, &set_paths<CheckOptions>)
      .def_rw("documents", &CheckOptions::documents)
      .def_rw("limit", &CheckOptions::limit)
      .def_rw("sample_percent", &CheckOptions::sample_percent)
      .def_rw("max_document", &CheckOptions::max_document)
      .def_rw("max_depth", &CheckOptions::max_depth)
      .def_rw("strict_json", &CheckOptions::strict_json);
}

}  // namespace

void bind_options(nb::module_& module) {
  bind_session(module);
  bind_load(module);
  bind_check(module);
  module.def("parse_size", &parse_size, "text"_a, "Bytes: `100`, `64KiB`, `32MiB`, `1GiB`. None for anything else.");
  module.def("parse_duration", &parse_seconds, "text"_a,
             "Seconds: `30`, `30s`, `500ms`, `5min`, `1h`. None for anything else, and for more than a day.");
}

}  // namespace pgfeed::python
