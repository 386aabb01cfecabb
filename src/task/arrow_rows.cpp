#include "task/arrow_rows.hpp"

#include <algorithm>
#include <string_view>

#include "task/arrow_field.hpp"

namespace pgfeed {
namespace {

constexpr std::int32_t kNullLength = -1;

/// The name of the member whose value goes into a slot of the document; empty: there is none, it lies deeper.
std::string member_of(const Projection& projection, SlotRef slot) {
  if (slot.scope != 0) return {};
  for (const Projection::Field& field : projection.nodes.front().fields) {
    if (projection.nodes[static_cast<std::size_t>(field.node)].slot == slot.slot) return field.name;
  }
  return {};
}

/// The member of the document that each column takes, empty where it takes none; nothing where a column wants more than
/// that, or a row more than a document.
std::optional<std::vector<std::string>> members_of(const Plan& plan) {
  if (plan.tables.size() != 1 || !plan.skip_when.empty()) return std::nullopt;
  const Table& table = plan.tables.front();
  if (!table.surrogate.empty() || table.row_sources.size() != 1) return std::nullopt;
  const RowSource& rows = table.row_sources.front();
  if (rows.scope != 0 || rows.present || rows.when) return std::nullopt;
  std::vector<std::string> members(table.columns.size());
  for (const ColumnSource& source : rows.columns) {
    const bool as_it_stands =
        source.ref < 0 && source.first.size() == 1 && source.transform == Transform::none && !source.fallback;
    const auto* slot = as_it_stands ? std::get_if<SlotRef>(source.first.data()) : nullptr;
    if (slot == nullptr) return std::nullopt;
    members[source.column] = member_of(plan.projection, *slot);
    if (members[source.column].empty()) return std::nullopt;
  }
  return members;
}

/// The column of that name; -1: none. Of several with one name none is meant.
std::int64_t child_of(const ArrowSchema& schema, std::string_view name, bool& is_only) {
  std::int64_t found = -1;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    if (schema.children[i]->name == nullptr || schema.children[i]->name != name) continue;
    is_only = found < 0;
    found = i;
  }
  return found;
}

}  // namespace

ArrowRows::ArrowRows() = default;
ArrowRows::~ArrowRows() = default;
ArrowRows::ArrowRows(ArrowRows&&) noexcept = default;
ArrowRows& ArrowRows::operator=(ArrowRows&&) noexcept = default;

std::optional<ArrowRows> ArrowRows::of(const ArrowSchema& schema, const Target& target) {
  const auto members = members_of(*target.plan);
  if (!members) return std::nullopt;
  const TargetTable& table = target.tables.front();
  ArrowRows rows;
  for (std::size_t i = 0; i < members->size(); ++i) {
    Cell& cell = rows.cells_.emplace_back();
    cell.takes_null = !table.columns[i].refuses_null && std::ranges::find(table.key, i) == table.key.end();
    bool is_only = true;
    if (!(*members)[i].empty()) cell.child = child_of(schema, (*members)[i], is_only);
    if (cell.child < 0) continue;
    cell.field = make_arrow_field(*schema.children[cell.child], table.columns[i], table.plan->columns[i]);
    if (!is_only || cell.field == nullptr) return std::nullopt;
  }
  return rows;
}

void ArrowRows::bind(const ArrowArray& batch) {
  validity_ = arrow_validity(batch);
  offset_ = batch.offset;
  for (Cell& cell : cells_) {
    if (cell.field != nullptr) cell.field->bind(*batch.children[cell.child], batch.offset);
  }
}

bool ArrowRows::append(std::int64_t row, ByteBuffer& out) const {
  if (validity_ != nullptr && !arrow_bit(validity_, row + offset_)) return false;
  out.put_int(static_cast<std::int16_t>(cells_.size()));
  for (const Cell& cell : cells_) {
    if (cell.field == nullptr || cell.field->is_null(row)) {
      if (!cell.takes_null) return false;
      out.put_int(kNullLength);
    } else if (!cell.field->put(row, out)) {
      return false;
    }
  }
  return true;
}

}  // namespace pgfeed
