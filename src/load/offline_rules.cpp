#include "load/offline_rules.hpp"

#include <cstring>
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

void reject_rows(const Target& target, SplitBatch& batch) {
  for (std::size_t table = 0; table < target.tables.size(); ++table) {
    bool rejected = false;
    const RowOrder order = order_rows(target.tables[table], batch.tables[table], batch, rejected);
    reject_nulls(target.tables[table], batch.tables[table], order, batch);
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
