#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "load/batch.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// A row's key, for sorting: the first eight bytes of it in an order-preserving form, then all of it.
struct RowKey {
  std::uint64_t prefix = 0;
  const char* row = nullptr;
  std::uint32_t index = 0;  ///< in TableRows::rows
};

/// Compares the keys of one table's rows.
class KeyComparer {
 public:
  explicit KeyComparer(const TargetTable& table);

  [[nodiscard]] RowKey key_of(const char* row, std::uint32_t index) const noexcept;
  /// Below 0, 0, above 0.
  [[nodiscard]] int compare(const RowKey& a, const RowKey& b) const noexcept;

 private:
  const std::vector<std::size_t>& key_;
  bool is_number_ = false;  ///< the first column is sent as a signed number
};

/// Whether this type's binary form is a signed integer, most significant byte first: its order is the type's.
bool sorts_as_integer(TypeKind kind) noexcept;

/// Whether keys are equal to the server only where their bytes are: not so with numeric, citext and the like.
bool has_exact_keys(const TargetTable& table);

/// Whether rows in key order are in the order of `merge_sql` too: else a worker that copies and one that merges could lock
/// each other out.
bool sorts_as_merged(const TargetTable& table);

/// The column's field in a row, with its length in front.
std::string_view field_at(const char* row, std::size_t column) noexcept;

/// Compares a field of two rows as the server orders them: NULL is least. Only for types that `sorts_as_integer`.
int compare_integers(std::string_view a, std::string_view b) noexcept;

}  // namespace pgfeed
