#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "record/arrow_bytes.hpp"

namespace pgfeed {

/// The rows of record batches with one column of text or binary, whose values are documents already.
///
/// Buffers are trusted. Allocates nothing. Not thread-safe.
class ArrowTextColumn {
 public:
  /// Whether a schema is of record batches with one column, of text or binary of a variable size and without a dictionary.
  static bool fits(const ArrowSchema& schema) noexcept;

  /// Throws Error(source) for a schema that does not fit. It is not needed any more afterwards.
  explicit ArrowTextColumn(const ArrowSchema& schema);

  /// Sets the batch that the next texts are of, of the same schema. It must not be released while they are in use.
  /// Throws Error(source) where the column is missing.
  void bind(const ArrowArray& batch);
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// The value of a row of the batch, from 0 and below rows(). None: it is null.
  [[nodiscard]] std::optional<std::string_view> text(std::int64_t row) const noexcept;

 private:
  using Bytes = std::variant<ArrowOffsetBytes<std::int32_t>, ArrowOffsetBytes<std::int64_t>, ArrowViewBytes>;
  static Bytes bytes_of(const ArrowSchema& schema);

  Bytes bytes_;
  const void* batch_validity_ = nullptr;
  const void* validity_ = nullptr;
  std::int64_t batch_offset_ = 0;
  std::int64_t offset_ = 0;  // of the batch and of the column
  std::int64_t rows_ = 0;
};

}  // namespace pgfeed
