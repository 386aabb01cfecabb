#include "load/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/key_arrays.hpp"
#include "load/null_check.hpp"
#include "load/orphans.hpp"
#include "load/refusal.hpp"
#include "load/replacement.hpp"
#include "load/row_key.hpp"
#include "load/staging.hpp"

namespace pgfeed {
namespace {

// Refused documents are taken out one by one, the split written again each time; a split with more of them is written in
// halves, each under a savepoint, which costs more at first and less for many.
constexpr int kWholeTries = 4;
// A root key that another session commits in between is found by the next look. What still fails then is another unique
// index, or keys that only the server holds for equal: a refusal.
constexpr int kMostRaces = 5;

std::int64_t number_at(std::string_view binary) noexcept {
  std::int64_t value = 0;
  std::memcpy(&value, binary.data(), sizeof value);
  return ByteBuffer::to_network(value);
}

}  // namespace

Writer::Writer(const Target& target, Connection& connection, bool park)
    : target_(target), connection_(connection), park_(park), careful_(target.tables.size(), false) {
  // These compare with the rows that are there, and so always look.
  if (const TargetTable* root = target.root();
      root != nullptr && root->plan->rule != DuplicateRule::error && root->plan->rule != DuplicateRule::skip) {
    careful_[static_cast<std::size_t>(target.plan->root)] = true;
  }
}

AllCounts Writer::write(SplitBatch& batch, const Begin& begin) {
  settled_.clear();
  races_ = 0;
  found_ = 0;
  for (int refused = 0;;) {
    begin();
    if (races_ > 0) take_turn(connection_);  // the losers of a race queue up rather than race once more
    try {
      return write_once(batch);
    } catch (const Error& error) {
      if (error.kind != ErrorKind::database || !is_refusal(error.sqlstate)) throw;
      connection_.rollback();
      if (learns_from(error) || lost_race(error) || park_orphans(error, batch, begin)) continue;
      const bool known = sent_ != nullptr && error.copy_row > 0 && static_cast<std::size_t>(error.copy_row) <= sent_->size();
      if (!known || ++refused > kWholeTries) return write_in_halves(batch, begin);
      refuse(batch.tables[current_].rows[(*sent_)[static_cast<std::size_t>(error.copy_row - 1)]].document, error, batch);
    }
  }
}

AllCounts Writer::write_once(SplitBatch& batch) {
  orders_ = settle_and_order(batch);
  AllCounts counts(target_.tables.size());
  for (const std::size_t table : target_.order) {
    if (is_written(table)) counts[table] = write_table(table, batch, orders_[table]);
  }
  check_constraints();
  return counts;
}

/// Makes room for the documents that go in. One that is rejected then must not have taken its old one away: so once more.
Writer::Orders Writer::settle_and_order(SplitBatch& batch) {
  connection_.run("SAVEPOINT pgfeed_old_documents");
  for (;;) {
    settle(batch);
    delete_old_documents(batch);
    const std::size_t before = batch.rejections;
    Orders orders = order_all(batch);
    if (batch.rejections == before || target_.plan->root < 0) {
      connection_.run("RELEASE SAVEPOINT pgfeed_old_documents");
      return orders;
    }
    connection_.run("ROLLBACK TO SAVEPOINT pgfeed_old_documents");
  }
}

/// Decides which documents go in: one for each root key, and none that is there and stays.
void Writer::settle(SplitBatch& batch) {
  if (target_.plan->root < 0) return;
  unsettle(batch);
  std::vector<std::uint32_t> live;
  for (std::uint32_t i = 0; i < batch.documents.size(); ++i) {
    if (batch.is_live(i)) live.push_back(i);
  }
  const auto root = static_cast<std::size_t>(target_.plan->root);
  settle_root_duplicates(target_.tables[root], batch.tables[root], batch);
  // A NULL that is refused makes a reject only of a document that goes in: so those that are there are looked for.
  if (careful_[root] || sends_refused_nulls(target_, batch)) settle_existing_root(batch);
  for (const std::uint32_t document : live) {
    if (batch.documents[document].state == DocumentState::skipped) settled_.push_back(document);
  }
}

/// A document that gave way to another must be looked at again: the server may have refused the other.
void Writer::unsettle(SplitBatch& batch) {
  for (const std::uint32_t document : settled_) batch.documents[document].state = DocumentState::live;
  settled_.clear();
}

void Writer::settle_existing_root(SplitBatch& batch) {
  const auto index = static_cast<std::size_t>(target_.plan->root);
  const TargetTable& root = target_.tables[index];
  const TableRows& rows = batch.tables[index];
  RowOrder order;
  for (std::uint32_t i = 0; i < rows.rows.size(); ++i) {
    if (batch.is_live(rows.rows[i].document)) order.push_back(i);
  }
  replaces_.clear();
  if (order.empty()) return;
  current_ = index;
  const bool replaces = root.plan->rule == DuplicateRule::update || root.plan->rule == DuplicateRule::latest;
  if (replaces) lock_old_roots(batch, order);
  if (root.plan->rule == DuplicateRule::update) return settle_repeated_roots(batch, order);
  if (root.plan->rule == DuplicateRule::latest) {
    sent_ = &order;
    stage_rows(connection_, root, rows, order);
    sent_ = nullptr;
    const Result losers = connection_.run(staged_losers_sql(root.sql));
    for (std::size_t i = 0; i < losers.rows(); ++i)
      batch.documents[static_cast<std::size_t>(losers.number(i, 0))].state = DocumentState::skipped;
    return;
  }
  settle_existing_keys(index, batch, order);
  if (root.plan->rule == DuplicateRule::skip) settle_repeated_roots(batch, order);
}

/// Locks the root rows that documents may replace, so that what is compared and deleted after is what the last to commit
/// left. Another session may have put a new row in the place of one that was waited for: then once more, from the first key,
/// for locks that are taken out of order lock workers out of one another's. A root row that comes after this is a lost race.
void Writer::lock_old_roots(SplitBatch& batch, const RowOrder& order) {
  const TargetTable& root = *target_.root();
  const TableRows& rows = batch.tables[static_cast<std::size_t>(target_.plan->root)];
  KeyArrays arrays(root, root.key);
  for (const std::uint32_t row : order) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
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
    replaces_[rows.rows[order[static_cast<std::size_t>(locked.number(i, 0) - 1)]].document] = true;
}

/// Looks the keys of rows up: documents whose key is there are skipped, or under `error` rejected.
void Writer::settle_existing_keys(std::size_t index, SplitBatch& batch, const RowOrder& order) {
  const TargetTable& table = target_.tables[index];
  const TableRows& rows = batch.tables[index];
  KeyArrays arrays(table, table.key);
  for (const std::uint32_t row : order) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
  const Result found = connection_.run(existing_keys_sql(table.sql), arrays.parameters(), true);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const std::uint32_t document = rows.rows[order[static_cast<std::size_t>(number_at(found.at(i, 0)) - 1)]].document;
    if (table.plan->rule == DuplicateRule::error) {
      batch.reject(document, {0, table.plan->name.text(), "", "a row with the same key is there already", "23505"});
    } else {
      batch.documents[document].state = DocumentState::skipped;
    }
  }
}

