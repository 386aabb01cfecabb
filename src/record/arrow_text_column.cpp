#include "record/arrow_text_column.hpp"

#include <pgfeed/error.hpp>

#include "record/arrow_columns.hpp"

namespace pgfeed {
namespace {

enum class Layout : std::uint8_t { none, offsets, large_offsets, views };

Layout layout_of(const ArrowSchema& schema) noexcept {
  if (std::string_view(schema.format) != "+s" || schema.n_children != 1) return Layout::none;
  const ArrowSchema& column = *schema.children[0];
  if (schema.dictionary != nullptr || column.dictionary != nullptr) return Layout::none;
  const std::string_view format = column.format;
  if (format == "u" || format == "z") return Layout::offsets;
  if (format == "U" || format == "Z") return Layout::large_offsets;
  return format == "vu" || format == "vz" ? Layout::views : Layout::none;
}

}  // namespace

bool ArrowTextColumn::fits(const ArrowSchema& schema) noexcept { return layout_of(schema) != Layout::none; }

ArrowTextColumn::ArrowTextColumn(const ArrowSchema& schema) : bytes_(bytes_of(schema)) {}

ArrowTextColumn::Bytes ArrowTextColumn::bytes_of(const ArrowSchema& schema) {
  switch (layout_of(schema)) {
    case Layout::offsets: return ArrowOffsetBytes<std::int32_t>();
    case Layout::large_offsets: return ArrowOffsetBytes<std::int64_t>();
    case Layout::views: return ArrowViewBytes();
    case Layout::none: break;
  }
  throw Error(ErrorKind::source, "the Arrow data has not one column of text or binary, which documents could be taken from");
}

void ArrowTextColumn::bind(const ArrowArray& batch) {
  const ArrowArray& column = arrow_child(batch, 0);
  batch_validity_ = arrow_validity(batch);
  validity_ = arrow_validity(column);
  batch_offset_ = batch.offset;
  offset_ = batch.offset + column.offset;
  rows_ = batch.length;
  std::visit([&column](auto& bytes) { bytes.bind(column); }, bytes_);
}

std::optional<std::string_view> ArrowTextColumn::text(std::int64_t row) const noexcept {
  if (batch_validity_ != nullptr && !arrow_bit(batch_validity_, batch_offset_ + row)) return std::nullopt;
  if (validity_ != nullptr && !arrow_bit(validity_, offset_ + row)) return std::nullopt;
  return std::visit([this, row](const auto& bytes) { return bytes.at(offset_ + row); }, bytes_);
}

}  // namespace pgfeed
