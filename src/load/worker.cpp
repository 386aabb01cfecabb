#include "load/worker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/kept_batch.hpp"
#include "load/lock_wait.hpp"
#include "load/reject_limit.hpp"
#include "load/split_retry.hpp"
#include "load/staged_batch.hpp"
#include "load/staging.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {
namespace {

constexpr int kConflictsBeforeAlone = 2;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

RejectReport report_of(const RejectRow& row) {
  return {std::string(row.source),
          row.offset,
          row.line,
          std::string(row.table),
          std::string(row.column),
          std::string(row.reason),
          std::string(row.sqlstate)};
}

}  // namespace

Worker::Worker(LoadState& state, int number, Connection* lent)
    : state_(state),
      name_(fmt::format("{} worker {}", state.ledger.session_name(), number)),
      own_(lent != nullptr
               ? nullptr
               : std::make_unique<Connection>(state.options.session, name_, [&state] { return state.is_stopped(); })),
      connection_(lent != nullptr ? lent : own_.get()),
      retries_(!connection_->is_enclosed()),
      parser_(state.target, state.options, state.load_time),
      resolver_(state.target, *connection_, state.ledger.parks()),
      writer_(state.target, *connection_, state.ledger.parks()),
      split_claim_(state.load, name_) {
  if (lent != nullptr) lent->rename(name_);
  connection_->begin_each();
  parser_.prepare(batch_);
  state_.add_session(*connection_);
}

Worker::Worker(LoadState& state, Connection& connection, bool park)
    : state_(state),
      name_(state.ledger.session_name()),
      connection_(&connection),
      retries_(!connection.is_enclosed()),
      parser_(state.target, state.options, state.load_time),
      resolver_(state.target, connection, park),
      writer_(state.target, connection, park),
      split_claim_(state.load, name_) {
  parser_.prepare(batch_);
  state_.add_session(*connection_);
}

Worker::~Worker() { state_.remove_session(*connection_); }

void Worker::run() {
  Split split;
  while (!state_.is_stopped()) {
    counts_ = {};
    const auto began = Clock::now();
    if (!state_.queue.next(split)) return;
    counts_.read_seconds = seconds_since(began);  // a stream is read by the queue
    parser_.read(split, batch_, counts_);
    counts_.splits = 1;
    if (state_.is_stopped()) return;  // while it was read: no statement was there to cancel
    split_claim_.start(split);
    load_batch(split);
  }
}

std::int64_t Worker::count(DocumentState state) const {
  return std::ranges::count(batch_.documents, state, &BatchDocument::state);
}

/// Loads what was parsed; again, after a while, for as long as that may help.
void Worker::load_batch(const Split& split) {
  parsed_states_.clear();
  for (const BatchDocument& document : batch_.documents) parsed_states_.push_back(document.state);
  parsed_rejects_ = batch_.rejects;
  parsed_rows_.clear();
  for (const TableRows& table : batch_.tables) parsed_rows_.push_back({table.rows.size(), table.bytes.size()});
  SplitRetry retry(state_, *connection_);
  for (;;) {
    try {
      return load_once(split, retry.failures() >= kConflictsBeforeAlone);
    } catch (const Error& error) {
      connection_->rollback();
      if (!retries_) throw explained(*connection_, error);
      retry.prepare(error);
      if (retry.has_new_session()) forget_session();
      restore();
    }
  }
}

/// What the lost session knew. A server that crashed may have lost rows whose ids are known, too.
void Worker::forget_session() {
  resolver_.forget();
  for (NaturalKeys& keys : batch_.keys) keys.forget_ids();
}

/// The split as it was parsed: without the rows that were added, and what was found out of its documents.
void Worker::restore() {
  for (std::size_t i = 0; i < parsed_states_.size(); ++i) batch_.documents[i].state = parsed_states_[i];
  batch_.rejects = parsed_rejects_;
  for (std::size_t i = 0; i < parsed_rows_.size(); ++i) {
    TableRows& table = batch_.tables[i];
    table.drop_filled();
    table.rows.resize(parsed_rows_[i].rows);
    table.bytes.truncate(parsed_rows_[i].bytes);
    for (const IdPlace& place : table.ids) batch_.keys[place.table].keys()[place.key].used = true;
  }
}

