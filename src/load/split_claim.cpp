#include "load/split_claim.hpp"

#include <algorithm>

#include "postgres/reject_table.hpp"

namespace pgfeed {
namespace {

bool is_empty(const BatchDocument& document) noexcept { return document.size == 0 && document.source_size == 0; }

}  // namespace

void SplitClaim::start(const Split& split) {
  source_ = split.source->entry;
  uri_ = split.source->source->uri;
  spans_ = split.spans;
  whole_ = spans_.empty() ? Span{} : Span{spans_.front().begin, spans_.back().end};
  taken_.clear();
  claimed_.clear();
  was_committed_ = false;
}

void SplitClaim::take(Connection& connection) {
  if (spans_.empty() || source_ == 0) return;
  std::vector<std::int64_t> claimed = claim_spans(connection, kind_, source_, load_, worker_, spans_);
  // Of a claim that failed nothing is known that a lost COMMIT could have made true.
  if (claimed.size() < spans_.size()) throw Taken{};
  claimed_ = std::move(claimed);
}

bool SplitClaim::look(Connection& connection) {
  taken_.clear();
  for (const CommittedSplit& split : read_splits(connection, kind_, source_, whole_)) {
    taken_.push_back(split.span);
    was_committed_ = was_committed_ || (split.load == load_ && split.worker == worker_ &&
                                        std::ranges::find(claimed_, split.split) != claimed_.end());
  }
  Spans left;
  for (const Span& span : spans_) {
    const Spans pieces = subtract(span, taken_);
    left.insert(left.end(), pieces.begin(), pieces.end());
  }
  spans_ = std::move(left);
  return spans_.empty();
}

bool SplitClaim::is_taken(std::size_t, const BatchDocument& place) const {
  return is_empty(place) ? is_between(taken_, place.offset) : contains(taken_, place.offset);
}

void SplitClaim::leave_kept_out(Connection& connection, SplitBatch& batch) const {
  std::vector<std::int64_t> offsets;
  for (const BatchReject& reject : batch.rejects) {
    const BatchDocument& document = batch.documents[reject.document];
    if (is_empty(document)) offsets.push_back(static_cast<std::int64_t>(document.offset));
  }
  if (offsets.empty() || source_ == 0) return;
  const std::vector<std::int64_t> kept = find_empty_rejects(connection, source_, uri_, offsets);
  std::erase_if(batch.rejects, [&](const BatchReject& reject) {
    BatchDocument& document = batch.documents[reject.document];
    const auto offset = static_cast<std::int64_t>(document.offset);
    if (!is_empty(document) || std::ranges::find(kept, offset) == kept.end()) return false;
    document.state = DocumentState::elsewhere;
    return true;
  });
}

void SplitClaim::finish(Connection& connection, const SplitBatch&, const SplitCounts& counts) {
  if (!claimed_.empty()) finish_split(connection, claimed_.front(), counts);
}

std::int64_t SplitClaim::bytes() const noexcept {
  std::int64_t bytes = 0;
  for (const Span& span : spans_) bytes += static_cast<std::int64_t>(span.size());
  return bytes;
}

}  // namespace pgfeed
