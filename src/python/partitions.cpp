#include "python/partitions.hpp"

#include <nanobind/stl/string.h>
#include <pgfeed/partitions.hpp>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "python/main_thread.hpp"
#include "record/arrow_owned.hpp"
#include "task/arrow_feed.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace pgfeed::python {
namespace {

/// The struct in a capsule of the Arrow PyCapsule interface.
template <class Struct>
Struct& held_in(const nb::handle& capsule, const char* name) {
  void* held = PyCapsule_GetPointer(capsule.ptr(), name);
  if (held == nullptr) nb::raise_python_error();
  return *static_cast<Struct*>(held);
}

/// Bytes of a str, as UTF-8, or of bytes; valid as long as the object.
std::string_view bytes_of(const nb::handle& document) {
  Py_ssize_t size = 0;
  char* bytes = nullptr;
  if (PyUnicode_Check(document.ptr())) {
    const char* text = PyUnicode_AsUTF8AndSize(document.ptr(), &size);
    if (text == nullptr) nb::raise_python_error();
    return {text, static_cast<std::size_t>(size)};
  }
  if (PyBytes_AsStringAndSize(document.ptr(), &bytes, &size) != 0) nb::raise_python_error();
  return {bytes, static_cast<std::size_t>(size)};
}

/// Waits for the sink in the caller's thread, which looks for Ctrl-C meanwhile.
void wait_for(DocumentSink& sink, const std::function<void()>& work) {
  MainThread().run([&](std::stop_token stop) {
    const std::stop_callback on_stop(stop, [&sink] { sink.stop(); });
    work();
  });
}

/// Connects, which may take long.
void make(PartitionTask* place, const std::string& task, const std::string& conninfo, const std::string& attempt) {
  std::unique_ptr<PartitionTask> made;
  MainThread().run(
      [&](const std::stop_token& stop) { made = std::make_unique<PartitionTask>(task, conninfo, attempt, stop); });
  new (place) PartitionTask(std::move(*made));
}

bool begin(DocumentSink& sink, std::int64_t partition) {
  bool is_wanted = false;
  wait_for(sink, [&] { is_wanted = sink.begin(partition); });
  return is_wanted;
}

void add(DocumentSink& sink, const nb::handle& document) {
  const std::string_view bytes = bytes_of(document);
  const nb::gil_scoped_release released;
  sink.add(bytes);
}

void add_batch(DocumentSink& sink, const nb::handle& schema, const nb::handle& array, bool as_text) {
  const ArrowSchema& held_schema = held_in<ArrowSchema>(schema, "arrow_schema");
  OwnedArrowArray batch(held_in<ArrowArray>(array, "arrow_array"));
  const nb::gil_scoped_release released;
  ArrowFeed(held_schema, as_text, sink).add(std::move(batch));
}

/// The batches of a stream, one after another, as long as they are wanted. What its producer says went wrong is an
/// Error(source).
void add_stream(DocumentSink& sink, const nb::handle& capsule, bool as_text) {
  ArrowArrayStream& stream = held_in<ArrowArrayStream>(capsule, "arrow_array_stream");
  const auto require = [&](int code) {
    if (code == 0) return;
    const char* said = stream.get_last_error(&stream);
    throw Error(ErrorKind::source,
                std::string("the Arrow stream failed: ") + (said != nullptr ? said : std::strerror(code)));
  };
  wait_for(sink, [&] {
    OwnedArrowSchema schema;
    require(stream.get_schema(&stream, schema.receive()));
    ArrowFeed feed(*schema, as_text, sink);
    for (OwnedArrowArray batch; !sink.is_full();) {
      require(stream.get_next(&stream, batch.receive()));
      if (batch.empty()) return;
      feed.add(std::move(batch));
    }
  });
}

}  // namespace

void bind_partitions(nb::module_& module) {
  nb::class_<DocumentSink>(module, "DocumentSink")
      .def("begin", &begin, "partition"_a)
      .def("add", &add, "document"_a)
      .def("add_batch", &add_batch, "schema"_a, "array"_a, "as_text"_a)
      .def("add_stream", &add_stream, "stream"_a, "as_text"_a)
      .def("end", [](DocumentSink& sink) { wait_for(sink, [&] { sink.end(); }); })
      .def_prop_ro("is_full", &DocumentSink::is_full);
  nb::class_<PartitionTask, DocumentSink>(module, "PartitionTask")
      .def("__init__", &make, "task"_a, "conninfo"_a, "attempt"_a)
      .def("leave", [](PartitionTask& task) { wait_for(task, [&] { task.leave(); }); })
      .def("outcome", &PartitionTask::outcome);
  module.def("joining_task", &joining_task, "options"_a);
  module.def("give_up_partitions", &give_up_partitions, "options"_a, "keeps_staged"_a,
             nb::call_guard<nb::gil_scoped_release>());
  module.def("write_load", &write_load, "options"_a);
  module.def("read_load", &read_load, "text"_a, "conninfo"_a);
  module.def(
      "is_text",
      [](const nb::handle& schema) { return ArrowTextColumn::fits(held_in<ArrowSchema>(schema, "arrow_schema")); },
      "schema"_a, "Whether the rows of an Arrow schema may be JSON texts: there is one column, of text or binary.");
  module.def(
      "require_documents",
      [](const nb::handle& schema) { const ArrowDocuments documents(held_in<ArrowSchema>(schema, "arrow_schema")); },
      "schema"_a, "Raises `SourceError`, which names the column, where rows of an Arrow schema cannot become documents.");
}

}  // namespace pgfeed::python
