#include "python/loads.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <pgfeed/check.hpp>
#include <pgfeed/conninfo.hpp>
#include <pgfeed/documents.hpp>
#include <pgfeed/load.hpp>
#include <pgfeed/partitions.hpp>
#include <pgfeed/table.hpp>
#include <pgfeed/tasks.hpp>

#include <optional>
#include <string>
#include <vector>

#include "load/rejects_file.hpp"
#include "python/main_thread.hpp"
#include "text/report_text.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pgfeed::python {
namespace {

using Texts = std::vector<std::string>;
using Columns = std::vector<std::pair<std::string, std::string>>;

/// Python's function, called in the caller's thread.
RunTasks runner(MainThread& main, const nb::callable& run_tasks) {
  return [&](const Texts& tasks) {
    Texts outcomes;
    main.call([&] { outcomes = nb::cast<Texts>(run_tasks(tasks)); });
    return outcomes;
  };
}

HandOver handing_over(MainThread& main, const nb::callable& hand_over) {
  return [&](DocumentSink& sink) { main.call([&] { hand_over(nb::cast(&sink, nb::rv_policy::reference)); }); };
}

/// A load, and its report as far as it has come.
class PythonLoad {
 public:
  /// Throws Error(usage) where the rejects would be written over the mapping or a source.
  explicit PythonLoad(LoadOptions options) : options_(std::move(options)) { require_rejects_apart(options_); }

  /// `progress` is called with rows that are in, bytes that are read and bytes that there are (-1: not known).
  void run(const std::optional<nb::callable>& progress) {
    MainThread main;
    const auto show = [&](const Report& so_far) {
      const Counts counts = so_far.counts;
      const std::int64_t total = so_far.total_bytes;
      if (progress)
        main.show([&progress, counts, total] { (*progress)(counts.read, counts.rejected, counts.bytes, total); });
    };
    main.run([&](std::stop_token stop) { load(options_, show, std::move(stop), &report_); });
  }

  void run_by_tasks(const nb::callable& run_tasks) {
    MainThread main;
    main.run([&](std::stop_token stop) { load_by_tasks(options_, runner(main, run_tasks), std::move(stop), &report_); });
  }

  void run_by_partitions(const nb::callable& run_tasks) {
    MainThread main;
    main.run(
        [&](std::stop_token stop) { load_by_partitions(options_, runner(main, run_tasks), std::move(stop), &report_); });
  }

  void run_documents(const nb::callable& hand_over) {
    MainThread main;
    main.run(
        [&](std::stop_token stop) { load_documents(options_, handing_over(main, hand_over), std::move(stop), &report_); });
  }

  [[nodiscard]] std::string json() const { return report_json(report_); }
  /// A warning may name a path that is no UTF-8.
  [[nodiscard]] nb::str text() const {
    const std::string text = report_text(report_);
    return nb::steal<nb::str>(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
  }
  [[nodiscard]] bool has_begun() const { return report_.has_begun; }

 private:
  LoadOptions options_;
  Report report_;
};

std::pair<std::string, std::string> check_sources(const CheckOptions& options, std::size_t shown_rows) {
  CheckReport report;
  MainThread().run([&](std::stop_token) { report = check(options, shown_rows); });
  return {check_json(report), check_text(report)};
}

std::pair<std::string, std::string> check_handed_over(const CheckOptions& options, const nb::callable& hand_over,
                                                      std::size_t shown_rows) {
  CheckReport report;
  MainThread main;
  main.run([&](std::stop_token) { report = check_documents(options, handing_over(main, hand_over), shown_rows); });
  return {check_json(report), check_text(report)};
}

std::string run_one_task(const std::string& task, const std::string& conninfo, const std::string& attempt, bool is_last) {
  std::string outcome;
  MainThread().run([&](std::stop_token stop) { outcome = run_task(task, conninfo, attempt, is_last, std::move(stop)); });
  return outcome;
}

}  // namespace

void bind_loads(nb::module_& module) {
  nb::class_<PythonLoad>(module, "Load")
      .def(nb::init<LoadOptions>(), "options"_a)
      .def("run", &PythonLoad::run, "progress"_a.none() = nb::none(),
           nb::sig("def run(self, progress: collections.abc.Callable[[int, int, int, int], object] | None = None) -> None"))
      .def("run_by_tasks", &PythonLoad::run_by_tasks, "run_tasks"_a,
           nb::sig("def run_by_tasks(self, run_tasks: collections.abc.Callable[[list[str]], list[str]]) -> None"))
      .def("run_by_partitions", &PythonLoad::run_by_partitions, "run_tasks"_a,
           nb::sig("def run_by_partitions(self, run_tasks: collections.abc.Callable[[list[str]], list[str]]) -> None"))
      .def("run_documents", &PythonLoad::run_documents, "hand_over"_a,
           nb::sig("def run_documents(self, hand_over: collections.abc.Callable[[DocumentSink], object]) -> None"))
      .def_prop_ro("has_begun", &PythonLoad::has_begun)
      .def_prop_ro("json", &PythonLoad::json)
      .def_prop_ro("text", &PythonLoad::text);
  module.def("check", &check_sources, "options"_a, "shown_rows"_a, "What was found, as JSON and as text for a person.");
  module.def("check_documents", &check_handed_over, "options"_a, "hand_over"_a, "shown_rows"_a,
             nb::sig("def check_documents(options: CheckOptions, hand_over: collections.abc.Callable[[DocumentSink], "
                     "object], shown_rows: int) -> tuple[str, str]"),
             "The same of documents; the sink lives as long as the call.");
  module.def(
      "look_at_table",
      [](const SessionOptions& session, const std::string& table) -> std::optional<std::pair<Columns, Texts>> {
        TableLook look;
        MainThread().run([&](std::stop_token) { look = look_at_table(session, table); });
        if (!look.is_there) return std::nullopt;
        Columns columns;
        for (const TableLook::Column& column : look.columns) columns.emplace_back(column.name, column.type);
        return std::pair(columns, look.key);
      },
      "session"_a, "table"_a,
      "Names and types of a table's columns, and the names of those of its primary key. None: there is no such table.");
  module.def("run_task", &run_one_task, "task"_a, "conninfo"_a, "attempt"_a, "is_last"_a);
  module.def("require_success", &require_success, "outcome"_a);
  module.def("require_no_secret", &require_no_secret, "conninfo"_a);
}

}  // namespace pgfeed::python
