#include "load/resolver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "load/key_arrays.hpp"
#include "load/refusal.hpp"
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

/// A row with the fields of a natural key in their places, and NULL in the others.
std::string key_row_of(const TargetTable& table, std::string_view fields) {
  std::vector<std::string_view> of_column(table.columns.size());
  for (const std::size_t column : table.key) {
    std::int32_t length = 0;
    std::memcpy(&length, fields.data(), sizeof length);
    of_column[column] = fields.substr(0, sizeof length + static_cast<std::size_t>(ByteBuffer::to_network(length)));
    fields.remove_prefix(of_column[column].size());
  }
  ByteBuffer row;
  row.put_int(static_cast<std::int16_t>(table.columns.size()));
  for (const std::string_view field : of_column) field.empty() ? row.put_int(std::int32_t{-1}) : row.put(field);
  return std::string(row.view());
}

/// Overwrites an integer of `length` bytes; false where `id` is too large for it.
bool put_id(ByteBuffer& bytes, std::uint64_t at, std::int32_t length, std::int64_t id) noexcept {
  if (length == 8) {
    bytes.patch_int(at, id);
  } else if (length == 4 && std::in_range<std::int32_t>(id)) {
    bytes.patch_int(at, static_cast<std::int32_t>(id));
  } else if (length == 2 && std::in_range<std::int16_t>(id)) {
    bytes.patch_int(at, static_cast<std::int16_t>(id));
  } else {
    return false;
  }
  return true;
}

/// Where ordered rows are cut in two: not between rows of one key where it can be helped, for the server is to choose among
/// all of them, and a row that would give way is not to be refused alone.
std::size_t middle_of(const TargetTable& table, const TableRows& rows, const RowOrder& order) {
  const KeyComparer comparer(table);
  const auto begins_key = [&](std::size_t i) {
    const auto key_of = [&](std::uint32_t row) { return comparer.key_of(rows.bytes.data() + rows.rows[row].begin, row); };
    return comparer.compare(key_of(order[i - 1]), key_of(order[i])) != 0;
  };
  const std::size_t half = order.size() / 2;
  for (std::size_t i = half; i < order.size(); ++i) {
    if (begins_key(i)) return i;
  }
  for (std::size_t i = half; i > 1; --i) {
    if (begins_key(i - 1)) return i - 1;
  }
  return half;
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
    if (id == NaturalKeys::kUnknown) {
      require_rejected(table, place, batch);
      continue;
    }
    std::int32_t length = 0;
    std::memcpy(&length, rows.bytes.data() + place.at - sizeof length, sizeof length);
    const bool fits = put_id(rows.bytes, place.at, ByteBuffer::to_network(length), id);
    if (fits) continue;
    Error error(ErrorKind::database,
                fmt::format("the generated id {} of table \"{}\" does not fit the column of \"{}\" that refers to it", id,
                            target_.tables[place.table].plan->name.text(), target_.tables[table].plan->name.text()));
    error.sqlstate = "22003";
    error.table = target_.tables[table].plan->name.table;
    throw error;
  }
}

/// An id stays unknown only where the document is rejected. Without an id its place holds nothing.
void Resolver::require_rejected(std::size_t table, const IdPlace& place, const SplitBatch& batch) const {
  const std::vector<Row>& rows = batch.tables[table].rows;
  const auto owner = std::prev(std::ranges::upper_bound(rows, place.at, {}, &Row::begin));
  if (owner->document != kNoDocument && !batch.is_live(owner->document)) return;
  throw Error(ErrorKind::database,
              fmt::format("no id of table \"{}\" is known for a row of table \"{}\"",
                          target_.tables[place.table].plan->name.text(), target_.tables[table].plan->name.text()));
}

