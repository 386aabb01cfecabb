#include <fmt/format.h>

#include <algorithm>

#include "mapping/condition_reader.hpp"
#include "mapping/path_resolver.hpp"
#include "mapping/source_reader.hpp"
#include "mapping/table_reader.hpp"
#include "mapping/yaml_reader.hpp"

namespace pgfeed {
namespace {

/// Reads one row source of one table.
class RowReader {
 public:
  RowReader(const std::vector<Table>& tables, std::size_t table, const PathResolver& paths, const Diagnostic& diagnostic)
      : tables_(tables), table_(tables[table]), paths_(paths), sources_(paths, diagnostic), diagnostic_(diagnostic) {}

  RowSource read(const RowSourceDraft& draft) const {
    RowSource rows;
    rows.line = draft.line;
    rows.scope = paths_.scope();
    rows.present = paths_.present();
    if (draft.when != nullptr) rows.when = read_condition(*draft.when, paths_, diagnostic_);
    for (const YamlNode::Member& member : draft.columns->members) rows.columns.push_back(column(member));
    check_key(rows);
    return rows;
  }

 private:
  ColumnSource column(const YamlNode::Member& member) const {
    ColumnSource source = read_source(member);
    source.column = column_index(table_.columns, member.key).value();
    source.line = member.line;
    return source;
  }

  ColumnSource read_source(const YamlNode::Member& member) const {
    const auto fields = column_fields(*member.value, diagnostic_);
    if (member.value->kind == YamlNode::Kind::scalar) return sources_.shorthand(*member.value);
    if (!fields) diagnostic_.fail(member.line, fmt::format("column {} is empty; give it a path", shown(member.key)));
    if (fields->has("ref")) return ref(*fields, member);
    if (fields->has("columns")) diagnostic_.fail(fields->find("columns")->line, "columns of a column belong to ref");
    return sources_.from_fields(*fields, member.key);
  }

  ColumnSource ref(const MapReader& fields, const YamlNode::Member& member) const {
    const std::int64_t line = fields.find("ref")->line;
    const std::size_t index = find_table(tables_, *fields.text("ref"), diagnostic_, line);
    const Table& target = tables_[index];
    if (target.surrogate.empty()) {
      diagnostic_.fail(line, fmt::format("table {} has no surrogate, so there is no generated id to refer to",
                                         shown(target.name.text())));
    }
    ColumnSource source;
    source.ref = static_cast<std::int32_t>(index);
    source.ref_key = fields.has("columns") ? key_sources(fields, target) : single_key(fields, member.key, target);
    return source;
  }

  // `{ref: urls, path: "@.url"}`: the way to the value stands beside the ref.
  std::vector<ColumnSource> single_key(const MapReader& fields, const std::string& name, const Table& target) const {
    if (target.key.size() != 1) {
      diagnostic_.fail(fields.line(),
                       fmt::format("table {0} has a key of {1} columns; write {{ref: {0}, columns: {{{2}: …}}}}",
                                   target.name.text(), target.key.size(), listed(target.key)));
    }
    ColumnSource source = sources_.from_fields(fields, name);
    source.column = column_index(target.columns, target.key[0]).value();
    return {source};
  }

  std::vector<ColumnSource> key_sources(const MapReader& fields, const Table& target) const {
    const YamlNode& columns = *fields.find("columns");
    for (const char* field : {"path", "first", "template", "constant", "meta", "of", "transform", "default"}) {
      if (fields.has(field))
        diagnostic_.fail(fields.find(field)->line, fmt::format("{} belongs into the columns of this ref", field));
    }
    if (columns.kind != YamlNode::Kind::map) diagnostic_.fail(columns.line, "the columns of a ref must be a map");
    for (const YamlNode::Member& member : columns.members) {
      if (std::ranges::find(target.key, member.key) != target.key.end()) continue;
      diagnostic_.fail(member.line, fmt::format("{} is not in the key of table {}{}", shown(member.key),
                                                shown(target.name.text()), did_you_mean(member.key, target.key)));
    }
    std::vector<ColumnSource> sources;
    for (const std::string& name : target.key) sources.push_back(key_source(columns, name, target));
    return sources;
  }

  ColumnSource key_source(const YamlNode& columns, const std::string& name, const Table& target) const {
    const YamlNode* node = columns.find(name);
    if (node == nullptr) {
      diagnostic_.fail(columns.line, fmt::format("this ref gives no value for key column {} of table {}", shown(name),
                                                 shown(target.name.text())));
    }
    ColumnSource source;
    if (node->kind == YamlNode::Kind::map) {
      const MapReader fields(diagnostic_, *node, "a key column of a ref",
                             {"path", "first", "template", "constant", "meta", "of", "transform", "default"});
      source = sources_.from_fields(fields, name);
    } else {
      text_of(diagnostic_, *node, "a path");
      source = sources_.shorthand(*node);
    }
    source.column = column_index(target.columns, name).value();
    return source;
  }

  // A row without its key could only ever be rejected.
  void check_key(const RowSource& rows) const {
    for (const std::string& name : table_.key) {
      const std::uint32_t index = column_index(table_.columns, name).value();
      if (std::ranges::find(rows.columns, index, &ColumnSource::column) != rows.columns.end()) continue;
      diagnostic_.fail(rows.line, fmt::format("these rows of table {} give no value for key column {}",
                                              shown(table_.name.text()), shown(name)));
    }
  }

  const std::vector<Table>& tables_;
  const Table& table_;
  const PathResolver& paths_;
  SourceReader sources_;
  const Diagnostic& diagnostic_;
};

}  // namespace

std::vector<RowSource> read_rows(const std::vector<Table>& tables, std::size_t table,
                                 const std::vector<RowSourceDraft>& drafts, ProjectionBuilder& builder,
                                 const Diagnostic& diagnostic) {
  std::vector<RowSource> out;
  for (const RowSourceDraft& draft : drafts) {
    const PathResolver paths = PathResolver::of_rows(builder, diagnostic, draft.from);
    out.push_back(RowReader(tables, table, paths, diagnostic).read(draft));
  }
  return out;
}

}  // namespace pgfeed
