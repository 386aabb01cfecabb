#include "load/shaper.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgfeed {
namespace {

constexpr std::int32_t kNullLength = -1;

/// A value as a message shows it: short, and one line.
std::string shown(const Value& value) {
  constexpr std::size_t kMost = 60;
  if (value.kind == ValueKind::json) return value.text().starts_with('[') ? "an array" : "an object";
  std::string text(value.text().substr(0, kMost));
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();  // not half a character
  if (text.size() < value.size && !text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  const char* more = text.size() < value.size ? "…" : "";
  return value.kind == ValueKind::string ? fmt::format("\"{}{}\"", text, more) : text + more;
}

}  // namespace

std::string_view FieldCursor::next() noexcept {
  std::int32_t length = 0;
  std::memcpy(&length, at_, sizeof length);
  length = ByteBuffer::to_network(length);
  const std::string_view field(at_, sizeof length + (length > 0 ? static_cast<std::size_t>(length) : 0));
  at_ += field.size();
  return field;
}

Shaper::Shaper(const Target& target) : target_(target), evaluator_(*target.plan), marks_(target.tables.size()) {
  for (const TargetTable& table : target.tables) {
    std::vector<Layout>& layouts = layouts_.emplace_back();
    for (const RowSource& source : table.plan->row_sources) {
      Layout& layout = layouts.emplace_back(Layout{&source, {}});
      for (std::size_t column = 0; column < table.columns.size(); ++column)
        layout.cells.push_back(cell_of(table, column, source));
    }
  }
}

Shaper::Cell Shaper::cell_of(const TargetTable& table, std::size_t column, const RowSource& rows) {
  Cell cell;
  cell.in_key = std::ranges::find(table.key, column) != table.key.end();
  cell.refuses_null = table.columns[column].refuses_null;
  const auto found = std::ranges::find(rows.columns, column, &ColumnSource::column);
  if (found == rows.columns.end()) return cell;
  cell.source = &*found;
  cell.kind = found->ref >= 0 ? Cell::Kind::id : Cell::Kind::computed;
  const bool as_it_stands = found->first.size() == 1 && found->transform == Transform::none && !found->fallback;
  const auto* slot = as_it_stands ? std::get_if<SlotRef>(found->first.data()) : nullptr;
  if (cell.kind == Cell::Kind::computed && slot != nullptr) {
    cell.kind = Cell::Kind::slot;
    cell.slot = *slot;
  }
  return cell;
}

void Shaper::prepare(SplitBatch& batch) const {
  batch.tables.resize(target_.tables.size());
  batch.keys.resize(target_.tables.size());
}

void Shaper::add(const Document& document, const DocumentPlace& place, SplitBatch& batch) {
  document_ = &document;
  evaluator_.aim(document, place);
  if (is_skipped()) {
    batch.documents.back().state = DocumentState::skipped;
    return;
  }
  for (std::size_t i = 0; i < marks_.size(); ++i)
    marks_[i] = {batch.tables[i].bytes.size(), batch.tables[i].rows.size(), batch.tables[i].ids.size()};
  bool whole = true;
  for (std::size_t table = 0; whole && table < layouts_.size(); ++table) {
    for (const Layout& layout : layouts_[table]) {
      whole = add_rows(table, layout, batch);
      if (!whole) break;
    }
  }
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    TableRows& rows = batch.tables[i];
    if (whole) {
      for (std::size_t id = marks_[i].ids; id < rows.ids.size(); ++id)
        batch.keys[rows.ids[id].table].keys()[rows.ids[id].key].used = true;
    } else {
      rows.bytes.truncate(marks_[i].bytes);
      rows.rows.resize(marks_[i].rows);
      rows.ids.resize(marks_[i].ids);
    }
  }
}

bool Shaper::is_skipped() {
  return std::ranges::any_of(target_.plan->skip_when,
                             [this](const Condition& condition) { return evaluator_.holds(condition); });
}

bool Shaper::add_rows(std::size_t table, const Layout& layout, SplitBatch& batch) {
  const std::size_t elements = document_->elements(layout.source->scope);
  for (std::size_t element = 0; element < elements; ++element) {
    if (!evaluator_.aim_at_element(layout.source->scope, element)) continue;
    if (layout.source->present && evaluator_.at(*layout.source->present).is_null()) continue;
    if (layout.source->when && !evaluator_.holds(*layout.source->when)) continue;
    if (!add_row(table, layout, batch)) return false;
  }
  return true;
}

