#include "load/kept_batch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgfeed {
namespace {

const KeptState* find(const std::vector<KeptState>& states, std::int64_t reject) noexcept {
  const auto found = std::ranges::lower_bound(states, reject, {}, &KeptState::reject);
  return found == states.end() || found->reject != reject ? nullptr : &*found;
}

/// Whether nobody has tried it since it was read.
bool is_as_it_was(const KeptDocument& kept, const KeptState* state) noexcept {
  return state != nullptr && state->tries == kept.tries && state->state == name_of(kept.state);
}

}  // namespace

void KeptBatch::parse(SplitParser& parser, std::uint64_t max_document, SplitBatch& batch, PaddedBytes& bytes) {
  taken_.assign(documents_.size(), false);
  for (const KeptDocument& kept : documents_) bytes.put(kept.document);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    const std::size_t size = documents_[i].document.size();
    parse_one(i, parser, max_document, batch, bytes.view(begin, size), begin);
    begin += size;
  }
}

void KeptBatch::parse_one(std::size_t kept, SplitParser& parser, std::uint64_t max_document, SplitBatch& batch,
                          std::string_view text, std::size_t begin) {
  const KeptDocument& document = documents_[kept];
  const auto first = static_cast<std::uint32_t>(batch.documents.size());
  const auto offset = static_cast<std::uint64_t>(document.offset);
  if (!document.fault.empty()) {
    batch.documents.push_back({offset, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(text.size()),
                               document.line, document.document_size});
    batch.reject(first, {0, "", "", document.fault, "54000"});
  } else {
    const bool too_large = document.document_size > max_document;
    parser.add({text, document.source, offset, document.line, too_large ? RecordFault::too_large : RecordFault::none,
                document.document_size},
               begin, batch);
  }
  if (batch.documents.size() > first + 1) {  // what became of each of them could not be told by one row
    std::erase_if(batch.rejects, [&](const BatchReject& reject) { return reject.document > first; });
    for (std::size_t i = first + 1; i < batch.documents.size(); ++i) batch.documents[i].state = DocumentState::elsewhere;
    batch.reject(first, {0, "", "", "more than one document stands here: load them from a file of their own", "22P02"});
  }
  first_of_.push_back(first);
  kept_of_.resize(batch.documents.size(), kept);
}

std::vector<std::int64_t> KeptBatch::wanted() const {
  std::vector<std::int64_t> rejects;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (!taken_[i]) rejects.push_back(documents_[i].reject);
  }
  return rejects;
}

void KeptBatch::take(Connection& connection) {
  const std::vector<KeptState> states = look_at_kept(connection, wanted(), true);
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (!taken_[i] && !is_as_it_was(documents_[i], find(states, documents_[i].reject))) throw Taken{};
  }
  was_taken_by_this_ = true;
}

/// What a try of this load leaves behind. A parked document that is gone may have been loaded by another load, if this one
/// was without a session for a while: then both count it.
bool KeptBatch::is_mine(std::size_t kept, const std::vector<KeptState>& states) const {
  const KeptDocument& document = documents_[kept];
  const KeptState* state = find(states, document.reject);
  if (state == nullptr) return document.state == RejectState::parked;
  return state->settled_by == load_ || (state->load == load_ && state->tries == document.tries + 1);
}

bool KeptBatch::look(Connection& connection) {
  const std::vector<KeptState> states = look_at_kept(connection, wanted(), false);
  was_committed_ = was_taken_by_this_;
  for (std::size_t i = 0; i < documents_.size() && was_committed_; ++i) was_committed_ = taken_[i] || is_mine(i, states);
  if (was_committed_) return true;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (!is_as_it_was(documents_[i], find(states, documents_[i].reject))) taken_[i] = true;
  }
  was_taken_by_this_ = false;
  return std::ranges::find(taken_, false) == taken_.end();
}

bool KeptBatch::is_taken(std::size_t document, const BatchDocument&) const { return taken_[kept_of_[document]]; }

void KeptBatch::finish(Connection& connection, const SplitBatch& batch, const SplitCounts& counts) {
  std::vector<std::int64_t> settled;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    const DocumentState state = batch.documents[first_of_[i]].state;
    if (state == DocumentState::live || state == DocumentState::skipped) settled.push_back(documents_[i].reject);
  }
  std::vector<KeptFailure> failures;
  for (const BatchReject& reject : batch.rejects) {
    const KeptDocument& kept = documents_[kept_of_[reject.document]];
    const bool parked = batch.documents[reject.document].state == DocumentState::parked;
    KeptFailure& failure = failures.emplace_back();
    failure = {kept.reject,   reject.table,    reject.column,
               reject.reason, reject.sqlstate, parked ? RejectState::parked : RejectState::rejected,
               std::nullopt};
    if (kept.is_mended) failure.mended = kept.document;
  }
  settle_kept(connection, load_, settled);
  keep_again(connection, load_, failures);
  add_late_batch(connection, load_, fmt::format("pgfeed load {}", load_), counts);
}

std::string_view KeptBatch::source_of(std::size_t document) const { return documents_[kept_of_[document]].source; }

std::int64_t KeptBatch::bytes() const noexcept {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (!taken_[i] && documents_[i].load != load_) bytes += static_cast<std::int64_t>(documents_[i].document_size);
  }
  return bytes;
}

std::int64_t KeptBatch::counted_before() const noexcept {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < documents_.size(); ++i) count += !taken_[i] && documents_[i].load == load_ ? 1 : 0;
  return count;
}

}  // namespace pgfeed
