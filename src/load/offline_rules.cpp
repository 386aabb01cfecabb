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

/// One document for each root key. Where `latest` leaves the choice to the server, the first will do here.
void settle_root(const TargetTable& root, TableRows& rows, SplitBatch& batch) {
  rows.drop_filled();
  settle_root_duplicates(root, rows, batch);
  if (root.plan->rule != DuplicateRule::latest) return;
  bool rejected = false;
  const RowOrder order = order_rows(root, rows, batch, rejected);
  const KeyComparer comparer(root);
  const auto key_of = [&](std::uint32_t row) { return comparer.key_of(rows.bytes.data() + rows.rows[row].begin, row); };
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (comparer.compare(key_of(order[i - 1]), key_of(order[i])) == 0)
      batch.documents[rows.rows[order[i]].document].state = DocumentState::skipped;
  }
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

void reject_rows(const Target& target, SplitBatch& batch) {
  for (std::size_t table = 0; table < target.tables.size(); ++table) {
    bool rejected = false;
    const RowOrder order = order_rows(target.tables[table], batch.tables[table], batch, rejected);
    reject_nulls(target.tables[table], batch.tables[table], order, batch);
    reject_bare_keys(target, table, order, batch);
  }
}

}  // namespace

/// Again as long as documents are rejected: others may have given way to one of them.
void apply_rules_offline(const Target& target, SplitBatch& batch) {
  for (TableRows& rows : batch.tables) put_ids(rows);
  for (;;) {
    std::vector<std::uint32_t> live;
    for (std::uint32_t i = 0; i < batch.documents.size(); ++i) {
      if (batch.is_live(i)) live.push_back(i);
    }
    if (const TargetTable* root = target.root(); root != nullptr)
      settle_root(*root, batch.tables[static_cast<std::size_t>(target.plan->root)], batch);
    const std::size_t before = batch.rejections;
    reject_rows(target, batch);
    if (batch.rejections == before) return;
    for (const std::uint32_t document : live) {
      if (batch.documents[document].state == DocumentState::skipped) batch.documents[document].state = DocumentState::live;
    }
  }
}

}  // namespace pgfeed
