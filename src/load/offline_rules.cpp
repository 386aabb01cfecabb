#include "load/offline_rules.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "load/null_check.hpp"
#include "load/row_key.hpp"
#include "load/row_order.hpp"

namespace pgfeed {
namespace {

/// Documents of which only the server can tell whether they go in.
using Undecided = std::set<std::uint32_t>;

/// Rows whose key another row has too: `latest` leaves the choice to the server.
void find_undecided(const TargetTable& table, const TableRows& rows, const RowOrder& order, std::vector<bool>& undecided) {
  undecided.assign(order.size(), false);
  if (table.plan->rule != DuplicateRule::latest || table.key.empty()) return;
  const KeyComparer comparer(table);
  const auto key_of = [&](std::uint32_t row) { return comparer.key_of(rows.bytes.data() + rows.rows[row].begin, row); };
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (comparer.compare(key_of(order[i - 1]), key_of(order[i])) == 0) undecided[i - 1] = undecided[i] = true;
  }
}

/// One document for each root key. Where `latest` leaves the choice to the server, the first will do here.
Undecided settle_root(const TargetTable& root, TableRows& rows, SplitBatch& batch) {
  rows.drop_filled();
  settle_root_duplicates(root, rows, batch);
  Undecided documents;
  if (root.plan->rule != DuplicateRule::latest) return documents;
  bool rejected = false;
  const RowOrder order = order_rows(root, rows, batch, rejected);
  std::vector<bool> undecided;
  find_undecided(root, rows, order, undecided);
  const KeyComparer comparer(root);
  const auto key_of = [&](std::uint32_t row) { return comparer.key_of(rows.bytes.data() + rows.rows[row].begin, row); };
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t document = rows.rows[order[i]].document;
    if (undecided[i]) documents.insert(document);
    if (i > 0 && comparer.compare(key_of(order[i - 1]), key_of(order[i])) == 0)
      batch.documents[document].state = DocumentState::skipped;
  }
  return documents;
}

/// Ids that the server would generate: another number for each natural key does for telling rows apart.
void put_ids(TableRows& rows) {
  for (const IdPlace& place : rows.ids) {
    std::int32_t length = 0;
    std::memcpy(&length, rows.bytes.data() + place.at - sizeof length, sizeof length);
    switch (ByteBuffer::to_network(length)) {
      case sizeof(std::int64_t): rows.bytes.patch_int(place.at, std::int64_t{place.key}); break;
      case sizeof(std::int32_t): rows.bytes.patch_int(place.at, static_cast<std::int32_t>(place.key)); break;
      default: rows.bytes.patch_int(place.at, static_cast<std::int16_t>(place.key));
    }
  }
}

/// The fields of a row's key, as NaturalKeys has them.
std::string key_fields(const TargetTable& table, const char* row) {
  std::string fields;
  for (const std::size_t column : table.key) fields += field_at(row, column);
  return fields;
}

/// A column in which a row of nothing but its key would have a NULL that is refused.
std::optional<std::size_t> missed_column(const TargetTable& table) {
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    if (table.columns[column].refuses_null && std::ranges::find(table.key, column) == table.key.end()) return column;
  }
  return std::nullopt;
}

/// A natural key that is referred to, and for which no document gives a row, becomes a row of its own.
void reject_bare_keys(const Target& target, std::size_t index, const RowOrder& order, SplitBatch& batch) {
  const TargetTable& table = target.tables[index];
  const std::optional<std::size_t> column = missed_column(table);
  if (table.sql.surrogate.empty() || !column) return;
  const TableRows& own = batch.tables[index];
  std::set<std::string> given;
  for (const std::uint32_t row : order) given.insert(key_fields(table, own.bytes.data() + own.rows[row].begin));
  for (const TableRows& rows : batch.tables) {
    for (const IdPlace& place : rows.ids) {
      if (place.table != index) continue;
      const NaturalKeys::Key& key = batch.keys[index].keys()[place.key];
      const std::uint32_t document = std::prev(std::ranges::upper_bound(rows.rows, place.at, {}, &Row::begin))->document;
      if (batch.is_live(document) && !given.contains(std::string(batch.keys[index].fields(key))))
        reject_null(table, *column, document, batch);
    }
  }
}

/// Rejects documents for the rows of a table, but for no NULL of a row that may give way.
void reject_rows(const Target& target, std::size_t index, const Undecided& documents, SplitBatch& batch) {
  const TargetTable& table = target.tables[index];
  const TableRows& rows = batch.tables[index];
  bool rejected = false;
  const RowOrder order = order_rows(table, batch.tables[index], batch, rejected);
  std::vector<bool> undecided;
  find_undecided(table, rows, order, undecided);
  RowOrder sent;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!undecided[i] && !documents.contains(rows.rows[order[i]].document)) sent.push_back(order[i]);
  }
  reject_nulls(table, rows, sent, batch);
  reject_bare_keys(target, index, order, batch);
}

/// As a load does: shared rows go in before it is settled which documents do, and stay where their document is rejected
/// later, so that no other misses them. Again where a row is refused, for another may have given way to it.
void reject_shared_rows(const Target& target, SplitBatch& batch) {
  for (const std::size_t table : target.order) {
    if (!target.tables[table].shared) continue;
    for (std::size_t before = batch.rejections;; before = batch.rejections) {
      reject_rows(target, table, {}, batch);
      if (batch.rejections == before) break;
    }
  }
}

}  // namespace

/// Again as long as documents are rejected: others may have given way to one of them.
void apply_rules_offline(const Target& target, SplitBatch& batch) {
  for (TableRows& rows : batch.tables) put_ids(rows);
  reject_shared_rows(target, batch);
  for (;;) {
    std::vector<std::uint32_t> live;
    for (std::uint32_t i = 0; i < batch.documents.size(); ++i) {
      if (batch.is_live(i)) live.push_back(i);
    }
    Undecided undecided;
    if (const TargetTable* root = target.root(); root != nullptr)
      undecided = settle_root(*root, batch.tables[static_cast<std::size_t>(target.plan->root)], batch);
    const std::size_t before = batch.rejections;
    for (std::size_t table = 0; table < target.tables.size(); ++table) {
      if (!target.tables[table].shared) reject_rows(target, table, undecided, batch);
    }
    if (batch.rejections == before) return;
    for (const std::uint32_t document : live) {
      if (batch.documents[document].state == DocumentState::skipped) batch.documents[document].state = DocumentState::live;
    }
  }
}

}  // namespace pgfeed
