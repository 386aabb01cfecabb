#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mapping/diagnostic.hpp"
#include "mapping/plan.hpp"
#include "mapping/yaml_document.hpp"
#include "mapping/yaml_reader.hpp"

namespace pgfeed {

/// What a mapping says of how values are read, as far as it says it: a column's own words, or the `defaults`.
struct OptionDraft {
  std::optional<NulPolicy> nul;
  std::optional<std::string> time_format;
  std::optional<std::string> timezone;
  std::optional<EncodeOptions::Bytes> bytes;

  bool operator==(const OptionDraft&) const = default;
};

/// A column of a table while the table's row sources are still being united.
struct ColumnDraft {
  std::string name;
  std::string type;  ///< checked; empty: not declared yet
  OptionDraft options;
  std::string ref;  ///< the table whose generated ids it holds, as the mapping names it; or empty
  std::int64_t line = 0;
};

/// `defaults:`. Null stands for none.
OptionDraft read_defaults(const YamlNode* node, const Diagnostic& diagnostic);

/// The fields of a column's map: those that say where its value comes from, and those that say what it is.
/// A shorthand (`id: $.id`) has none. Throws Error(mapping) when the node is neither a map nor a path.
std::optional<MapReader> column_fields(const YamlNode& node, const Diagnostic& diagnostic);
/// Whether a column says where its value comes from.
bool has_source(const YamlNode& node);

/// Adds what `columns` says of its columns to those known of the table. Throws Error(mapping) when it contradicts
/// what another row source says, and for names that PostgreSQL cannot take.
void unite_columns(std::vector<ColumnDraft>& known, const YamlNode& columns, const Diagnostic& diagnostic);

/// The finished column; what it does not say itself comes from `defaults`.
Column finish_column(const ColumnDraft& draft, const OptionDraft& defaults);

/// Index of the column with this name, or nothing.
std::optional<std::uint32_t> column_index(const std::vector<Column>& columns, std::string_view name);

}  // namespace pgfeed
