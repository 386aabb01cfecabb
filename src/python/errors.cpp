#include "python/errors.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <exception>
#include <pgfeed/error.hpp>
#include <string_view>

namespace nb = nanobind;

namespace pgfeed::python {
namespace {

/// A sentence may have bytes of documents and paths that are no UTF-8.
nb::object as_text(std::string_view text) {
  return nb::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

/// As `pgfeed.errors` has them.
const char* name_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage: return "usage";
    case ErrorKind::mapping: return "mapping";
    case ErrorKind::source: return "source";
    case ErrorKind::database: return "database";
    case ErrorKind::rejects: return "rejects";
    case ErrorKind::interrupted: return "interrupted";
  }
  return "";
}

/// The classes are Python's own, so that they can be pickled: they come back from another process.
void raise(const Error& error) {
  const nb::object raised = nb::module_::import_("pgfeed.errors")
                                .attr("error_of_kind")(name_of(error.kind), as_text(error.what()), error.sqlstate,
                                                       as_text(error.source), error.byte, error.line, as_text(error.table),
                                                       as_text(error.column), as_text(error.constraint), error.retryable);
  PyErr_SetObject(raised.type().ptr(), raised.ptr());
}

}  // namespace

void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    }
  });
}

}  // namespace pgfeed::python
