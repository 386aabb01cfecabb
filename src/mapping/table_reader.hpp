#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/column_reader.hpp"
#include "mapping/plan.hpp"
#include "mapping/projection_builder.hpp"
#include "mapping/yaml_document.hpp"

namespace pgfeed {

/// The parts of a row source, not yet read. Points into the YAML document; null where the mapping has none.
struct RowSourceDraft {
  const YamlNode* from = nullptr;
  const YamlNode* when = nullptr;
  const YamlNode* columns = nullptr;
  std::int64_t line = 0;
};

/// A table read in the first pass: all but its row sources, which need to know the columns of every table.
struct TableDraft {
  Table table;
  std::vector<RowSourceDraft> rows;
};

/// The first pass over one table of `tables:`. Throws Error(mapping).
TableDraft read_table(const YamlNode::Member& member, const OptionDraft& defaults, const Diagnostic& diagnostic);

/// Finds a table of the mapping by its name as the mapping writes it. Throws Error(mapping) where there is none.
std::size_t find_table(const std::vector<Table>& tables, const std::string& name, const Diagnostic& diagnostic,
                       std::int64_t line);

/// The second pass: reads the row sources of `tables[table]`. Throws Error(mapping).
std::vector<RowSource> read_rows(const std::vector<Table>& tables, std::size_t table,
                                 const std::vector<RowSourceDraft>& drafts, ProjectionBuilder& builder,
                                 const Diagnostic& diagnostic);

}  // namespace pgfeed
