#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "encode/encoder.hpp"
#include "record/projection.hpp"

namespace pgfeed {

/// A table's name as the mapping gives it. Never quoted here.
struct TableName {
  std::string schema;  ///< empty: found by search_path
  std::string table;

  bool operator==(const TableName&) const = default;
  [[nodiscard]] std::string text() const { return schema.empty() ? table : schema + "." + table; }
};

/// A slot of a scope that is the row's own or one around it.
struct SlotRef {
  std::int32_t scope = 0;
  std::int32_t slot = 0;
};

enum class Meta : std::uint8_t {
  source,     ///< canonical URI of the source
  offset,     ///< byte of the source at which the document begins, from 0
  line,       ///< line of the source on which the document begins, from 1
  position,   ///< of the element in its array, from 0
  key,        ///< of the member in the object that is used as a map
  load_time,  ///< when the load began, one value for all rows
};
struct MetaRef {
  Meta meta = Meta::source;
  std::int32_t scope = 0;  ///< whose position or key; of no meaning to the others
};

/// A constant of the mapping, spelled as JSON would: kind is never missing or json.
struct Constant {
  ValueKind kind = ValueKind::null;
  std::string text;
};

/// `"#{@.text}"`: literal text and slots in turn. Null as a whole when one of its slots is null or missing.
struct Template {
  std::vector<std::variant<std::string, SlotRef>> pieces;
};

using Operand = std::variant<SlotRef, MetaRef, Constant, Template>;

enum class Transform : std::uint8_t { none, lower, upper, trim };

/// Where one column of one row source takes its value from.
struct ColumnSource {
  std::uint32_t column = 0;    ///< index in Table::columns
  std::vector<Operand> first;  ///< the first of these that is not null
  Transform transform = Transform::none;
  std::optional<Constant> fallback;  ///< `default:`, in the place of null and missing
  std::int32_t ref = -1;             ///< index in Plan::tables of the table whose generated id this column holds; or -1
  std::vector<ColumnSource>
      ref_key;            ///< with `ref`: a source for each key column there, in that table's terms; `first` is empty
  std::int64_t line = 0;  ///< of the mapping file
};

/// A test of a document or of an element.
struct Condition {
  enum class Kind : std::uint8_t {
    exists,    ///< the path is there and not null
    in,        ///< the value's text is one of `values` (equals: one value; null matches a null constant)
    matches,   ///< the value's text has a match of the regular expression `pattern` (ECMAScript, unanchored)
    negation,  ///< none of `of`
    all,       ///< each of `of`
    any,       ///< one of `of`
  };
  Kind kind = Kind::exists;
  SlotRef slot;
  std::vector<Constant> values;
  std::string pattern;
  std::vector<Condition> of;
};

/// One way to make rows of a table: a row for each element of `scope` that is there and passes `when`.
struct RowSource {
  std::int32_t scope = 0;
  std::optional<SlotRef> present;  ///< with `from: $.user`: an object of that scope that must be there and not null
  std::optional<Condition> when;
  std::vector<ColumnSource> columns;
  std::int64_t line = 0;
};

/// What a row with a key that is there already does.
enum class DuplicateRule : std::uint8_t { error, skip, update, fill, latest };

/// A column, united from all row sources of its table.
struct Column {
  std::string name;
  std::string type;  ///< as the mapping declares it, checked to be a type's name and nothing else; empty: not declared
  /// Its type in a table that pgfeed creates: the declared one; else bigint for a ref, the type of the column that a
  /// declared foreign key leads to, and text for all others.
  std::string created_type;
  EncodeOptions options;
  bool is_ref = false;  ///< holds a generated id of another table
  std::int64_t line = 0;
};

struct ForeignKey {
  std::vector<std::string> columns;
  TableName references;
  std::vector<std::string> referenced_columns;  ///< empty: the primary key there
  std::int64_t line = 0;
};

struct Table {
  TableName name;
  std::vector<Column> columns;
  std::vector<std::string> key;               ///< empty: the table has none
  std::string surrogate;                      ///< the column of the generated id; empty: none. Not among `columns`
  DuplicateRule rule = DuplicateRule::error;  ///< a table with a surrogate, and no rule given, has `skip`
  std::string latest;                         ///< with DuplicateRule::latest: the column that decides
  std::optional<bool> shared;                 ///< as the mapping says; see is_shared
  std::vector<ForeignKey> foreign_keys;
  std::vector<RowSource> row_sources;
  std::int64_t line = 0;

  /// Whether different documents write the same row as a matter of course: it has a surrogate, more than one row
  /// source, or the rule latest or fill; `shared:` overrides. (The root table never is: see Plan.)
  [[nodiscard]] bool is_shared() const {
    return shared.value_or(!surrogate.empty() || row_sources.size() > 1 || rule == DuplicateRule::latest ||
                           rule == DuplicateRule::fill);
  }
};

/// A mapping file, compiled: what to read of a document and which rows to make of it. Nothing here knows a server.
/// Immutable; shared by threads.
struct Plan {
  std::string file;  ///< the mapping file, for messages
  std::string feed;
  std::string documents = "$";  ///< path of the documents in each top-level value
  Projection projection;
  std::vector<Condition> skip_when;  ///< a document that passes one of these is skipped; slots are of scope 0
  std::vector<Table> tables;         ///< in the order of the file
  std::int32_t root = -1;            ///< index in `tables`, or -1
  std::string hash;                  ///< 16 hexadecimal digits that change with the mapping's meaning
};

/// Reads and compiles a mapping. `file` names it in messages.
/// Throws Error(mapping) with source, line, and what was meant: `tweets.yaml:12: no such field "colums"; did you
/// mean "columns"?`
Plan compile_mapping(const std::string& yaml, const std::string& file);

/// The same from a file. Throws Error(mapping) when it can't be read.
Plan load_mapping(const std::string& path);
/// The text of such a file. Throws Error(mapping).
std::string read_mapping(const std::string& path);

}  // namespace pgfeed
