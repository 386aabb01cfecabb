#include "mapping/table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/names.hpp"
#include "mapping/yaml_reader.hpp"

namespace pgfeed {
namespace {

class TableReader {
 public:
  TableReader(const YamlNode::Member& member, const Diagnostic& diagnostic)
      : member_(member),
        diagnostic_(diagnostic),
        fields_(diagnostic, *member.value, "a table",
                {"key", "surrogate", "on_duplicate", "shared", "foreign_keys", "rows", "from", "when", "columns"}) {}

  TableDraft read(const OptionDraft& defaults) {
    Table& table = draft_.table;
    table.line = member_.line;
    table.name = parse_table_name(member_.key, diagnostic_, member_.line);
    read_columns(defaults);
    table.key = fields_.names("key");
    for (const std::string& name : table.key) check_column(name, "key", fields_.find("key")->line);
    table.shared = fields_.boolean("shared");
    read_surrogate();
    read_rule();
    read_foreign_keys();
    return std::move(draft_);
  }

 private:
  void check_column(const std::string& name, std::string_view field, std::int64_t line) const {
    const std::vector<Column>& columns = draft_.table.columns;
    if (column_index(columns, name)) return;
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    diagnostic_.fail(line, fmt::format("{} names column {}, which table {} does not have{}", field, shown(name),
                                       shown(draft_.table.name.text()), did_you_mean(name, names)));
  }

  void read_columns(const OptionDraft& defaults) {
    std::vector<ColumnDraft> columns;
    const YamlNode* own = fields_.find("columns");
    if (const YamlNode* rows = fields_.find("rows")) {
      if (own != nullptr) declare(*own, columns);
      read_row_list(*rows, columns);
    } else if (own != nullptr) {
      unite_columns(columns, *own, diagnostic_);
      const bool is_row_source = fields_.has("from") || fields_.has("when") ||
                                 std::ranges::any_of(own->members, [](const auto& each) { return has_source(*each.value); });
      if (is_row_source) add_rows({fields_.find("from"), fields_.find("when"), own, member_.line});
    } else {
      diagnostic_.fail(member_.line,
                       fmt::format("table {} has no columns; it needs rows, or from and columns", shown(member_.key)));
    }
    for (const ColumnDraft& column : columns) draft_.table.columns.push_back(finish_column(column, defaults));
  }

  // Columns beside `rows` are declared for all of them, so they have no place to take a value from.
  void declare(const YamlNode& own, std::vector<ColumnDraft>& columns) const {
    for (const char* field : {"from", "when"}) {
      if (fields_.has(field))
        diagnostic_.fail(fields_.find(field)->line, fmt::format("{} belongs into an entry of rows", field));
    }
    unite_columns(columns, own, diagnostic_);
    for (const YamlNode::Member& member : own.members) {
      if (has_source(*member.value)) {
        diagnostic_.fail(member.line,
                         fmt::format("column {} is declared for all rows here; where its value comes from belongs "
                                     "into an entry of rows",
                                     shown(member.key)));
      }
    }
  }

  void read_row_list(const YamlNode& rows, std::vector<ColumnDraft>& columns) {
    if (rows.kind != YamlNode::Kind::sequence || rows.items.empty()) {
      diagnostic_.fail(rows.line, "rows must be a list of row sources, each with from and columns");
    }
    for (const auto& item : rows.items) {
      const MapReader fields(diagnostic_, *item, "a row source", {"from", "when", "columns"});
      unite_columns(columns, fields.required("columns"), diagnostic_);
      add_rows({fields.find("from"), fields.find("when"), fields.find("columns"), item->line});
    }
  }

  void add_rows(const RowSourceDraft& rows) { draft_.rows.push_back(rows); }

  void read_surrogate() {
    Table& table = draft_.table;
    const auto name = fields_.text("surrogate");
    if (!name) return;
    const std::int64_t line = fields_.find("surrogate")->line;
    check_identifier(*name, "a column name", diagnostic_, line);
    if (table.key.empty()) diagnostic_.fail(line, "a surrogate needs a key: the columns that make two rows the same");
    if (column_index(table.columns, *name)) {
      diagnostic_.fail(line, fmt::format("{} is the generated id, and cannot be among the columns too", shown(*name)));
    }
    table.surrogate = *name;
    table.rule = DuplicateRule::skip;
  }

  void read_rule() {
    const YamlNode* node = fields_.find("on_duplicate");
    if (node == nullptr) return;
    Table& table = draft_.table;
    if (node->kind == YamlNode::Kind::map) {
      const MapReader latest(diagnostic_, *node, "on_duplicate", {"latest"});
      table.rule = DuplicateRule::latest;
      table.latest = text_of(diagnostic_, latest.required("latest"), "latest");
      check_column(table.latest, "latest", node->line);
    } else {
      table.rule =
          static_cast<DuplicateRule>(*fields_.choice("on_duplicate", {"error", "skip", "update", "fill", "latest"}));
      if (table.rule == DuplicateRule::latest) {
        diagnostic_.fail(node->line, "latest needs the column that decides: on_duplicate: {latest: updated_at}");
      }
    }
    if (table.rule != DuplicateRule::error && table.key.empty()) {
      diagnostic_.fail(node->line, "on_duplicate needs a key: the columns that make two rows the same");
    }
  }

  void read_foreign_keys() {
    const YamlNode* list = fields_.find("foreign_keys");
    if (list == nullptr) return;
    if (list->kind != YamlNode::Kind::sequence) {
      diagnostic_.fail(list->line, "foreign_keys must be a list: [{columns: [id_users], references: users}]");
    }
    for (const auto& item : list->items) {
      const MapReader fields(diagnostic_, *item, "a foreign key", {"columns", "references", "referenced_columns"});
      ForeignKey key;
      key.line = item->line;
      (void)fields.required("columns");
      key.columns = fields.names("columns");
      for (const std::string& name : key.columns) check_column(name, "a foreign key", item->line);
      const std::string& table = text_of(diagnostic_, fields.required("references"), "references");
      key.references = parse_table_name(table, diagnostic_, item->line);
      key.referenced_columns = fields.names("referenced_columns");
      for (const std::string& name : key.referenced_columns)
        check_identifier(name, "a column name", diagnostic_, item->line);
      draft_.table.foreign_keys.push_back(std::move(key));
    }
  }

  const YamlNode::Member& member_;
  const Diagnostic& diagnostic_;
  MapReader fields_;
  TableDraft draft_;
};

}  // namespace

TableDraft read_table(const YamlNode::Member& member, const OptionDraft& defaults, const Diagnostic& diagnostic) {
  return TableReader(member, diagnostic).read(defaults);
}

std::size_t find_table(const std::vector<Table>& tables, const std::string& name, const Diagnostic& diagnostic,
                       std::int64_t line) {
  const auto found = std::ranges::find(tables, parse_table_name(name, diagnostic, line), &Table::name);
  if (found != tables.end()) return static_cast<std::size_t>(found - tables.begin());
  std::vector<std::string> names;
  for (const Table& table : tables) names.push_back(table.name.text());
  diagnostic.fail(line, fmt::format("no such table {} in this mapping{}", shown(name), did_you_mean(name, names)));
}

}  // namespace pgfeed
