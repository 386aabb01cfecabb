#pragma once

#include <cstdint>
#include <string_view>

#include "load/batch.hpp"
#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {

/// What a transaction takes for itself before it writes rows, so that they go in once, whoever else tries: the bytes of a
/// split, or documents that are kept in `pgfeed.rejects`. Not thread-safe. All that ask the server throw Error(database).
class Claim {
 public:
  Claim() = default;
  virtual ~Claim() = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  /// Some of it is taken by now: the transaction is to be rolled back, and `look` to be asked.
  struct Taken {};
  /// Inside a transaction, first thing. Waits for others that have claimed some of it. Throws Taken.
  virtual void take(Connection& connection) = 0;

  /// What others have taken is left out of the claim. True: nothing of it is left.
  virtual bool look(Connection& connection) = 0;
  /// Whether a document of the batch is one of those that others have.
  [[nodiscard]] virtual bool is_taken(std::size_t document, const BatchDocument& place) const = 0;
  /// Whether what `look` found was committed by this claim itself: the answer to its COMMIT was lost.
  [[nodiscard]] virtual bool was_committed() const noexcept = 0;

  /// Whether the database knows of the transaction that took this claim, if it was committed: `look` can tell.
  [[nodiscard]] virtual bool can_be_asked() const noexcept = 0;

  /// Inside the same transaction, last thing: writes down what became of it.
  virtual void finish(Connection& connection, const SplitBatch& batch, const SplitCounts& counts) = 0;

  /// URI of the source of a document of the batch; valid as long as the claim.
  [[nodiscard]] virtual std::string_view source_of(std::size_t document) const = 0;
  /// Bytes of a source that are claimed.
  [[nodiscard]] virtual std::int64_t bytes() const noexcept = 0;
  /// Documents of it that this load has counted as read before.
  [[nodiscard]] virtual std::int64_t counted_before() const noexcept = 0;
};

}  // namespace pgfeed