void Worker::load_once(const Split& split, bool alone) {
  while (!load_unless_taken(split, alone)) {
    if (leave_taken_out(split)) return;
    restore();
  }
}

/// False: another load has some of the split by now.
bool Worker::load_unless_taken(const Split& split, bool alone) {
  const auto began = Clock::now();
  AllCounts counts = resolver_.resolve(batch_, alone);
  try {
    const AllCounts written = writer_.write(batch_, [&] {
      connection_->begin();
      claim_->take(*connection_);
      if (alone) take_turn(*connection_);
    });
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += written[i];
  } catch (const SplitClaim::Taken&) {
    connection_->rollback();
    return false;
  }
  if (split.source != nullptr) split_claim_.leave_kept_out(*connection_, batch_);
  commit(counts, split, began);
  return true;
}

/// Documents that another load has brought in are none of this one's. True: nothing is left to do.
bool Worker::leave_taken_out(const Split& split) {
  const bool nothing_left = claim_->look(*connection_);
  if (claim_->was_committed()) {  // it was this worker, before it lost the connection
    state_.reserve_rejects(outcome_.counts.rejected);
    publish();
    return true;
  }
  read_text(split);
  for (const Record& record : split.records.records) require_whole(record, split_claim_.taken(), *split.source->source);
  for (std::size_t i = 0; i < batch_.documents.size(); ++i) {
    if (claim_->is_taken(i, batch_.documents[i])) parsed_states_[i] = DocumentState::elsewhere;
  }
  std::erase_if(parsed_rejects_,
                [this](const BatchReject& reject) { return parsed_states_[reject.document] == DocumentState::elsewhere; });
  return nothing_left;
}

void Worker::commit(const AllCounts& counts, const Split& split, Clock::time_point began) {
  const std::int64_t rejected = count(DocumentState::rejected);
  // Kept documents that are rejected again stop nothing: no split waits for them, and the load ends as over the limit.
  const std::int64_t elsewhere = state_.must_know_of(rejected) ? state_.ledger.count_rejected_elsewhere(*connection_) : 0;
  if (!state_.reserve_rejects(rejected, elsewhere) && split.source != nullptr) stop_for_rejects(split, rejected);
  outcome_ = {counts_, counts, {}, {}};
  outcome_.counts.loaded = count(DocumentState::live);
  outcome_.counts.skipped = count(DocumentState::skipped);
  outcome_.counts.rejected = rejected;
  outcome_.counts.bytes = claim_->bytes();
  outcome_.counts.read =
      static_cast<std::int64_t>(batch_.documents.size()) - count(DocumentState::elsewhere) - claim_->counted_before();
  try {
    write_down(split);
    outcome_.counts.server_seconds = seconds_since(began);
    commit_knowingly(split);
  } catch (const Error&) {
    state_.release_rejects(rejected);
    throw;
  }
  publish();
}

/// Where the answer is lost, a split is tried again: if it was committed, its claim is in its own way. Without a claim
/// nobody knows, and nothing is guessed.
void Worker::commit_knowingly(const Split& split) {
  try {
    connection_->commit();
  } catch (const Error& error) {
    if (!connection_->is_lost() || claim_->can_be_asked() || state_.options.dry_run) throw;
    throw Error(ErrorKind::database,
                fmt::format("the connection was lost while the documents in bytes {} to {} of {} were being committed, so "
                            "whether they are in is not known; look for them before they are loaded again: {}",
                            split.spans.front().begin, split.spans.back().end, split.source->source->path, error.what()));
  }
}

/// Rejects and counts, as part of the split's transaction.
void Worker::write_down(const Split& split) {
  const std::vector<RejectRow> rows = reject_rows(split, false);
  if (split.source != nullptr) outcome_.kept_rejects = state_.ledger.keep_rejects(*connection_, *state_.target.plan, rows);
  for (const RejectRow& row : rows) {
    if (row.state == RejectState::rejected) outcome_.reports.push_back(report_of(row));
  }
  SplitCounts counts{outcome_.counts.loaded, outcome_.counts.skipped, outcome_.counts.rejected, {}};
  for (std::size_t i = 0; i < outcome_.tables.size(); ++i) {
    const TableCounts& table = outcome_.tables[i];
    counts.tables.push_back({state_.target.tables[i].plan->name.text(), table.inserted, table.merged, table.already_there});
  }
  claim_->finish(*connection_, batch_, counts);
}

