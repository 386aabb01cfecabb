#include "load/resolver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "load/key_arrays.hpp"
#include "load/row_key.hpp"
#include "load/staging.hpp"
#include "postgres/row_stream.hpp"

namespace pgfeed {
namespace {

/// Digests of different tables must differ.
Digest of_table(Digest digest, std::size_t table) noexcept {
  digest.low ^= (table + 1) * 0x9e3779b97f4a7c15ULL;
  return digest;
}

std::int64_t integer_at(std::string_view bytes) noexcept {
  std::int64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return ByteBuffer::to_network(value);
}

}  // namespace

AllCounts Resolver::resolve(SplitBatch& batch, bool alone) {
  AllCounts counts(target_.tables.size());
  for (const std::size_t table : target_.order) {
    put_ids(table, batch);
    if (target_.tables[table].shared) counts[table] = merge_table(table, batch, alone);
    if (!target_.tables[table].sql.surrogate.empty()) find_ids(table, batch);
  }
  return counts;
}

void Resolver::forget() {
  merged_.clear();
  ids_.clear();
}

/// Writes the ids that are known by now into the table's rows.
void Resolver::put_ids(std::size_t table, SplitBatch& batch) {
  TableRows& rows = batch.tables[table];
  for (const IdPlace& place : rows.ids) {
    const std::int64_t id = batch.keys[place.table].keys()[place.key].id;
    std::int32_t length = 0;
    std::memcpy(&length, rows.bytes.data() + place.at - sizeof length, sizeof length);
    switch (ByteBuffer::to_network(length)) {
      case 8: rows.bytes.patch_int(place.at, id); break;
      case 4: rows.bytes.patch_int(place.at, static_cast<std::int32_t>(id)); break;
      default: rows.bytes.patch_int(place.at, static_cast<std::int16_t>(id));
    }
  }
}

TableCounts Resolver::merge_table(std::size_t index, SplitBatch& batch, bool alone) {
  const TargetTable& table = target_.tables[index];
  TableRows& rows = batch.tables[index];
  add_key_rows(index, batch);
  bool rejected = false;
  RowOrder order = order_rows(table, rows, batch, rejected);
  const auto considered = static_cast<std::int64_t>(order.size());
  std::erase_if(order, [&](std::uint32_t row) { return merged_.find(digest(index, rows, row)) != nullptr; });
  TableCounts counts;
  if (!order.empty()) {
    counts = merge_rows(table, rows, order, alone);
    for (const std::uint32_t row : order) merged_.add(digest(index, rows, row), 0);
  }
  counts.already_there = considered - counts.inserted - counts.merged;
  return counts;
}

/// What makes sending a row again pointless: under `skip` its key is there, else the same row was merged.
Digest Resolver::digest(std::size_t index, const TableRows& rows, std::uint32_t row) const {
  const TargetTable& table = target_.tables[index];
  const std::string_view bytes = rows.bytes.view(rows.rows[row].begin, rows.rows[row].size);
  if (table.plan->rule != DuplicateRule::skip) return of_table(digest_of(bytes), index);
  if (table.key.size() == 1) return of_table(digest_of(field_at(bytes.data(), table.key.front())), index);
  Digest all;
  for (const std::size_t column : table.key) {
    const Digest part = digest_of(field_at(bytes.data(), column));
    all = {all.low * 0x9e3779b97f4a7c15ULL ^ part.low, all.high * 0xe7037ed1a0b428dbULL ^ part.high};
  }
  return of_table(all, index);
}

TableCounts Resolver::merge_rows(const TargetTable& table, const TableRows& rows, const RowOrder& order, bool alone) {
  connection_.begin();
  if (alone) take_turn(connection_);
  const TableCounts counts = merge_through_stage(connection_, table, rows, order);
  connection_.commit();
  return counts;
}

/// A row of its natural key alone for each key that some document refers to and whose id is not known.
void Resolver::add_key_rows(std::size_t index, SplitBatch& batch) {
  const TargetTable& table = target_.tables[index];
  if (table.sql.surrogate.empty()) return;
  TableRows& rows = batch.tables[index];
  for (NaturalKeys::Key& key : batch.keys[index].keys()) {
    if (const std::int64_t* known = ids_.find(of_table(key.digest, index))) key.id = *known;
    if (!key.used || key.id != NaturalKeys::kUnknown) continue;
    const std::size_t begin = rows.bytes.size();
    rows.bytes.put_int(static_cast<std::int16_t>(table.columns.size()));
    std::string_view fields = batch.keys[index].fields(key);
    std::vector<std::string_view> of_column(table.columns.size());
    for (const std::size_t column : table.key) {
      std::int32_t length = 0;
      std::memcpy(&length, fields.data(), sizeof length);
      of_column[column] = fields.substr(0, sizeof length + static_cast<std::size_t>(ByteBuffer::to_network(length)));
      fields.remove_prefix(of_column[column].size());
    }
    for (const std::string_view field : of_column)
      field.empty() ? rows.bytes.put_int(std::int32_t{-1}) : rows.bytes.put(field);
    rows.rows.push_back({begin, static_cast<std::uint32_t>(rows.bytes.size() - begin), kNoDocument});
  }
}

/// Asks for the ids in a statement of its own, after the commit: a snapshot taken before does not see another worker's rows.
void Resolver::find_ids(std::size_t index, SplitBatch& batch) {
  const TargetTable& table = target_.tables[index];
  KeyArrays arrays(table, table.key);
  std::vector<NaturalKeys::Key*> asked;
  for (NaturalKeys::Key& key : batch.keys[index].keys()) {
    if (!key.used || key.id != NaturalKeys::kUnknown) continue;
    arrays.add_fields(batch.keys[index].fields(key));
    asked.push_back(&key);
  }
  if (asked.empty()) return;
  connection_.begin();
  const Result ids = connection_.run(ids_sql(table.sql), arrays.parameters(), true);
  connection_.commit();
  for (std::size_t i = 0; i < ids.rows(); ++i) {
    NaturalKeys::Key& key = *asked[static_cast<std::size_t>(integer_at(ids.at(i, 0)) - 1)];
    key.id = integer_at(ids.at(i, 1));
    ids_.add(of_table(key.digest, index), key.id);
  }
  if (std::ranges::any_of(asked, [](const NaturalKeys::Key* key) { return key->id == NaturalKeys::kUnknown; })) {
    Error error(ErrorKind::database, fmt::format("table \"{}\" has no row for a key that was just merged into it: another "
                                                 "client deletes rows, or a trigger drops them",
                                                 table.plan->name.text()));
    error.table = table.plan->name.table;
    throw error;
  }
}

}  // namespace pgfeed
