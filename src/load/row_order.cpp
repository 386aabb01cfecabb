#include "load/row_order.hpp"

#include <algorithm>

#include "load/row_key.hpp"
#include "load/shaper.hpp"

namespace pgfeed {
namespace {

/// Keys of the rows of live documents, sorted; equal keys in the order of the documents.
std::vector<RowKey> sorted_keys(const KeyComparer& comparer, const TableRows& rows, const SplitBatch& batch) {
  std::vector<RowKey> keys;
  keys.reserve(rows.rows.size());
  for (std::uint32_t i = 0; i < rows.rows.size(); ++i) {
    const Row& row = rows.rows[i];
    if (batch.is_live(row.document)) keys.push_back(comparer.key_of(rows.bytes.data() + row.begin, i));
  }
  // By the numbers first, which is often how documents come, then what is equal in them by all of the key.
  const auto by_prefix = [](const RowKey& a, const RowKey& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.index < b.index;
  };
  if (!std::ranges::is_sorted(keys, by_prefix)) std::ranges::sort(keys, by_prefix);
  const auto by_all = [&](const RowKey& a, const RowKey& b) {
    const int order = comparer.compare(a, b);
    return order != 0 ? order < 0 : a.index < b.index;
  };
  for (auto begin = keys.begin(); begin != keys.end();) {
    const auto end = std::find_if(begin, keys.end(), [begin](const RowKey& key) { return key.prefix != begin->prefix; });
    if (end - begin > 1) std::sort(begin, end, by_all);
    begin = end;
  }
  return keys;
}

/// A row in which the NULLs of one row are filled from another: made at the end of the table's bytes.
std::uint32_t filled_row(const TargetTable& table, TableRows& rows, std::uint32_t first, std::uint32_t second) {
  const Row a = rows.rows[first];
  const Row b = rows.rows[second];
  const std::size_t begin = rows.bytes.size();
  rows.bytes.reserve(begin + a.size + b.size);  // nothing below moves the bytes that the cursors read
  rows.bytes.put_int(static_cast<std::int16_t>(table.columns.size()));
  FieldCursor left(rows.bytes.data() + a.begin);
  FieldCursor right(rows.bytes.data() + b.begin);
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    const std::string_view mine = left.next();
    const std::string_view other = right.next();
    rows.bytes.put(FieldCursor::is_null(mine) ? other : mine);
  }
  rows.filled = std::min(rows.filled, rows.rows.size());
  rows.rows.push_back({begin, static_cast<std::uint32_t>(rows.bytes.size() - begin), a.document});
  return static_cast<std::uint32_t>(rows.rows.size() - 1);
}

bool same_bytes(const TableRows& rows, std::uint32_t a, std::uint32_t b) {
  return rows.bytes.view(rows.rows[a].begin, rows.rows[a].size) == rows.bytes.view(rows.rows[b].begin, rows.rows[b].size);
}

/// Below 0: `a` is the later row; above 0: `b`; 0: only the server can tell.
int which_is_later(const TargetTable& table, const TableRows& rows, std::uint32_t a, std::uint32_t b) {
  const std::size_t column = table.sql.latest;
  if (!sorts_as_integer(table.columns[column].type.kind)) return 0;
  return compare_integers(field_at(rows.bytes.data() + rows.rows[b].begin, column),
                          field_at(rows.bytes.data() + rows.rows[a].begin, column));
}

/// Folds rows with equal keys, one by one, into as few as the client can.
class Fold {
 public:
  Fold(const TargetTable& table, TableRows& rows, SplitBatch& batch) : table_(table), rows_(rows), batch_(batch) {}

  bool rejected() const noexcept { return rejected_; }

  void group(const RowKey* begin, const RowKey* end, RowOrder& order) {
    kept_.assign(1, begin->index);
    for (const RowKey* next = begin + 1; next != end; ++next) add(next->index);
    if (kept_.size() > 1) drop_equal();
    order.insert(order.end(), kept_.begin(), kept_.end());
  }

