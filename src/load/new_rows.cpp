#include "load/new_rows.hpp"

#include <algorithm>

#include "load/key_arrays.hpp"
#include "load/row_key.hpp"
#include "load/staging.hpp"

namespace pgfeed {
namespace {

constexpr int kLongestWait = 64;

}  // namespace

NewRows::NewRows(const Target& target) : target_(target), luck_(target.tables.size()) {}

bool NewRows::begin(std::size_t index) {
  const TargetTable& table = target_.tables[index];
  Luck& luck = luck_[index];
  const bool fits = table.plan->rule == DuplicateRule::skip && !table.key_comes_later && sorts_as_merged(table);
  luck.trying = luck.wait == 0 && fits && !needs_stage(table.sql);
  if (luck.wait > 0) --luck.wait;
  return luck.trying;
}

TableCounts NewRows::copy(Connection& connection, std::size_t index, const TableRows& rows, const RowOrder& order) {
  const TargetTable& table = target_.tables[index];
  KeyArrays arrays(table, table.key);
  for (const std::uint32_t row : order) arrays.add_row(rows.bytes.data() + rows.rows[row].begin);
  const Result found = connection.run(existing_keys_sql(table.sql), arrays.parameters());
  std::vector<bool> is_there(order.size(), false);
  for (std::size_t i = 0; i < found.rows(); ++i) is_there[static_cast<std::size_t>(found.number(i, 0) - 1)] = true;
  RowOrder fresh;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!is_there[i]) fresh.push_back(order[i]);
  }
  TableCounts counts;
  if (!fresh.empty()) counts = copy_rows(connection, table, rows, fresh);
  counts.already_there = static_cast<std::int64_t>(order.size() - fresh.size());
  luck_[index] = {};
  return counts;
}

bool NewRows::failed(std::size_t table) noexcept {
  Luck& luck = luck_[table];
  if (!luck.trying) return false;
  luck.trying = false;
  luck.wait = luck.penalty;
  luck.penalty = std::min(luck.penalty * 2, kLongestWait);
  return true;
}

}  // namespace pgfeed
