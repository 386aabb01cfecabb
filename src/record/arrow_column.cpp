#include "record/arrow_column.hpp"

#include <fmt/format.h>
#include <pgfeed/error.hpp>

#include <utility>

#include "record/arrow_columns.hpp"
#include "record/arrow_extension.hpp"

namespace pgfeed {
namespace {

[[noreturn]] void refuse(const std::string& path, std::string_view what) {
  throw Error(ErrorKind::source, path.empty() ? fmt::format("the Arrow data has {}", what)
                                              : fmt::format("the Arrow column {} has {}", path, what));
}

[[noreturn]] void refuse_type(const ArrowSchema& schema, const std::string& path) {
  const std::string_view format = schema.format;
  const std::string_view extension = arrow_extension(schema);
  if (format.starts_with("+u")) refuse(path, fmt::format("the type union ({}), which cannot be read", format));
  if (extension.empty()) refuse(path, fmt::format("the type {}, which cannot be read", format));
  refuse(path, fmt::format("the type {} stored as {}, which cannot be read", extension, format));
}

std::string_view name_of(const ArrowSchema& schema) noexcept { return schema.name != nullptr ? schema.name : ""; }

std::string path_below(const std::string& path, const ArrowSchema& child) {
  return path.empty() ? std::string(name_of(child)) : fmt::format("{}.{}", path, name_of(child));
}

/// The columns of a schema and those below it.
class Compiler {
 public:
  ArrowColumnHandle make(const ArrowSchema& schema, const std::string& path) {
    // As deep as Arrow's own importer goes.
    constexpr int kDeepest = 64;
    if (++depth_ > kDeepest) refuse(path, fmt::format("types nested more than {} deep", kDeepest));
    ArrowColumnHandle column = choose(schema, path);
    if (column == nullptr) refuse_type(schema, path);
    --depth_;
    return column;
  }

 private:
  ArrowColumnHandle choose(const ArrowSchema& schema, const std::string& path) {
    const std::string_view format = schema.format;
    if (schema.dictionary != nullptr) {
      ArrowColumnHandle values = make(*schema.dictionary, path);
      return make_arrow_dictionary(format, values);
    }
    const std::string_view extension = arrow_extension(schema);
    if (extension == "arrow.json") return make_arrow_json(format);
    if (extension == "arrow.uuid") return make_arrow_uuid(format);
    if (format.starts_with('+')) return choose_nested(format, schema, path);
    for (const auto make_one :
         {make_arrow_number, make_arrow_bytes, make_arrow_time, make_arrow_interval, make_arrow_decimal}) {
      if (ArrowColumnHandle column = make_one(format)) return column;
    }
    return nullptr;
  }

  ArrowColumnHandle choose_nested(std::string_view format, const ArrowSchema& schema, const std::string& path) {
    if (format.starts_with("+u")) return nullptr;
    if (format == "+s") return make_struct(schema, path);
    if (format == "+m") return make_map(schema, path);
    if (format == "+r") {
      ArrowColumnHandle values = make(child(schema, 1, path), path);
      return make_arrow_runs(child(schema, 0, path).format, values);
    }
    ArrowColumnHandle elements = make_below(child(schema, 0, path), path);
    return make_arrow_list(format, elements);
  }

  ArrowColumnHandle make_struct(const ArrowSchema& schema, const std::string& path) {
    std::vector<ArrowField> fields;
    for (std::int64_t i = 0; i < schema.n_children; ++i) {
      const ArrowSchema& field = *schema.children[i];
      fields.push_back({std::string(name_of(field)), make_below(field, path)});
    }
    return make_arrow_struct(std::move(fields));
  }

  ArrowColumnHandle make_map(const ArrowSchema& schema, const std::string& path) {
    const ArrowSchema& entries = child(schema, 0, path);
    ArrowColumnHandle keys = make_below(child(entries, 0, path), path);
    return make_arrow_map(std::move(keys), make_below(child(entries, 1, path), path));
  }

  ArrowColumnHandle make_below(const ArrowSchema& child, const std::string& path) {
    return make(child, path_below(path, child));
  }

  static const ArrowSchema& child(const ArrowSchema& schema, std::int64_t which, const std::string& path) {
    if (which >= schema.n_children) refuse_type(schema, path);
    return *schema.children[which];
  }

  int depth_ = 0;
};

}  // namespace

void ArrowColumn::bind(const ArrowArray& array) {
  validity_ = arrow_validity(array);
  offset_ = array.offset;
  bind_values(array);
}

const ArrowArray& arrow_child(const ArrowArray& array, std::int64_t which) {
  if (which >= array.n_children) throw Error(ErrorKind::source, "an Arrow batch has fewer columns than its schema");
  return *array.children[which];
}

ArrowColumnHandle make_arrow_column(const ArrowSchema& schema, const std::string& path) {
  return Compiler().make(schema, path);
}

}  // namespace pgfeed
