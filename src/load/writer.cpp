#include "load/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/existing_keys.hpp"
#include "load/null_check.hpp"
#include "load/orphans.hpp"
#include "load/refusal.hpp"
#include "load/staging.hpp"

namespace pgfeed {
namespace {

// Refused documents are taken out one by one, the split written again each time; a split with more of them is written in
// halves, each under a savepoint, which costs more at first and less for many.
constexpr int kWholeTries = 4;
// A root key that another session commits in between is found by the next look. What still fails then is another unique
// index, or keys that only the server holds for equal: a refusal.
constexpr int kMostRaces = 5;

/// Whether equal keys have equal bytes: not so 1.0 and 1.00, of which the server alone sees that they are one.
bool has_one_form_of_keys(const TargetTable& table) {
  return std::ranges::all_of(table.key, [&](std::size_t column) { return table.sql.columns[column].is_exact; });
}

RowOrder rows_of(const std::vector<std::uint32_t>& documents, const TableRows& rows, std::size_t of) {
  std::vector<bool> wanted(of, false);
  for (const std::uint32_t document : documents) wanted[document] = true;
  RowOrder found;
  for (std::uint32_t i = 0; i < rows.rows.size(); ++i) {
    if (wanted[rows.rows[i].document]) found.push_back(i);
  }
  return found;
}

}  // namespace

Writer::Writer(const Target& target, Connection& connection, bool park)
    : target_(target),
      connection_(connection),
      park_(park),
      careful_(target.tables.size(), false),
      roots_(target, connection) {}

AllCounts Writer::write(SplitBatch& batch, const Begin& begin) {
  roots_.begin_split();
  races_ = 0;
  met_ = 0;
  for (int refused = 0;;) {
    begin();
    if (races_ > 0) take_turn(connection_);  // the losers of a race queue up rather than race once more
    try {
      return write_once(batch);
    } catch (const Error& error) {
      if (error.kind != ErrorKind::database || !is_refusal(error.sqlstate)) throw;
      connection_.rollback();
      if (learns_from(error) || lost_race(error) || park_orphans(error, batch, begin)) continue;
      const std::optional<std::uint32_t> document = document_of(error, batch);
      if (document && learns_of({*document}, batch)) continue;
      if (!document || ++refused > kWholeTries) return write_in_halves(batch, begin);
      refuse(*document, error, batch);
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
    roots_.settle(batch, place_);
    roots_.delete_old_documents(batch);
    const std::size_t before = batch.rejections;
    Orders orders = order_all(batch);
    if (batch.rejections == before || target_.plan->root < 0) {
      connection_.run("RELEASE SAVEPOINT pgfeed_old_documents");
      return orders;
    }
    connection_.run("ROLLBACK TO SAVEPOINT pgfeed_old_documents");
  }
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
      if (looks && !orders[table].empty()) {
        settle_existing_keys(connection_, target_.tables[table], batch.tables[table], orders[table], batch);
      }
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
  if (!table.is_root) return write_rows(index, batch, order, is_merged_into(index));
  new_roots_.clear();
  replacing_roots_.clear();
  for (const std::uint32_t row : order) {
    const std::uint32_t document = batch.tables[index].rows[row].document;
    (roots_.replaces(document) ? replacing_roots_ : new_roots_).push_back(row);
  }
  TableCounts counts = write_rows(index, batch, new_roots_, false);
  counts += write_rows(index, batch, replacing_roots_, true);
  return counts;
}

TableCounts Writer::write_rows(std::size_t index, const SplitBatch& batch, const RowOrder& order, bool merges) {
  const TargetTable& table = target_.tables[index];
  if (order.empty()) return {};
  place_.table = index;
  place_.sent = &order;
  if (!merges && !needs_stage(table.sql)) {
    const TableCounts counts = copy_rows(connection_, table, batch.tables[index], order);
    place_.sent = nullptr;
    return counts;
  }
  stage_rows(connection_, table, batch.tables[index], order);
  place_.sent = nullptr;
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
    if (found != target_.tables.end()) place_.table = static_cast<std::size_t>(found - target_.tables.begin());
    throw;
  }
}

/// A key that is there: from now on this table is looked at first. False where it was already.
/// The root is the first to learn: its rule says what becomes of a document that was delivered before, whichever of its
/// rows was in the way.
bool Writer::learns_from(const Error& error) {
  if (error.sqlstate != "23505") return false;
  if (roots_.start_looking()) return true;
  const TargetTable& table = target_.tables[place_.table];
  if (table.is_root || careful_[place_.table] || table.key.empty()) return false;
  careful_[place_.table] = true;
  return true;
}

/// The same for documents that the server refused for something else: one that is there already, or whose row is, may have
/// nothing to write. What is refused is seen before the key is, so without this it would depend on the other rows sent.
bool Writer::learns_of(const std::vector<std::uint32_t>& documents, const SplitBatch& batch) {
  const auto may_be_there = [&](std::size_t table) {
    const RowOrder rows = rows_of(documents, batch.tables[table], batch.documents.size());
    return !rows.empty() && (!has_one_form_of_keys(target_.tables[table]) ||
                             !rows_with_keys_there(connection_, target_.tables[table], batch.tables[table], rows).empty());
  };
  const TargetTable* root = target_.root();
  if (root != nullptr && root->plan->rule == DuplicateRule::skip && !roots_.looks() &&
      may_be_there(static_cast<std::size_t>(target_.plan->root)))
    return roots_.start_looking();
  const TargetTable& table = target_.tables[place_.table];
  const bool can_learn = is_written(place_.table) && !table.is_root && !careful_[place_.table] && !table.key.empty() &&
                         !table.key_comes_later && table.plan->rule != DuplicateRule::error;
  if (!can_learn || !may_be_there(place_.table)) return false;
  careful_[place_.table] = true;
  return true;
}

/// Whether another session may have committed a root key since it was looked for.
bool Writer::lost_race(const Error& error) {
  const TargetTable& table = target_.tables[place_.table];
  if (error.sqlstate != "23505" || !table.is_root || table.plan->rule == DuplicateRule::error) return false;
  if (roots_.met() > met_) races_ = 0;  // each race that was lost shows one more key at the next look: that comes to an end
  met_ = std::max(roots_.met(), met_);
  return ++races_ <= kMostRaces;
}

bool Writer::park_orphans(const Error& error, SplitBatch& batch, const Begin& begin) {
  if (error.sqlstate != "23503") return false;
  const std::optional<std::size_t> key = find_foreign_key(target_.tables[place_.table], error.constraint);
  if (!key) return false;
  const std::size_t child = place_.table;
  // The parents of this split must be there to be found: they are written again, up to the table that was refused.
  begin();
  const Orders orders = settle_and_order(batch);
  for (const std::size_t table : target_.order) {
    if (table == child) break;
    if (is_written(table)) write_table(table, batch, orders[table]);
  }
  RowOrder orphans = find_orphans(connection_, target_.tables[child], *key, batch.tables[child], orders[child]);
  connection_.rollback();
  place_.table = child;
  std::vector<std::uint32_t> documents;
  for (const std::uint32_t row : orphans) documents.push_back(batch.tables[child].rows[row].document);
  if (learns_of(documents, batch)) return true;
  if (is_merged_into(child)) leave_those_that_go_in(orphans, batch);
  for (const std::uint32_t row : orphans) refuse(batch.tables[child].rows[row].document, error, batch);
  return !orphans.empty();
}

/// Leaves of the orphans in a table that rows are merged into those that surely go in: the others may give way to a row
/// that is there, or of the split, and are found in halves if they do not.
void Writer::leave_those_that_go_in(RowOrder& orphans, const SplitBatch& batch) {
  const TargetTable& table = target_.tables[place_.table];
  if (table.plan->rule == DuplicateRule::update) return;
  if (table.plan->rule == DuplicateRule::latest || !has_one_form_of_keys(table)) return orphans.clear();
  RowOrder there = rows_with_keys_there(connection_, table, batch.tables[place_.table], orphans);
  std::ranges::sort(there);
  std::erase_if(orphans, [&](std::uint32_t row) { return std::ranges::binary_search(there, row); });
}

/// The document that COPY's line names; none where the error came from another statement.
std::optional<std::uint32_t> Writer::document_of(const Error& error, const SplitBatch& batch) const {
  const RowOrder* sent = place_.sent;
  if (sent == nullptr || error.copy_row <= 0 || static_cast<std::size_t>(error.copy_row) > sent->size()) return std::nullopt;
  return batch.tables[place_.table].rows[(*sent)[static_cast<std::size_t>(error.copy_row - 1)]].document;
}

void Writer::refuse(std::uint32_t document, const Error& error, SplitBatch& batch) {
  refuse_document(batch, document, target_.tables[place_.table], error, park_);
}

AllCounts Writer::write_in_halves(SplitBatch& batch, const Begin& begin) {
  begin();
  roots_.unsettle(batch);
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
    roots_.confirm();
    put_back();
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += written[i];
  } catch (const Error& error) {
    roots_.unsettle(batch);
    put_back();
    if (error.kind != ErrorKind::database || !is_refusal(error.sqlstate)) throw;
    connection_.run("ROLLBACK TO SAVEPOINT pgfeed_range; RELEASE SAVEPOINT pgfeed_range");
    if (learns_from(error) || lost_race(error)) return write_range(batch, first, last, counts);
    std::optional<std::uint32_t> document = document_of(error, batch);
    if (!document && last - first <= 1) document = first;
    if (document && learns_of({*document}, batch)) return write_range(batch, first, last, counts);
    if (document) refuse(*document, error, batch);
    if (last - first <= 1) return;
    const std::uint32_t middle = first + (last - first) / 2;
    write_range(batch, first, middle, counts);
    write_range(batch, middle, last, counts);
  }
}

}  // namespace pgfeed
