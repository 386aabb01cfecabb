#include "load/stager.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/split_retry.hpp"
#include "load/staged_batch.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

/// Documents that others have staged are none of this load's.
void leave_out(SplitBatch& batch, const Claim& claim) {
  for (std::size_t i = 0; i < batch.documents.size(); ++i) {
    if (claim.is_taken(i, batch.documents[i])) batch.documents[i].state = DocumentState::elsewhere;
  }
  std::erase_if(batch.rejects, [&](const BatchReject& reject) {
    return batch.documents[reject.document].state == DocumentState::elsewhere;
  });
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Stager::Stager(LoadState& state, int number, Connection* lent, std::string format)
    : state_(state),
      name_(fmt::format("{} worker {}", state.ledger.session_name(), number)),
      format_(std::move(format)),
      own_(lent != nullptr
               ? nullptr
               : std::make_unique<Connection>(state.options.session, name_, [&state] { return state.is_stopped(); })),
      connection_(lent != nullptr ? *lent : *own_),
      parser_(state.target, state.options, state.load_time),
      split_claim_(state.load, name_, SpanKind::staged) {
  if (lent != nullptr) lent->rename(name_);
  connection_.begin_each();
  parser_.prepare(batch_);
  state_.add_session(connection_);
}

Stager::~Stager() { state_.remove_session(connection_); }

void Stager::run() {
  Split split;
  while (!state_.is_stopped()) {
    counts_ = {};
    const auto began = Clock::now();
    if (!state_.queue.next(split)) return;
    counts_.read_seconds = seconds_since(began);
    parser_.read(split, batch_, counts_);
    counts_.splits = 1;
    if (state_.is_stopped()) return;
    split_claim_.start(split);
    stage(split);
  }
}

void Stager::stage_claimed(Split& split, SpanClaim& claim) {
  counts_ = {};
  parser_.read(split, batch_, counts_);
  counts_.splits = 1;
  claim_ = &claim;
  stage(split);
  claim_ = &split_claim_;
}

/// Again, after a while, for as long as that may help.
void Stager::stage(const Split& split) {
  SplitRetry retry(state_, connection_);
  for (;;) {
    try {
      return stage_once(split);
    } catch (const Error& error) {
      connection_.rollback();
      retry.prepare(error);
    }
  }
}

void Stager::stage_once(const Split& split) {
  const auto began = Clock::now();
  for (;;) {
    try {
      connection_.begin();
      claim_->take(connection_);
      keep(split);
      connection_.commit();
      break;
    } catch (const SplitClaim::Taken&) {
      connection_.rollback();
      const bool nothing_left = claim_->look(connection_);
      if (claim_->was_committed()) break;
      leave_out(batch_, *claim_);
      if (nothing_left) return;
    }
  }
  counts_.server_seconds = seconds_since(began);
  count();
}

void Stager::keep(const Split& split) {
  std::vector<std::int64_t> entries = claim_->claimed();
  if (entries.empty() && !batch_.rejects.empty()) {  // behind the last byte: a span that is in nobody's way
    const Spans nothing{{split.records.end, split.records.end}};
    entries = claim_spans(connection_, SpanKind::staged, split.source->entry, state_.load, name_, nothing);
  }
  if (entries.empty()) return;
  const bool can_be_read_again = split.source->file != nullptr;
  write_staged_batch(batch_, split, claim_->spans(), !can_be_read_again, bytes_);
  StagedSplit staged;
  staged.split = entries.front();
  staged.documents = std::ranges::count_if(
      batch_.documents, [](const BatchDocument& document) { return document.state != DocumentState::elsewhere; });
  staged.rejected = std::ranges::count(batch_.documents, DocumentState::rejected, &BatchDocument::state);
  staged.format = format_;
  put_staged(connection_, staged, bytes_.view());
  claim_->staged(connection_);
  if (state_.must_know_of(staged.rejected)) rejected_elsewhere_ = state_.ledger.count_rejected_elsewhere(connection_);
}

/// Rejects that are too many already end the staging: the publication tells.
void Stager::count() {
  counts_.bytes = claim_->bytes();
  counts_.read = static_cast<std::int64_t>(batch_.documents.size());
  state_.add(counts_, AllCounts(state_.target.tables.size()), {});
  const auto rejected = std::ranges::count(batch_.documents, DocumentState::rejected, &BatchDocument::state);
  if (!state_.reserve_rejects(rejected, rejected_elsewhere_)) state_.stop();
}

}  // namespace pgfeed