/// Once more after a refusal: a row that had given way to a refused one counts again.
TableCounts Resolver::merge_table(std::size_t index, SplitBatch& batch, bool alone) {
  const TargetTable& table = target_.tables[index];
  TableRows& rows = batch.tables[index];
  add_key_rows(index, batch);
  TableCounts counts;
  for (bool once_more = true; once_more;) {
    bool rejected = false;
    RowOrder order = order_rows(table, rows, batch, rejected);
    const std::size_t considered = order.size();
    std::erase_if(order, [&](std::uint32_t row) { return merged_.find(digest(index, rows, row)) != nullptr; });
    const std::size_t refused = batch.rejections;
    counts.already_there += static_cast<std::int64_t>(considered - order.size());
    if (!order.empty()) counts += merge_rows(index, batch, order, alone);
    once_more = batch.rejections != refused;
  }
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

TableCounts Resolver::merge_rows(std::size_t index, SplitBatch& batch, const RowOrder& order, bool alone) {
  const TableRows& rows = batch.tables[index];
  try {
    connection_.begin();
    if (alone) take_turn(connection_);
    const TableCounts counts = new_rows_.begin(index) ? new_rows_.copy(connection_, index, rows, order)
                                                      : merge_through_stage(connection_, target_.tables[index], rows, order);
    connection_.commit();
    for (const std::uint32_t row : order) merged_.add(digest(index, rows, row), 0);
    return counts;
  } catch (const Error& error) {
    if (error.kind != ErrorKind::database || !is_refusal(error.sqlstate)) throw;
    connection_.rollback();
    if (new_rows_.failed(index)) return merge_rows(index, batch, order, alone);
    return merge_in_parts(index, batch, order, error, alone);
  }
}

/// The server refused a row: the one it names is left out, else halves are merged until it is found.
TableCounts Resolver::merge_in_parts(std::size_t index, SplitBatch& batch, const RowOrder& order, const Error& error,
                                     bool alone) {
  if (order.size() == 1) {
    refuse_row(index, batch, order.front(), error);
    return {};
  }
  const auto middle =
      order.begin() + static_cast<std::ptrdiff_t>(middle_of(target_.tables[index], batch.tables[index], order));
  TableCounts counts = merge_rows(index, batch, RowOrder(order.begin(), middle), alone);
  counts += merge_rows(index, batch, RowOrder(middle, order.end()), alone);
  return counts;
}

/// Rejects the document of a row; of a natural key, every document that refers to it.
void Resolver::refuse_row(std::size_t index, SplitBatch& batch, std::uint32_t row, const Error& error) {
  const TargetTable& table = target_.tables[index];
  Row& refused = batch.tables[index].rows[row];
  if (refused.document != kNoDocument) return refuse_document(batch, refused.document, table, error, park_);
  const std::string_view key = batch.tables[index].bytes.view(refused.begin, refused.size);
  for (TableRows& rows : batch.tables) {
    for (const IdPlace& place : rows.ids) {
      NaturalKeys::Key& wanted = batch.keys[index].keys()[place.table == index ? place.key : 0];
      if (place.table != index || key_row_of(table, batch.keys[index].fields(wanted)) != key) continue;
      wanted.used = false;
      const auto owner = std::prev(std::ranges::upper_bound(rows.rows, place.at, {}, &Row::begin));
      refuse_document(batch, owner->document, table, error, park_);
      refused.document = owner->document;
    }
  }
}

/// A row of its natural key alone for each key that some document refers to and whose id is not known.
void Resolver::add_key_rows(std::size_t index, SplitBatch& batch) {
  const TargetTable& table = target_.tables[index];
  if (table.sql.surrogate.empty()) return;
  TableRows& rows = batch.tables[index];
  rows.drop_filled();
  for (NaturalKeys::Key& key : batch.keys[index].keys()) {
    if (const std::int64_t* known = ids_.find(of_table(key.digest, index))) key.id = *known;
    if (!key.used || key.id != NaturalKeys::kUnknown) continue;
    const std::size_t begin = rows.bytes.size();
    rows.bytes.put(key_row_of(table, batch.keys[index].fields(key)));
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
