#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/split_queue.hpp"
#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {

/// A worker's claim of one split's bytes: the first statement of its transaction, so that no byte is loaded twice, whoever
/// else tries. Not thread-safe.
class SplitClaim {
 public:
  /// `worker` names the session; no other session of the load has that name at the same time.
  SplitClaim(std::int64_t load, std::string worker, SpanKind kind = SpanKind::committed)
      : load_(load), worker_(std::move(worker)), kind_(kind) {}

  /// For another split. Its spans are what is to be claimed; those of a source that is in no ledger are not.
  void start(const Split& split);
  /// For documents of no split: nothing is claimed.
  void start_without() noexcept {
    spans_.clear();
    claimed_.clear();
  }

  /// Some of the bytes are in by now: the transaction is to be rolled back, and `look` to be asked.
  struct Taken {};
  /// Inside a transaction, first thing. Waits for others that have claimed some of it. Throws Taken.
  void take(Connection& connection);

  /// What others have loaded of the split is left out of the claim. True: nothing of it is left.
  bool look(Connection& connection);
  /// Those bytes.
  [[nodiscard]] const Spans& taken() const noexcept { return taken_; }
  /// Whether what `look` found was committed by this claim itself: the answer to its COMMIT was lost.
  [[nodiscard]] bool was_committed() const noexcept { return was_committed_; }

  /// Whether the database knows of a transaction that took this claim if it was committed: `look` can tell.
  [[nodiscard]] bool is_taken() const noexcept { return !claimed_.empty(); }

  /// Inside the same transaction, last thing: writes down what the documents came to, those of no split apart.
  void finish(Connection& connection, const SplitCounts& counts) const;
  /// The numbers of the entries; of the last try.
  [[nodiscard]] const std::vector<std::int64_t>& claimed() const noexcept { return claimed_; }
  [[nodiscard]] const Spans& spans() const noexcept { return spans_; }
  /// Bytes that are claimed.
  [[nodiscard]] std::int64_t bytes() const noexcept;

 private:
  const std::int64_t load_;
  const std::string worker_;
  const SpanKind kind_;
  std::int64_t source_ = 0;
  Span whole_;
  Spans spans_;
  Spans taken_;
  std::vector<std::int64_t> claimed_;  ///< numbers of splits; of the last try
  bool was_committed_ = false;
};

}  // namespace pgfeed