/// Keys with other bytes that the server holds for equal: 1.0 and 1.00, or citext in another case.
void Writer::settle_repeated_roots(SplitBatch& batch, const RowOrder& order) {
  const TargetTable& root = *target_.root();
  if (has_exact_keys(root)) return;
  const TableRows& rows = batch.tables[static_cast<std::size_t>(target_.plan->root)];
  KeyArrays arrays(root, root.key);
  for (const std::uint32_t row : order) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
  const Result repeated = connection_.run(repeated_keys_sql(root.sql), arrays.parameters());
  for (std::size_t i = 0; i < repeated.rows(); ++i) {
    const std::uint32_t row = order[static_cast<std::size_t>(repeated.number(i, 0) - 1)];
    batch.documents[rows.rows[row].document].state = DocumentState::skipped;
  }
}

/// Under `update` and `latest` a document takes the place of an older one: what hangs on the old root row goes. Only of
/// those that are locked: what came since was not compared with.
void Writer::delete_old_documents(const SplitBatch& batch) {
  const TargetTable* root = target_.root();
  if (root == nullptr || (root->plan->rule != DuplicateRule::update && root->plan->rule != DuplicateRule::latest)) return;
  const TableRows& rows = batch.tables[static_cast<std::size_t>(target_.plan->root)];
  KeyArrays arrays(*root, root->key);
  bool any = false;
  for (const Row& row : rows.rows) {
    if (!batch.is_live(row.document) || row.document >= replaces_.size() || !replaces_[row.document]) continue;
    arrays.add_row(rows.bytes.data() + row.begin);
    any = true;
  }
  if (!any) return;
  const std::vector<Parameter> parameters = arrays.parameters();
  for (const std::string& statement : replacement_statements(target_)) connection_.run(statement, parameters);
}

