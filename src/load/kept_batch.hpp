#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "load/claim.hpp"
#include "load/split_parser.hpp"
#include "postgres/kept_documents.hpp"
#include "record/padded_bytes.hpp"

namespace pgfeed {

/// Documents that are kept in `pgfeed.rejects`, loaded in one transaction: what a split is to a source. Its claim are locks
/// on their rows, and its entry is what becomes of them. Not thread-safe.
class KeptBatch final : public Claim {
 public:
  /// `documents`, in order of their numbers, must outlive the batch.
  KeptBatch(std::int64_t load, std::span<const KeptDocument> documents) : load_(load), documents_(documents) {}

  /// Parses all of them into `batch`, which is empty; their bytes go to `bytes`. Each has to be one document.
  void parse(SplitParser& parser, std::uint64_t max_document, SplitBatch& batch, PaddedBytes& bytes);

  void take(Connection& connection) override;
  bool look(Connection& connection) override;
  [[nodiscard]] bool is_taken(std::size_t document, const BatchDocument& place) const override;
  [[nodiscard]] bool was_committed() const noexcept override { return was_committed_; }
  [[nodiscard]] bool can_be_asked() const noexcept override { return true; }
  void finish(Connection& connection, const SplitBatch& batch, const SplitCounts& counts) override;
  [[nodiscard]] std::string_view source_of(std::size_t document) const override;
  [[nodiscard]] std::int64_t bytes() const noexcept override;
  [[nodiscard]] std::int64_t counted_before() const noexcept override;

 private:
  void parse_one(std::size_t kept, SplitParser& parser, std::uint64_t max_document, SplitBatch& batch, std::string_view text,
                 std::size_t begin);
  [[nodiscard]] std::vector<std::int64_t> wanted() const;
  std::vector<KeptState> look_at(Connection& connection, bool lock) const;
  [[nodiscard]] bool is_mine(std::size_t kept, const std::vector<KeptState>& states) const;

  const std::int64_t load_;
  const std::span<const KeptDocument> documents_;
  std::vector<std::size_t> kept_of_;   ///< of each document of the batch: its place in `documents_`
  std::vector<std::size_t> first_of_;  ///< of each kept one: its document in the batch
  std::vector<bool> taken_;            ///< of each kept one
  bool was_taken_by_this_ = false;     ///< all that is left; so a COMMIT may have taken place
  bool was_committed_ = false;
};

}  // namespace pgfeed
