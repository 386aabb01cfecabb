#include "load/root_settler.hpp"

#include <algorithm>

#include "load/existing_keys.hpp"
#include "load/key_arrays.hpp"
#include "load/null_check.hpp"
#include "load/replacement.hpp"
#include "load/row_key.hpp"
#include "load/staging.hpp"

namespace pgfeed {
namespace {

bool replaces_old(const TargetTable& root) noexcept {
  return root.plan->rule == DuplicateRule::update || root.plan->rule == DuplicateRule::latest;
}

const TableRows& root_rows(const Target& target, const SplitBatch& batch) {
  return batch.tables[static_cast<std::size_t>(target.plan->root)];
}

}  // namespace

RootSettler::RootSettler(const Target& target, Connection& connection) : target_(target), connection_(connection) {
  const TargetTable* root = target.root();
  looks_ = root != nullptr && root->plan->rule != DuplicateRule::error && root->plan->rule != DuplicateRule::skip;
}

bool RootSettler::start_looking() noexcept {
  if (looks_ || target_.root() == nullptr) return false;
  looks_ = true;
  return true;
}

std::size_t RootSettler::met() const noexcept {
  return settled_.size() + static_cast<std::size_t>(std::ranges::count(replaces_, true));
}

void RootSettler::settle(SplitBatch& batch, WritePlace& place) {
  if (target_.root() == nullptr) return;
  unsettle(batch);
  std::vector<std::uint32_t> live;
  for (std::uint32_t i = 0; i < batch.documents.size(); ++i) {
    if (batch.is_live(i)) live.push_back(i);
  }
  settle_root_duplicates(*target_.root(), batch.tables[static_cast<std::size_t>(target_.plan->root)], batch);
  // A NULL that is refused makes a reject only of a document that goes in: so those that are there are looked for.
  if (looks_ || sends_refused_nulls(target_, batch)) settle_existing(batch, place);
  for (const std::uint32_t document : live) {
    if (batch.documents[document].state == DocumentState::skipped) settled_.push_back(document);
  }
}

void RootSettler::unsettle(SplitBatch& batch) {
  for (const std::uint32_t document : settled_) batch.documents[document].state = DocumentState::live;
  settled_.clear();
}

void RootSettler::settle_existing(SplitBatch& batch, WritePlace& place) {
  const TargetTable& root = *target_.root();
  const TableRows& rows = root_rows(target_, batch);
  live_.clear();
  for (std::uint32_t i = 0; i < rows.rows.size(); ++i) {
    if (batch.is_live(rows.rows[i].document)) live_.push_back(i);
  }
  replaces_.clear();
  if (live_.empty()) return;
  place.table = static_cast<std::size_t>(target_.plan->root);
  if (replaces_old(root)) lock_old(batch);
  if (root.plan->rule == DuplicateRule::latest) return settle_losers(batch, place);
  if (root.plan->rule != DuplicateRule::update) settle_existing_keys(connection_, root, rows, live_, batch);
  if (root.plan->rule == DuplicateRule::update || root.plan->rule == DuplicateRule::skip) settle_repeated(batch);
}

/// Under `latest`: documents whose root row is not the latest of those with its key, here and there.
void RootSettler::settle_losers(SplitBatch& batch, WritePlace& place) {
  const TargetTable& root = *target_.root();
  place.sent = &live_;
  stage_rows(connection_, root, root_rows(target_, batch), live_);
  place.sent = nullptr;
  const Result losers = connection_.run(staged_losers_sql(root.sql));
  for (std::size_t i = 0; i < losers.rows(); ++i)
    batch.documents[static_cast<std::size_t>(losers.number(i, 0))].state = DocumentState::skipped;
}

/// Keys with other bytes that the server holds for equal: 1.0 and 1.00, or citext in another case.
void RootSettler::settle_repeated(SplitBatch& batch) {
  const TargetTable& root = *target_.root();
  if (has_exact_keys(root)) return;
  const TableRows& rows = root_rows(target_, batch);
  KeyArrays arrays(root, root.key);
  for (const std::uint32_t row : live_) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
  const Result repeated = connection_.run(repeated_keys_sql(root.sql), arrays.parameters());
  for (std::size_t i = 0; i < repeated.rows(); ++i) {
    const std::uint32_t row = live_[static_cast<std::size_t>(repeated.number(i, 0) - 1)];
    batch.documents[rows.rows[row].document].state = DocumentState::skipped;
  }
}

/// Locks the root rows that documents may replace, so that what is compared and deleted after is what the last to commit
/// left. Another session may have put a new row in the place of one that was waited for: then once more, from the first key,
/// for locks that are taken out of order lock workers out of one another's. A root row that comes after this is a lost race.
void RootSettler::lock_old(const SplitBatch& batch) {
  const TargetTable& root = *target_.root();
  const TableRows& rows = root_rows(target_, batch);
  KeyArrays arrays(root, root.key);
  for (const std::uint32_t row : live_) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
  const std::vector<Parameter> parameters = arrays.parameters();
  connection_.run("SAVEPOINT pgfeed_locks");
  Result locked = connection_.run(lock_keys_sql(root.sql), parameters);
  while (locked.rows() < connection_.run(existing_keys_sql(root.sql), parameters).rows()) {
    connection_.run("ROLLBACK TO SAVEPOINT pgfeed_locks");
    locked = connection_.run(lock_keys_sql(root.sql), parameters);
  }
  connection_.run("RELEASE SAVEPOINT pgfeed_locks");
  replaces_.assign(batch.documents.size(), false);
  for (std::size_t i = 0; i < locked.rows(); ++i)
    replaces_[rows.rows[live_[static_cast<std::size_t>(locked.number(i, 0) - 1)]].document] = true;
}

/// Only of root rows that are locked: what came since was not compared with.
void RootSettler::delete_old_documents(const SplitBatch& batch) {
  const TargetTable* root = target_.root();
  if (root == nullptr || !replaces_old(*root)) return;
  const TableRows& rows = root_rows(target_, batch);
  KeyArrays arrays(*root, root->key);
  for (const Row& row : rows.rows) {
    if (batch.is_live(row.document) && replaces(row.document)) arrays.add_row(rows.bytes.data() + row.begin);
  }
  if (arrays.size() == 0) return;
  const std::vector<Parameter> parameters = arrays.parameters();
  for (const std::string& statement : replacement_statements(target_)) connection_.run(statement, parameters);
}

}  // namespace pgfeed