/// What was committed counts.
void Worker::publish() {
  state_.add(outcome_.counts, outcome_.tables, std::move(outcome_.reports));
  state_.ledger.committed(outcome_.kept_rejects);
}

/// The limit is passed: this split is rolled back; what passed it is committed alone, so that the evidence stays.
void Worker::stop_for_rejects(const Split& split, std::int64_t rejects) {
  connection_->rollback();
  const std::vector<RejectRow> rows = reject_rows(split, true);
  connection_->begin();
  const std::string kept = state_.ledger.keep_rejects(*connection_, *state_.target.plan, rows);
  connection_->commit();
  std::vector<RejectReport> reports;
  for (const RejectRow& row : rows) reports.push_back(report_of(row));
  state_.add({}, AllCounts(state_.target.tables.size()), std::move(reports));
  state_.ledger.committed(kept);
  throw over_limit_error(state_.options, rejects);
}

/// Of a split that was staged without.
void Worker::read_text(const Split& split) {
  if (staged_ != &split) return;
  std::size_t size = 0;
  for (const BatchDocument& document : batch_.documents) size = std::max(size, std::size_t{document.begin} + document.size);
  staged_->read_text_again(state_.options.max_document, size);
}

std::vector<RejectRow> Worker::reject_rows(const Split& split, bool stopped) {
  if (!batch_.rejects.empty()) read_text(split);
  count_lines(split);
  texts_of_rows_.clear();
  std::vector<RejectRow> rows;
  for (const BatchReject& reject : batch_.rejects) {
    const BatchDocument& document = batch_.documents[reject.document];
    const bool parked = document.state == DocumentState::parked;
    if (stopped && parked) continue;
    const std::string_view text = text_of(split, document);
    rows.push_back({claim_->source_of(reject.document), static_cast<std::int64_t>(document.offset), document.line,
                    reject.table, reject.column, reject.reason, reject.sqlstate, text,
                    document.source_size > text.size() ? document.source_size : text.size(),
                    stopped  ? RejectState::stopped
                    : parked ? RejectState::parked
                             : RejectState::rejected});
  }
  return rows;
}

/// Valid until the next rejects are looked at.
std::string_view Worker::text_of(const Split& split, const BatchDocument& document) {
  if (!document.is_row) return split.records.bytes.view(document.begin, document.size);
  PaddedBytes& text = texts_of_rows_.emplace_back();
  split.records.put_text_of_row(document.line, text);
  return text.view();
}

/// The lines of rejects are counted now, where the split does not know them: most splits have none.
void Worker::count_lines(const Split& split) {
  if (batch_.rejects.empty() || split.source == nullptr || split.source->lines == nullptr) return;
  const std::int64_t first_line = split.source->lines->line_at(split.records.begin);
  for (const BatchReject& reject : batch_.rejects) {
    BatchDocument& document = batch_.documents[reject.document];
    if (document.line >= 0) continue;
    const auto record = std::ranges::upper_bound(split.records.records, document.begin, {}, &Record::begin);
    document.line = first_line + std::prev(record)->line - 1;
  }
}

void Worker::load_staged(std::string_view bytes, Split& split) {
  counts_ = {};
  counts_.splits = 1;
  read_staged_batch(bytes, batch_, split);
  staged_ = &split;
  split_claim_.start(split);
  load_batch(split);
  staged_ = nullptr;
}

void Worker::load_claimed(Split& split, Claim& claim) {
  counts_ = {};
  parser_.read(split, batch_, counts_);
  counts_.splits = 1;
  claim_ = &claim;
  load_batch(split);
  claim_ = &split_claim_;
}

std::int64_t Worker::load_kept(std::span<const KeptDocument> documents) {
  counts_ = {};
  batch_.clear();
  Split split;
  KeptBatch kept(state_.load, documents);
  kept.parse(parser_, state_.options.max_document, batch_, split.records.bytes);
  claim_ = &kept;
  load_batch(split);
  claim_ = &split_claim_;
  return count(DocumentState::parked);
}

}  // namespace pgfeed
