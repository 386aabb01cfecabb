#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encode/byte_buffer.hpp"
#include "load/target.hpp"
#include "record/arrow_abi.hpp"

namespace pgfeed {

class ArrowField;

/// How many times as long as a row its document may be as JSON: `\u0001` for one byte.
inline constexpr std::uint64_t kMostOfText = 8;

/// Makes the rows of a table, in COPY's binary form, of Arrow record batches, without JSON in between.
///
/// For a mapping whose only table takes members of the document as they stand, and columns of numbers, booleans, texts,
/// decimals, dates and times. A row is what the document's would be, byte by byte. Buffers are trusted. Not thread-safe.
class ArrowRows {
 public:
  /// None: the mapping or the schema is another. `target` must outlive the rows.
  static std::optional<ArrowRows> of(const ArrowSchema& schema, const Target& target);
  ~ArrowRows();
  ArrowRows(ArrowRows&&) noexcept;
  ArrowRows& operator=(ArrowRows&&) noexcept;

  /// Sets the batch that the next rows are of, of the same schema. It must not be released before they are written.
  void bind(const ArrowArray& batch);
  /// Appends a row of the batch, counted from 0. False: its document is to be looked at, for a value that does not fit, or
  /// a NULL where none may be.
  bool append(std::int64_t row, ByteBuffer& out) const;

 private:
  ArrowRows();

  struct Cell {
    std::int64_t child = -1;  ///< of the batch; -1: always NULL
    std::unique_ptr<ArrowField> field;
    bool takes_null = true;
  };
  std::vector<Cell> cells_;  ///< as in Table::columns
  const void* validity_ = nullptr;
  std::int64_t offset_ = 0;
};

}  // namespace pgfeed
