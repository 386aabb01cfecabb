#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "load/parser.hpp"
#include "load/row_key.hpp"
#include "load/row_order.hpp"
#include "load/target.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

/// A mapping, bound to tables that no server has: each column of the type that the mapping gives it, each key unique.
class OfflineTarget {
 public:
  explicit OfflineTarget(const std::string& yaml) : plan_(compile_mapping(yaml, "m.yaml")) {
    std::vector<CatalogTable> tables;
    for (const Table& table : plan_.tables) tables.push_back(catalog_of(table));
    target_ = bind_target(plan_, std::move(tables), std::vector<bool>(plan_.tables.size(), false));
  }
  OfflineTarget(const OfflineTarget&) = delete;
  OfflineTarget& operator=(const OfflineTarget&) = delete;

  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const Target& target() const noexcept { return target_; }
  [[nodiscard]] const TargetTable& table(std::size_t index) const { return target_.tables.at(index); }

 private:
  static CatalogTable catalog_of(const Table& table) {
    CatalogTable catalog;
    catalog.sql_name = table.name.text();
    catalog.can_insert = catalog.can_select = catalog.can_update = catalog.can_delete = true;
    for (const Column& column : table.columns) catalog.columns.push_back(column_of(column.name, column.created_type));
    if (!table.surrogate.empty()) {
      catalog.columns.push_back(column_of(table.surrogate, "bigint"));
      catalog.columns.back().is_identity = true;
    }
    catalog.unique_indexes.push_back({table.key, true});
    return catalog;
  }

  static CatalogColumn column_of(const std::string& name, const std::string& type) {
    static const std::map<std::string, TypeKind> kinds{
        {"smallint", TypeKind::int2},       {"integer", TypeKind::int4},
        {"bigint", TypeKind::int8},         {"text", TypeKind::text},
        {"jsonb", TypeKind::jsonb},         {"numeric", TypeKind::numeric},
        {"real", TypeKind::float4},         {"double precision", TypeKind::float8},
        {"boolean", TypeKind::boolean},     {"date", TypeKind::date},
        {"time", TypeKind::time},           {"interval", TypeKind::interval},
        {"timestamp", TypeKind::timestamp}, {"timestamptz", TypeKind::timestamptz}};
    CatalogColumn column;
    column.name = name;
    column.type.kind = kinds.at(type);
    column.type.name = column.base_type = type;
    return column;
  }

  Plan plan_;
  Target target_;
};

/// The documents of one split, as rows.
class OfflineBatch {
 public:
  OfflineBatch(const OfflineTarget& target, const std::vector<std::string>& documents)
      : target_(target), parser_(target.target(), {512, 1 << 20, false, "2024-05-01T00:00:00Z"}) {
    parser_.prepare(batch_);
    for (const std::string& document : documents) add(document);
  }

  void add(const std::string& document) {
    const std::string padded = document + std::string(DocumentReader::kPadding, ' ');
    const std::string_view text(padded.data(), document.size());
    parser_.add(
        {text, "file:///x.json", 100 * batch_.documents.size(), static_cast<std::int64_t>(batch_.documents.size()) + 1}, 0,
        batch_);
  }

  [[nodiscard]] SplitBatch& batch() noexcept { return batch_; }
  [[nodiscard]] TableRows& rows(std::size_t table) { return batch_.tables.at(table); }

  /// All rows of a table as they were read.
  [[nodiscard]] std::vector<std::string> all(std::size_t table) {
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < rows(table).rows.size(); ++i) texts.push_back(text_of(table, i));
    return texts;
  }
  /// The rows that `order_rows` keeps, in its order.
  [[nodiscard]] std::vector<std::string> ordered(std::size_t table) {
    bool rejected = false;
    std::vector<std::string> texts;
    for (const std::uint32_t i : order_rows(target_.table(table), rows(table), batch_, rejected))
      texts.push_back(text_of(table, i));
    EXPECT_EQ(rejected, !batch_.rejects.empty());
    return texts;
  }

  /// `1|x|NULL`: integers in decimal, everything else as its bytes.
  [[nodiscard]] std::string text_of(std::size_t table, std::uint32_t row) {
    FieldCursor cursor(rows(table).bytes.data() + rows(table).rows[row].begin);
    std::string text;
    std::string_view between;
    for (const TargetColumn& column : target_.table(table).columns) {
      const std::string_view field = cursor.next();
      text += between;
      text += FieldCursor::is_null(field) ? "NULL" : content(column.type.kind, field.substr(4));
      between = "|";
    }
    return text;
  }

 private:
  static std::string content(TypeKind kind, std::string_view bytes) {
    if (!sorts_as_integer(kind)) return std::string(bytes);
    std::int64_t number = static_cast<signed char>(bytes.front());
    for (const char c : bytes.substr(1)) number = number * 256 + static_cast<unsigned char>(c);
    return std::to_string(number);
  }

  const OfflineTarget& target_;
  SplitBatch batch_;
  Parser parser_;
};

using Strings = std::vector<std::string>;

}  // namespace pgfeed