/// Orders until no more documents are rejected: one that is takes its rows in all tables with it.
Writer::Orders Writer::order_all(SplitBatch& batch) {
  for (;;) {
    Orders orders(target_.tables.size());
    bool rejected = false;
    for (std::size_t table = 0; table < target_.tables.size(); ++table) {
      if (!is_written(table)) continue;
      orders[table] = order_rows(target_.tables[table], batch.tables[table], batch, rejected);
      const std::size_t before = batch.rejections;
      const bool looks =
          careful_[table] && !target_.tables[table].is_root && target_.tables[table].plan->rule == DuplicateRule::error;
      if (looks && !orders[table].empty()) settle_existing_keys(table, batch, orders[table]);
      if (sends_every_row(target_.tables[table]))
        reject_nulls(target_.tables[table], batch.tables[table], orders[table], batch);
      rejected = rejected || batch.rejections != before;
    }
    if (!rejected) return orders;
  }
}

/// A root row that takes the place of an old one is merged into it: to delete that would be refused for what other tables
/// hang on it, or take it along.
TableCounts Writer::write_table(std::size_t index, const SplitBatch& batch, const RowOrder& order) {
  const TargetTable& table = target_.tables[index];
  if (!table.is_root) return write_rows(index, batch, order, careful_[index] && table.plan->rule != DuplicateRule::error);
  new_roots_.clear();
  replacing_roots_.clear();
  for (const std::uint32_t row : order) {
    const std::uint32_t document = batch.tables[index].rows[row].document;
    (document < replaces_.size() && replaces_[document] ? replacing_roots_ : new_roots_).push_back(row);
  }
  TableCounts counts = write_rows(index, batch, new_roots_, false);
  counts += write_rows(index, batch, replacing_roots_, true);
  return counts;
}

TableCounts Writer::write_rows(std::size_t index, const SplitBatch& batch, const RowOrder& order, bool merges) {
  const TargetTable& table = target_.tables[index];
  if (order.empty()) return {};
  current_ = index;
  sent_ = &order;
  if (!merges && !needs_stage(table.sql)) {
    const TableCounts counts = copy_rows(connection_, table, batch.tables[index], order);
    sent_ = nullptr;
    return counts;
  }
  stage_rows(connection_, table, batch.tables[index], order);
  sent_ = nullptr;
  TableCounts counts;
  if (merges) {
    const Result merged = connection_.run(merge_sql(table.sql, are_unique(table, batch.tables[index], order)));
    counts = {merged.number(0, 0), merged.number(0, 1), 0};
    counts.already_there = static_cast<std::int64_t>(order.size()) - counts.inserted - counts.merged;
  } else {
    counts.inserted = connection_.run(insert_staged_sql(table.sql)).affected();
  }
  return counts;
}

/// Foreign keys, unique constraints and triggers that wait for the end of the transaction: one that fails in COMMIT would
/// not say which document it was.
void Writer::check_constraints() {
  try {
    connection_.run("SET CONSTRAINTS ALL IMMEDIATE");
  } catch (const Error& error) {
    const auto found =
        std::ranges::find(target_.tables, error.table, [](const TargetTable& table) { return table.plan->name.table; });
    if (found != target_.tables.end()) current_ = static_cast<std::size_t>(found - target_.tables.begin());
    throw;
  }
}

/// A key that is there: from now on this table is looked at first. False where it was already.
/// The root is the first to learn: its rule says what becomes of a document that was delivered before, whichever of its
/// rows was in the way.
bool Writer::learns_from(const Error& error) {
  if (error.sqlstate != "23505") return false;
  if (target_.plan->root >= 0 && !careful_[static_cast<std::size_t>(target_.plan->root)]) {
    careful_[static_cast<std::size_t>(target_.plan->root)] = true;
    return true;
  }
  if (careful_[current_] || target_.tables[current_].key.empty()) return false;
  careful_[current_] = true;
  return true;
}

