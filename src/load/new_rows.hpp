#pragma once

#include <vector>

#include "load/row_order.hpp"
#include "load/table_counts.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Tells the rows of a shared table under `skip` whose keys are not there from the others: COPY straight into the table
/// costs the server half of what a merge through a stage does, but fails (23505) when another worker commits one of the keys
/// meanwhile. Where that happens, the table is merged through its stage for some splits, and the more the oftener it does.
///
/// Not thread-safe: one for each worker.
class NewRows {
 public:
  /// `target` must outlive it.
  explicit NewRows(const Target& target);

  /// Whether it is worth a try with this table and now: then `copy` is to follow.
  bool begin(std::size_t table);
  /// Copies the rows with new keys; the others are already there.
  TableCounts copy(Connection& connection, std::size_t table, const TableRows& rows, const RowOrder& order);
  /// The server refused a row. False where nothing was tried, so that another try has no point.
  bool failed(std::size_t table) noexcept;

 private:
  struct Luck {
    int wait = 0;     ///< splits until the next try
    int penalty = 1;  ///< splits to wait after the next failure
    bool trying = false;
  };
  const Target& target_;
  std::vector<Luck> luck_;  ///< of each table
};

}  // namespace pgfeed
