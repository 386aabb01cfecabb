#include "record/arrow_documents.hpp"

#include <pgfeed/error.hpp>

#include <string_view>

#include "record/arrow_column.hpp"

namespace pgfeed {
namespace {

ArrowColumnHandle columns_of(const ArrowSchema& schema) {
  if (std::string_view(schema.format) != "+s" || schema.dictionary != nullptr)
    throw Error(ErrorKind::source, "the Arrow data is not of record batches: it has no columns with names");
  return make_arrow_column(schema, "");
}

}  // namespace

ArrowDocuments::ArrowDocuments(const ArrowSchema& schema) : columns_(columns_of(schema)) {}
ArrowDocuments::~ArrowDocuments() = default;
ArrowDocuments::ArrowDocuments(ArrowDocuments&&) noexcept = default;
ArrowDocuments& ArrowDocuments::operator=(ArrowDocuments&&) noexcept = default;

void ArrowDocuments::bind(const ArrowArray& batch) {
  columns_->bind(batch);
  rows_ = batch.length;
}

void ArrowDocuments::append(std::int64_t row, PaddedBytes& out) const { columns_->put(row, out); }

}  // namespace pgfeed