/// Whether another session may have committed a root key since it was looked for.
bool Writer::lost_race(const Error& error) {
  const TargetTable& table = target_.tables[current_];
  if (error.sqlstate != "23505" || !table.is_root || table.plan->rule == DuplicateRule::error) return false;
  const std::size_t found = settled_.size() + static_cast<std::size_t>(std::ranges::count(replaces_, true));
  if (found > found_) races_ = 0;  // each race that was lost shows one more key at the next look: that comes to an end
  found_ = std::max(found, found_);
  return ++races_ <= kMostRaces;
}

bool Writer::park_orphans(const Error& error, SplitBatch& batch, const Begin& begin) {
  if (error.sqlstate != "23503") return false;
  const std::optional<std::size_t> key = find_foreign_key(target_.tables[current_], error.constraint);
  if (!key) return false;
  const std::size_t child = current_;
  // The parents of this split must be there to be found: they are written again, up to the table that was refused.
  begin();
  const Orders orders = settle_and_order(batch);
  for (const std::size_t table : target_.order) {
    if (table == child) break;
    if (is_written(table)) write_table(table, batch, orders[table]);
  }
  const std::vector<std::uint32_t> orphans =
      find_orphans(connection_, target_.tables[child], *key, batch.tables[child], orders[child]);
  connection_.rollback();
  current_ = child;
  for (const std::uint32_t row : orphans) refuse(batch.tables[child].rows[row].document, error, batch);
  return !orphans.empty();
}

void Writer::refuse(std::uint32_t document, const Error& error, SplitBatch& batch) {
  refuse_document(batch, document, target_.tables[current_], error, park_);
}

AllCounts Writer::write_in_halves(SplitBatch& batch, const Begin& begin) {
  begin();
  unsettle(batch);
  AllCounts counts(target_.tables.size());
  write_range(batch, 0, static_cast<std::uint32_t>(batch.documents.size()), counts);
  return counts;
}

/// Writes the documents from `first` up to `last` under a savepoint; in two halves where the server refuses one of them.
void Writer::write_range(SplitBatch& batch, std::uint32_t first, std::uint32_t last, AllCounts& counts) {
  std::vector<DocumentState> others;  // of documents outside the range: put aside
  const auto is_outside = [&](std::uint32_t i) { return i < first || i >= last; };
  for (std::uint32_t i = 0; i < batch.documents.size(); ++i) {
    others.push_back(batch.documents[i].state);
    if (is_outside(i) && batch.documents[i].state == DocumentState::live) batch.documents[i].state = DocumentState::skipped;
  }
  const auto put_back = [&] {
    for (std::uint32_t i = 0; i < batch.documents.size(); ++i) {
      if (is_outside(i)) batch.documents[i].state = others[i];
    }
  };
  connection_.run("SAVEPOINT pgfeed_range");
  try {
    const AllCounts written = write_once(batch);
    connection_.run("RELEASE SAVEPOINT pgfeed_range");
    settled_.clear();
    put_back();
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += written[i];
  } catch (const Error& error) {
    unsettle(batch);
    put_back();
    if (error.kind != ErrorKind::database || !is_refusal(error.sqlstate)) throw;
    connection_.run("ROLLBACK TO SAVEPOINT pgfeed_range; RELEASE SAVEPOINT pgfeed_range");
    if (learns_from(error) || lost_race(error)) return write_range(batch, first, last, counts);
    const bool known = sent_ != nullptr && error.copy_row > 0 && static_cast<std::size_t>(error.copy_row) <= sent_->size();
    if (known)
      refuse(batch.tables[current_].rows[(*sent_)[static_cast<std::size_t>(error.copy_row - 1)]].document, error, batch);
    if (last - first <= 1) return known ? void() : refuse(first, error, batch);
    const std::uint32_t middle = first + (last - first) / 2;
    write_range(batch, first, middle, counts);
    write_range(batch, middle, last, counts);
  }
}

}  // namespace pgfeed
