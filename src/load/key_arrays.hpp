#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encode/byte_buffer.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Some keys of a table as one binary array parameter for each key column: what `keys_from_arrays` unnests.
/// (The elements of a binary array have the form of COPY's fields: https://www.postgresql.org/docs/current/arrays.html,
/// array_recv.)
class KeyArrays {
 public:
  /// `columns`: indices of the columns of `table` that make the key.
  KeyArrays(const TargetTable& table, const std::vector<std::size_t>& columns);

  /// Adds the key of a row.
  void add_row(const char* row);
  /// Adds a key whose fields lie one behind the other, in the order of the columns.
  void add_fields(std::string_view fields);

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(count_); }
  /// The parameters; valid until the next `add`.
  [[nodiscard]] std::vector<Parameter> parameters();

 private:
  const std::vector<std::size_t>& columns_;
  std::vector<ByteBuffer> arrays_;
  std::int32_t count_ = 0;
};

}  // namespace pgfeed
