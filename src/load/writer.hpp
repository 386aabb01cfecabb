#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "load/batch.hpp"
#include "load/root_settler.hpp"
#include "load/row_order.hpp"
#include "load/table_counts.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// The third step of a split: its rows in one transaction, which the caller begins and ends.
///
/// Rows go straight into their tables by COPY as long as no key is there twice. The first 23505 makes the writer
/// careful with that table: it looks the split's keys up first, or merges through the stage. So does a document that the
/// server refuses for something else, where its key is there: by the table's rule it may not be written at all.
/// Documents that the server refuses are found and marked rejected (or parked, for a missing parent), and the rest is
/// written. Not thread-safe: one for each worker.
class Writer {
 public:
  /// `park`: a document whose parent row is missing is parked rather than rejected.
  Writer(const Target& target, Connection& connection, bool park);

  /// Called at the start of each transaction: `begin` starts it and claims the split. A refusal by the server needs a
  /// transaction of its own each time.
  using Begin = std::function<void()>;

  /// Writes the rows of all unshared tables. Returns with the transaction open, ready for the ledger's entry and commit.
  /// Throws Error(database) for what is not a row's fault; the transaction is then to be rolled back.
  AllCounts write(SplitBatch& batch, const Begin& begin);

 private:
  /// A table's rows in the order in which they go, for the documents that are live.
  using Orders = std::vector<RowOrder>;

  AllCounts write_once(SplitBatch& batch);
  Orders settle_and_order(SplitBatch& batch);
  Orders order_all(SplitBatch& batch);
  TableCounts write_table(std::size_t table, const SplitBatch& batch, const RowOrder& order);
  TableCounts write_rows(std::size_t table, const SplitBatch& batch, const RowOrder& order, bool merges);
  void check_constraints();

  bool learns_from(const Error& error);
  bool learns_of(const std::vector<std::uint32_t>& documents, const SplitBatch& batch);
  bool lost_race(const Error& error);
  void leave_those_that_go_in(RowOrder& orphans, const SplitBatch& batch);
  bool park_orphans(const Error& error, SplitBatch& batch, const Begin& begin);
  [[nodiscard]] std::optional<std::uint32_t> document_of(const Error& error, const SplitBatch& batch) const;
  void refuse(std::uint32_t document, const Error& error, SplitBatch& batch);
  AllCounts write_in_halves(SplitBatch& batch, const Begin& begin);
  void write_range(SplitBatch& batch, std::uint32_t first, std::uint32_t last, AllCounts& counts);

  [[nodiscard]] bool is_written(std::size_t table) const noexcept { return !target_.tables[table].shared; }

  /// Whether rows of a table other than the root are merged.
  [[nodiscard]] bool is_merged_into(std::size_t table) const noexcept {
    return careful_[table] && target_.tables[table].plan->rule != DuplicateRule::error;
  }

  const Target& target_;
  Connection& connection_;
  bool park_;
  std::vector<bool> careful_;  ///< tables in which keys were found to be there, but for the root: see RootSettler
  RootSettler roots_;
  WritePlace place_;    ///< where an error came from
  Orders orders_;       ///< of the last try: outlives its error, for `place_` points into it
  RowOrder new_roots_;  ///< root rows that replace none, and those that do; `place_` may point to them
  RowOrder replacing_roots_;
  int races_ = 0;        ///< lost by the split that is being written, with nothing found after
  std::size_t met_ = 0;  ///< old documents that the split met at most
};

}  // namespace pgfeed