 private:
  void add(std::uint32_t row) {
    std::uint32_t& kept = kept_.back();
    switch (table_.plan->rule) {
      case DuplicateRule::skip: return;
      case DuplicateRule::update: kept = row; return;
      case DuplicateRule::fill: kept = filled_row(table_, rows_, kept, row); return;
      case DuplicateRule::latest: add_latest(row); return;
      case DuplicateRule::error: break;
    }
    if (rows_.rows[row].document == rows_.rows[kept].document) return;
    batch_.reject(rows_.rows[row].document,
                  {0, table_.plan->name.text(), "", "another document of the split has the same key", "23505",
                   rows_.rows[kept].document});
    rejected_ = true;
  }

  /// Rows that are equal in what decides stay all, until `drop_equal`.
  void add_latest(std::uint32_t row) {
    const int later = which_is_later(table_, rows_, kept_.back(), row);
    if (later > 0) kept_.assign(1, row);
    if (later == 0) kept_.push_back(row);
  }

  /// Of rows that are the same in all, one stays. A hot key may have thousands: they are sorted, not compared with each
  /// other.
  void drop_equal() {
    const auto bytes = [this](std::uint32_t row) { return rows_.bytes.view(rows_.rows[row].begin, rows_.rows[row].size); };
    std::ranges::stable_sort(kept_, {}, bytes);
    const auto equal = std::ranges::unique(kept_, {}, bytes);
    kept_.erase(equal.begin(), equal.end());
    std::ranges::sort(kept_);
  }

  const TargetTable& table_;
  TableRows& rows_;
  SplitBatch& batch_;
  RowOrder kept_;
  bool rejected_ = false;
};

/// Calls `visit(begin, end)` for each run of equal keys. It may add rows, which moves those that the keys point to: so all
/// are compared before.
template <typename Visit>
void for_each_group(const KeyComparer& comparer, const std::vector<RowKey>& keys, const Visit& visit) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i <= keys.size(); ++i) {
    if (i == keys.size() || comparer.compare(keys[i - 1], keys[i]) != 0) ends.push_back(i);
  }
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    visit(keys.data() + begin, keys.data() + end);
    begin = end;
  }
}

}  // namespace

RowOrder order_rows(const TargetTable& table, TableRows& rows, SplitBatch& batch, bool& rejected) {
  rows.drop_filled();
  RowOrder order;
  if (table.key.empty()) {
    for (std::uint32_t i = 0; i < rows.rows.size(); ++i) {
      if (batch.is_live(rows.rows[i].document)) order.push_back(i);
    }
    return order;
  }
  const KeyComparer comparer(table);
  Fold fold(table, rows, batch);
  for_each_group(comparer, sorted_keys(comparer, rows, batch),
                 [&](const RowKey* begin, const RowKey* end) { fold.group(begin, end, order); });
  rejected = rejected || fold.rejected();
  return order;
}

bool are_unique(const TargetTable& table, const TableRows& rows, const RowOrder& order) {
  if (table.key.empty() || !has_exact_keys(table)) return false;
  const KeyComparer comparer(table);
  const auto key_of = [&](std::uint32_t row) { return comparer.key_of(rows.bytes.data() + rows.rows[row].begin, row); };
  return std::ranges::adjacent_find(order, [&](std::uint32_t a, std::uint32_t b) {
           return comparer.compare(key_of(a), key_of(b)) == 0;
         }) == order.end();
}

void settle_root_duplicates(const TargetTable& root, TableRows& rows, SplitBatch& batch) {
  const KeyComparer comparer(root);
  const auto skip = [&](std::uint32_t row) { batch.documents[rows.rows[row].document].state = DocumentState::skipped; };
  for_each_group(comparer, sorted_keys(comparer, rows, batch), [&](const RowKey* begin, const RowKey* end) {
    const RowKey* kept = begin;
    for (const RowKey* next = begin + 1; next != end; ++next) {
      const bool by_latest = root.plan->rule == DuplicateRule::latest;
      const int later = by_latest ? which_is_later(root, rows, kept->index, next->index) : 0;
      if (by_latest && later == 0 && !same_bytes(rows, kept->index, next->index)) continue;  // the server tells
      const bool takes_place = root.plan->rule == DuplicateRule::update || later > 0;
      if (root.plan->rule == DuplicateRule::error) {
        batch.reject(rows.rows[next->index].document,
                     {0, root.plan->name.text(), "", "another document of the split has the same key", "23505",
                      rows.rows[kept->index].document});
      } else if (takes_place) {
        skip(kept->index);
        kept = next;
      } else {
        skip(next->index);
      }
    }
  });
}

}  // namespace pgfeed
