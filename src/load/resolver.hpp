#pragma once

#include <cstdint>

#include "load/batch.hpp"
#include "load/digest_cache.hpp"
#include "load/new_rows.hpp"
#include "load/row_order.hpp"
#include "load/table_counts.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// The second step of a split: rows of shared tables are merged in short transactions of their own, parents first, keys
/// in order; generated ids come back and are written into the rows that refer to them.
///
/// Repeating it is harmless: these merges have the same effect however often they are done.
/// Not thread-safe: one for each worker; keeps what it has merged in mind, so that a celebrity's profile is sent once.
class Resolver {
 public:
  /// `park`: a document whose row lacks its parent is parked rather than rejected.
  Resolver(const Target& target, Connection& connection, bool park)
      : target_(target), connection_(connection), park_(park), new_rows_(target) {}

  /// Merges and patches. Documents with a row that the server refuses are rejected. `alone`: takes turns with others that do
  /// so too, after a deadlock. Throws Error(database); then nothing of the current table is merged, and the next call begins
  /// anew.
  AllCounts resolve(SplitBatch& batch, bool alone);

  /// Forgets what was merged: after a rollback of what enclosed it, and with a new connection's server.
  void forget();

 private:
  TableCounts merge_table(std::size_t table, SplitBatch& batch, bool alone);
  void add_key_rows(std::size_t table, SplitBatch& batch);
  void find_ids(std::size_t table, SplitBatch& batch);
  void put_ids(std::size_t table, SplitBatch& batch);
  void require_rejected(std::size_t table, const IdPlace& place, const SplitBatch& batch) const;
  TableCounts merge_rows(std::size_t table, SplitBatch& batch, const RowOrder& order, bool alone);
  TableCounts merge_in_parts(std::size_t table, SplitBatch& batch, const RowOrder& order, const Error& error, bool alone);
  void refuse_row(std::size_t table, SplitBatch& batch, std::uint32_t row, const Error& error);
  [[nodiscard]] Digest digest(std::size_t table, const TableRows& rows, std::uint32_t row) const;

  const Target& target_;
  Connection& connection_;
  bool park_;
  DigestCache merged_;  ///< rows, or keys under `skip`, that are committed
  DigestCache ids_;     ///< natural keys and their ids
  NewRows new_rows_;
};

}  // namespace pgfeed
