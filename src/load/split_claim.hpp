#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/span_claim.hpp"
#include "load/split_queue.hpp"

namespace pgfeed {

/// A worker's claim of one split's bytes: the first statement of its transaction, so that no byte is loaded twice, whoever
/// else tries. Not thread-safe.
class SplitClaim final : public SpanClaim {
 public:
  /// `worker` names the session; no other session of the load has that name at the same time.
  SplitClaim(std::int64_t load, std::string worker, SpanKind kind = SpanKind::committed)
      : load_(load), worker_(std::move(worker)), kind_(kind) {}

  /// For another split. Its spans are what is to be claimed; those of a source that is in no ledger are not. Its source must
  /// outlive the claim.
  void start(const Split& split);

  void take(Connection& connection) override;
  bool look(Connection& connection) override;
  /// The bytes that `look` found to be in.
  [[nodiscard]] const Spans& taken() const noexcept { return taken_; }
  [[nodiscard]] bool is_taken(std::size_t document, const BatchDocument& place) const override;
  [[nodiscard]] bool was_committed() const noexcept override { return was_committed_; }
  [[nodiscard]] bool can_be_asked() const noexcept override { return !claimed_.empty(); }
  /// Inside the same transaction: rejects without bytes that a split beside this one has written are none of this one's.
  void leave_kept_out(Connection& connection, SplitBatch& batch) const;
  void finish(Connection& connection, const SplitBatch& batch, const SplitCounts& counts) override;
  [[nodiscard]] std::string_view source_of(std::size_t) const override { return uri_; }
  [[nodiscard]] std::int64_t bytes() const noexcept override;
  [[nodiscard]] std::int64_t counted_before() const noexcept override { return 0; }
  [[nodiscard]] const std::vector<std::int64_t>& claimed() const noexcept override { return claimed_; }
  [[nodiscard]] const Spans& spans() const noexcept override { return spans_; }

 private:
  const std::int64_t load_;
  const std::string worker_;
  const SpanKind kind_;
  std::int64_t source_ = 0;
  std::string_view uri_;
  Span whole_;
  Spans spans_;
  Spans taken_;
  std::vector<std::int64_t> claimed_;  ///< numbers of splits; of the last try
  bool was_committed_ = false;
};

}  // namespace pgfeed
