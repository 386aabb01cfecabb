#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "load/digest.hpp"
#include "load/span_claim.hpp"
#include "load/split_queue.hpp"
#include "postgres/partition_ledger.hpp"

namespace pgfeed {

/// A worker's claim of documents of a partition: the next bytes of it, in the order in which it goes in. Other attempts that
/// hand over the same partition, before or at the same time, are told by their documents' digests. Not thread-safe.
class PartitionClaim final : public SpanClaim {
 public:
  /// `worker` names the session; no other attempt has that name. `uri` must outlive the claim.
  PartitionClaim(SpanKind kind, std::int64_t load, std::string worker, std::string_view uri, const PartitionEntry& entry);

  /// Reads what is in. Throws Error(database).
  void read(Connection& connection);
  /// For the next documents of the partition, which must outlive the claim: those that are in are taken out of the split.
  /// False: nothing is left. With the last ones this, as `look`, throws Error(source) where documents of other attempts
  /// were not handed over.
  bool start(Split& split, bool is_last);
  /// The transaction that took the claim was committed.
  void committed();

  /// All of the partition is in, by this attempt or another.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
  /// Inside a transaction, after the last documents: all of the partition is in. Throws Error(source), as `start`.
  void complete(Connection& connection);

  void take(Connection& connection) override;
  bool look(Connection& connection) override;
  [[nodiscard]] bool is_taken(std::size_t document, const BatchDocument& place) const override;
  [[nodiscard]] bool was_committed() const noexcept override { return was_committed_; }
  [[nodiscard]] bool can_be_asked() const noexcept override { return true; }
  void finish(Connection& connection, const SplitBatch& batch, const SplitCounts& counts) override;
  [[nodiscard]] std::string_view source_of(std::size_t) const override { return uri_; }
  [[nodiscard]] std::int64_t bytes() const noexcept override { return static_cast<std::int64_t>(size_); }
  [[nodiscard]] std::int64_t counted_before() const noexcept override { return 0; }
  [[nodiscard]] const std::vector<std::int64_t>& claimed() const noexcept override { return claimed_; }
  [[nodiscard]] const Spans& spans() const noexcept override { return spans_; }

  /// Inside the claim's transaction, last thing: which documents it brings; or, with the last of them, that all are in.
  void write_down(Connection& connection);
  void staged(Connection& connection) override { write_down(connection); }

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;

  void add(const PartitionPart& part);
  void measure();
  void require_all_came() const;

  const SpanKind kind_;
  const std::int64_t load_;
  const std::string worker_;
  const std::string_view uri_;
  const std::int64_t source_;
  const DigestSeed seed_;
  std::uint64_t position_;
  bool is_complete_;
  bool knows_published_ = false;
  std::int64_t seen_ = 0;                  ///< the last split of the partition that was read
  std::map<Key, std::int64_t> elsewhere_;  ///< documents of other attempts that this one has not handed over yet
  const Split* split_ = nullptr;
  bool is_last_ = false;
  std::vector<Key> keys_;    ///< of the split's records
  std::vector<bool> taken_;  ///< the same
  std::uint64_t size_ = 0;   ///< bytes that are claimed
  Spans spans_;
  std::vector<std::int64_t> claimed_;
  bool was_committed_ = false;
};

}  // namespace pgfeed
