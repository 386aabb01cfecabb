#include "mapping/plan_hash.hpp"

#include <fmt/format.h>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace pgfeed {
namespace {

/// Takes in the parts of a plan one after another. Texts and lists go in with their lengths, so no two plans run together.
class Hash {
 public:
  void add(std::string_view text) {
    add(text.size());
    for (const char c : text) byte(static_cast<unsigned char>(c));
  }
  template <typename Number>
    requires std::integral<Number> || std::is_enum_v<Number>
  void add(Number number) {
    const auto bits = static_cast<std::uint64_t>(number);
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(bits >> shift));
  }
  void add(const std::string& text) { add(std::string_view(text)); }
  template <typename Item>
  void add(const std::vector<Item>& items) {
    add(items.size());
    for (const Item& item : items) add(item);
  }
  template <typename Item>
  void add(const std::optional<Item>& item) {
    add(item.has_value());
    if (item) add(*item);
  }
  template <typename... Kinds>
  void add(const std::variant<Kinds...>& item) {
    add(item.index());
    std::visit([this](const auto& held) { this->add(held); }, item);
  }
  template <typename... Parts>
    requires(sizeof...(Parts) > 1)
  void add(const Parts&... parts) {
    (add(parts), ...);
  }

  void add(const SlotRef& ref) { add(ref.scope, ref.slot); }
  void add(const MetaRef& ref) { add(ref.meta, ref.scope); }
  void add(const Constant& constant) { add(constant.kind, constant.text); }
  void add(const Template& text) { add(text.pieces); }
  void add(const TableName& name) { add(name.schema, name.table); }
  void add(const Condition& condition) {
    add(condition.kind, condition.slot, condition.values, condition.pattern, condition.of);
  }
  void add(const ColumnSource& source) {
    add(source.column, source.first, source.transform, source.fallback, source.ref, source.ref_key);
  }
  void add(const RowSource& rows) { add(rows.scope, rows.present, rows.when, rows.columns); }
  void add(const EncodeOptions& options) { add(options.nul, options.time_format, options.timezone, options.bytes); }
  void add(const Column& column) { add(column.name, column.type, column.created_type, column.options, column.is_ref); }
  void add(const ForeignKey& key) { add(key.columns, key.references, key.referenced_columns); }
  void add(const Table& table) {
    add(table.name, table.columns, table.key, table.surrogate, table.rule, table.latest, table.shared, table.foreign_keys,
        table.row_sources);
  }
  void add(const Projection::Field& field) { add(field.name, field.node); }
  void add(const std::pair<std::uint32_t, std::int32_t>& index) { add(index.first, index.second); }
  void add(const Projection::Node& node) { add(node.fields, node.indexes, node.slot, node.each); }
  void add(const Projection::Scope& scope) { add(scope.parent, scope.node, scope.slots); }
  void add(const Plan& plan) {
    add(plan.feed, plan.documents, plan.projection.nodes, plan.projection.scopes, plan.skip_when, plan.tables, plan.root);
  }

  [[nodiscard]] std::string hexadecimal() const { return fmt::format("{:016x}", state_); }

 private:
  void byte(std::uint8_t value) {
    state_ ^= value;
    state_ *= 0x100000001b3;
  }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace

std::string hash_of(const Plan& plan) {
  Hash hash;
  hash.add(plan);
  return hash.hexadecimal();
}

std::string hash_of(std::string_view text) {
  Hash hash;
  hash.add(text);
  return hash.hexadecimal();
}

}  // namespace pgfeed
