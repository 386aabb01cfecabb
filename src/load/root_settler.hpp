#pragma once

#include <cstdint>
#include <vector>

#include "load/batch.hpp"
#include "load/row_order.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// Which rows a split's transaction is at: what a refusal that comes now is about.
struct WritePlace {
  std::size_t table = 0;           ///< in Target::tables
  const RowOrder* sent = nullptr;  ///< what is being sent by COPY, or null
};

/// Decides by the root table's rule which documents of a split go in, and takes away what they take the place of.
///
/// Under `skip` and `error` it looks at the split alone until it is told that a key was there; the other rules compare with
/// the rows that are there, so it always looks. What it decides holds for one try to write the split: the server may refuse
/// the document that others gave way to. Without a root table it does nothing. Not thread-safe: one for each worker.
class RootSettler {
 public:
  /// `target` and `connection` must outlive it.
  RootSettler(const Target& target, Connection& connection);

  /// From now on looks which keys are there. False where it did already, or where there is no root table.
  bool start_looking() noexcept;
  [[nodiscard]] bool looks() const noexcept { return looks_; }

  /// Forgets the last split.
  void begin_split() noexcept { settled_.clear(); }
  /// Inside a transaction: skips (or under `error` rejects) documents until one is left for each root key, and none that is
  /// there and stays. What an earlier call skipped is looked at again. Locks the old root rows that are to be replaced.
  /// `place`: where an error came from; what it points to is kept until the next call.
  void settle(SplitBatch& batch, WritePlace& place);
  /// Inside the same transaction, under `update` and `latest`: deletes what hangs on the old root rows, but not those.
  void delete_old_documents(const SplitBatch& batch);
  /// What was decided did not come about: the documents that were skipped are live again.
  void unsettle(SplitBatch& batch);
  /// What was decided is in: those that were skipped stay so.
  void confirm() noexcept { settled_.clear(); }

  /// Whether an old root row is locked that this document takes the place of.
  [[nodiscard]] bool replaces(std::uint32_t document) const noexcept {
    return document < replaces_.size() && replaces_[document];
  }
  /// How many documents gave way or take another's place.
  [[nodiscard]] std::size_t met() const noexcept;

 private:
  void settle_existing(SplitBatch& batch, WritePlace& place);
  void settle_losers(SplitBatch& batch, WritePlace& place);
  void settle_repeated(SplitBatch& batch);
  void lock_old(const SplitBatch& batch);

  const Target& target_;
  Connection& connection_;
  bool looks_ = false;                  ///< whether the keys that are there are looked up
  RowOrder live_;                       ///< root rows of live documents: a member, for a WritePlace may point to it
  std::vector<std::uint32_t> settled_;  ///< documents that were skipped, until what they gave way to is in
  std::vector<bool> replaces_;          ///< documents whose old root row is locked
};

}  // namespace pgfeed
