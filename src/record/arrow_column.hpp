#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "record/arrow_abi.hpp"
#include "record/padded_bytes.hpp"

namespace pgfeed {

/// Element `place` of a buffer of an Arrow array. The interface recommends that buffers are aligned, and does not insist.
template <class Element>
Element arrow_element(const void* buffer, std::int64_t place) noexcept {
  Element element;
  std::memcpy(&element, static_cast<const char*>(buffer) + place * static_cast<std::int64_t>(sizeof(Element)),
              sizeof element);
  return element;
}

inline bool arrow_bit(const void* buffer, std::int64_t place) noexcept {
  return (static_cast<const unsigned char*>(buffer)[place >> 3] >> (place & 7) & 1) != 0;
}

/// The bitmap in which a null is a zero; null where the array has no nulls.
inline const void* arrow_validity(const ArrowArray& array) noexcept {
  return array.null_count != 0 && array.n_buffers > 0 ? array.buffers[0] : nullptr;
}

/// Writes the values of one Arrow column, and of the columns inside it, as JSON.
///
/// A place is a row with the array's offset added to it: the one in the buffers. Allocates nothing per value beyond what
/// the bytes grow.
class ArrowColumn {
 public:
  virtual ~ArrowColumn() = default;

  /// Sets the array that the next values are of. It must outlive them.
  /// Throws Error(source) where it has not the shape of the schema.
  void bind(const ArrowArray& array);
  /// Appends the value of a row of the array, which has it.
  void put(std::int64_t row, PaddedBytes& out) const {
    const std::int64_t place = row + offset_;
    if (validity_ != nullptr && !arrow_bit(validity_, place)) return out.put("null");
    write(place, out);
  }

 private:
  virtual void bind_values(const ArrowArray& array) = 0;
  virtual void write(std::int64_t place, PaddedBytes& out) const = 0;

  const void* validity_ = nullptr;
  std::int64_t offset_ = 0;
};

using ArrowColumnHandle = std::unique_ptr<ArrowColumn>;

/// Chooses what writes the columns of a schema. `path` names it in errors.
/// Throws Error(source) for a type that is not supported.
ArrowColumnHandle make_arrow_column(const ArrowSchema& schema, const std::string& path);

}  // namespace pgfeed