bool Shaper::add_row(std::size_t table, const Layout& layout, SplitBatch& batch) {
  if (observer_) describe(table, layout);
  TableRows& rows = batch.tables[table];
  const std::size_t begin = rows.bytes.size();
  rows.bytes.put_int(static_cast<std::int16_t>(layout.cells.size()));
  const Cell* null_key = nullptr;
  for (std::size_t column = 0; column < layout.cells.size(); ++column) {
    const Cell& cell = layout.cells[column];
    const std::size_t field = rows.bytes.size();
    if (!put_field(table, column, cell, batch)) return false;
    const bool is_null = FieldCursor::is_null(rows.bytes.view(field, rows.bytes.size() - field));
    if (!is_null) continue;
    if (cell.in_key && null_key == nullptr) null_key = &cell;
    if (cell.refuses_null) rows.has_refused_null = true;
  }
  rows.rows.push_back({begin, static_cast<std::uint32_t>(rows.bytes.size() - begin),
                       static_cast<std::uint32_t>(batch.documents.size() - 1)});
  if (null_key != nullptr) reject_null_key(table, static_cast<std::size_t>(null_key - layout.cells.data()), batch);
  return null_key == nullptr;
}

void Shaper::describe(std::size_t table, const Layout& layout) {
  RowText row;
  const auto text_of = [this](const ColumnSource& source) -> std::optional<std::string> {
    const Value value = evaluator_.value(source);
    return value.is_null() ? std::nullopt : std::optional<std::string>(value.text());
  };
  for (std::size_t column = 0; column < layout.cells.size(); ++column) {
    const ColumnSource* source = layout.cells[column].source;
    if (source == nullptr) continue;
    std::optional<std::string> text;
    if (source->ref < 0) {
      text = text_of(*source);
    } else {
      for (const ColumnSource& part : source->ref_key) {
        if (const auto of_part = text_of(part)) text = text.value_or("") + (text ? ", " : "") + *of_part;
      }
    }
    row.emplace_back(column, std::move(text));
  }
  observer_(table, std::move(row));
}

bool Shaper::put_field(std::size_t table, std::size_t column, const Cell& cell, SplitBatch& batch) {
  ByteBuffer& out = batch.tables[table].bytes;
  switch (cell.kind) {
    case Cell::Kind::null: out.put_int(kNullLength); return true;
    case Cell::Kind::slot: return put_value(table, column, evaluator_.at(cell.slot), out, batch);
    case Cell::Kind::computed: return put_value(table, column, evaluator_.value(*cell.source), out, batch);
    case Cell::Kind::id: return put_id(table, column, *cell.source, batch);
  }
  return false;
}

bool Shaper::put_value(std::size_t table, std::size_t column, const Value& value, ByteBuffer& out, SplitBatch& batch) {
  if (value.is_null()) {
    out.put_int(kNullLength);
    return true;
  }
  const EncodeStatus status = target_.tables[table].columns[column].encoder->encode(value, out);
  if (status == EncodeStatus::ok) return true;
  reject_value(table, column, value, status, batch);
  return false;
}

/// A place for the id of a natural key; NULL where a part of the key is null.
bool Shaper::put_id(std::size_t table, std::size_t column, const ColumnSource& source, SplitBatch& batch) {
  const auto ref = static_cast<std::size_t>(source.ref);
  const TargetTable& referenced = target_.tables[ref];
  TableRows& rows = batch.tables[table];
  key_fields_.clear();
  bool is_null = false;
  for (const std::size_t key : referenced.key) {
    const auto part = std::ranges::find(source.ref_key, key, &ColumnSource::column);
    const std::size_t begin = key_fields_.size();
    if (part == source.ref_key.end()) {
      key_fields_.put_int(kNullLength);
    } else if (!put_value(ref, key, evaluator_.value(*part), key_fields_, batch)) {
      return false;
    }
    is_null = is_null || FieldCursor::is_null(key_fields_.view(begin, key_fields_.size() - begin));
  }
  if (is_null) {
    rows.bytes.put_int(kNullLength);
    return true;
  }
  const TypeKind kind = target_.tables[table].columns[column].type.kind;
  const std::int32_t length = kind == TypeKind::int8 ? 8 : kind == TypeKind::int4 ? 4 : 2;
  rows.bytes.put_int(length);
  rows.ids.push_back({rows.bytes.size(), static_cast<std::uint32_t>(ref), batch.keys[ref].find_or_add(key_fields_.view())});
  rows.bytes.advance((rows.bytes.room(static_cast<std::size_t>(length)), static_cast<std::size_t>(length)));
  return true;
}

void Shaper::reject_null_key(std::size_t table, std::size_t column, SplitBatch& batch) {
  const Table& plan = *target_.tables[table].plan;
  batch.reject(static_cast<std::uint32_t>(batch.documents.size() - 1),
               {0, plan.name.text(), plan.columns[column].name, "is null, but is part of the key", "23502"});
}

void Shaper::reject_value(std::size_t table, std::size_t column, const Value& value, EncodeStatus status,
                          SplitBatch& batch) {
  const TargetTable& target = target_.tables[table];
  const PgType& type = target.columns[column].type;
  batch.reject(static_cast<std::uint32_t>(batch.documents.size() - 1),
               {0, target.plan->name.text(), target.plan->columns[column].name,
                fmt::format("{} {}", shown(value), phrase_of(status, type)), sqlstate_of(status, type.kind)});
}

}  // namespace pgfeed
