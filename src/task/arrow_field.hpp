#pragma once

#include <cstdint>
#include <memory>

#include "encode/byte_buffer.hpp"
#include "load/target.hpp"
#include "record/arrow_column.hpp"

namespace pgfeed {

/// Writes the values of one Arrow column as fields of COPY's binary form. Not thread-safe.
class ArrowField {
 public:
  virtual ~ArrowField() = default;

  /// Sets the array that the next values are of, and the place of its first row.
  void bind(const ArrowArray& array, std::int64_t batch_offset) {
    validity_ = arrow_validity(array);
    offset_ = array.offset + batch_offset;
    bind_values(array, batch_offset);
  }
  [[nodiscard]] bool is_null(std::int64_t row) const noexcept {
    return validity_ != nullptr && !arrow_bit(validity_, row + offset_);
  }
  /// Appends the value of a row, which is not null. False: it is not one that can be said like that; nothing is appended.
  bool put(std::int64_t row, ByteBuffer& out) { return write(row + offset_, out); }

 private:
  virtual void bind_values(const ArrowArray& array, std::int64_t batch_offset) = 0;
  virtual bool write(std::int64_t place, ByteBuffer& out) = 0;

  const void* validity_ = nullptr;
  std::int64_t offset_ = 0;
};

/// What writes a column of `schema` into one of a table; null for types that only a text can say. `column` and `plan` must
/// outlive it.
std::unique_ptr<ArrowField> make_arrow_field(const ArrowSchema& schema, const TargetColumn& column, const Column& plan);

}  // namespace pgfeed
