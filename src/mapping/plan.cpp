#include "mapping/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <pgfeed/error.hpp>
#include <sstream>

#include "mapping/condition_reader.hpp"
#include "mapping/created_types.hpp"
#include "mapping/plan_check.hpp"
#include "mapping/plan_hash.hpp"
#include "mapping/table_reader.hpp"
#include "mapping/yaml_document.hpp"
#include "mapping/yaml_reader.hpp"
#include "record/document_step.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kMaxTables = 1000;

class Compiler {
 public:
  Compiler(const YamlNode& top, const Diagnostic& diagnostic)
      : diagnostic_(diagnostic),
        fields_(diagnostic, top, "a mapping", {"version", "feed", "documents", "root", "defaults", "skip_when", "tables"}) {}

  Plan compile() {
    plan_.file = diagnostic_.file();
    read_version();
    read_feed();
    read_documents();
    const PathResolver document(builder_, diagnostic_);
    read_skip_when(document);
    read_tables();
    if (const auto root = fields_.text("root")) {
      plan_.root = static_cast<std::int32_t>(find_table(plan_.tables, *root, diagnostic_, fields_.find("root")->line));
    }
    plan_.projection = std::move(builder_).finish();
    check_plan(plan_, diagnostic_);
    set_created_types(plan_);
    plan_.hash = hash_of(plan_);
    return std::move(plan_);
  }

 private:
  void read_version() const {
    const YamlNode& version = fields_.required("version");
    if (version.kind == YamlNode::Kind::scalar && version.text == "1") return;
    diagnostic_.fail(version.line, "version must be 1, the only version of mappings that there is");
  }

  void read_feed() {
    const auto feed = fields_.text("feed");
    plan_.feed = feed.value_or(std::filesystem::path(diagnostic_.file()).stem().string());
    const std::int64_t line = feed ? fields_.find("feed")->line : 1;
    if (plan_.feed.empty()) diagnostic_.fail(line, "the feed has no name; add feed: name");
    if (plan_.feed.find('\0') != std::string::npos) diagnostic_.fail(line, "the feed's name holds U+0000");
  }

  void read_documents() {
    const auto text = fields_.text("documents");
    if (!text) return;
    const std::int64_t line = fields_.find("documents")->line;
    try {
      (void)parse_documents_path(*text);
    } catch (const Error& error) {
      diagnostic_.fail(line, error.what());
    }
    plan_.documents = *text;
  }

  void read_skip_when(const PathResolver& document) {
    const YamlNode* list = fields_.find("skip_when");
    if (list == nullptr) return;
    if (list->kind != YamlNode::Kind::sequence) {
      diagnostic_.fail(list->line, "skip_when must be a list of paths and conditions: skip_when: [$.delete]");
    }
    for (const auto& item : list->items) plan_.skip_when.push_back(read_condition(*item, document, diagnostic_));
  }

  void read_tables() {
    const YamlNode& tables = fields_.required("tables");
    if (tables.kind != YamlNode::Kind::map || tables.members.empty()) {
      diagnostic_.fail(tables.line, "tables must be a map of table names to tables");
    }
    if (tables.members.size() > kMaxTables) diagnostic_.fail(tables.line, fmt::format("more than {} tables", kMaxTables));
    const OptionDraft defaults = read_defaults(fields_.find("defaults"), diagnostic_);
    std::vector<std::vector<RowSourceDraft>> rows;
    for (const YamlNode::Member& member : tables.members) {
      TableDraft draft = read_table(member, defaults, diagnostic_);
      if (std::ranges::find(plan_.tables, draft.table.name, &Table::name) != plan_.tables.end()) {
        diagnostic_.fail(member.line, fmt::format("table {} is there twice", shown(draft.table.name.text())));
      }
      plan_.tables.push_back(std::move(draft.table));
      rows.push_back(std::move(draft.rows));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      plan_.tables[i].row_sources = read_rows(plan_.tables, i, rows[i], builder_, diagnostic_);
    }
  }

  const Diagnostic& diagnostic_;
  MapReader fields_;
  ProjectionBuilder builder_;
  Plan plan_;
};

}  // namespace

Plan compile_mapping(const std::string& yaml, const std::string& file) {
  const Diagnostic diagnostic(file);
  const auto top = parse_yaml(yaml, diagnostic);
  return Compiler(*top, diagnostic).compile();
}

std::string read_mapping(const std::string& path) {
  const auto unreadable = [&](const std::string& reason) {
    Error error(ErrorKind::mapping, fmt::format("cannot read the mapping {}: {}", path, reason));
    error.source = path;
    return error;
  };
  std::error_code unknown;  // what cannot even be looked at cannot be opened either, and that says why
  if (std::filesystem::is_directory(path, unknown)) throw unreadable("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw unreadable(std::strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) throw unreadable("reading failed");
  return std::move(text).str();
}

Plan load_mapping(const std::string& path) { return compile_mapping(read_mapping(path), path); }

}  // namespace pgfeed
