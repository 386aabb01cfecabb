#include "mapping/column_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <pgfeed/error.hpp>

#include "mapping/names.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kMaxColumns = 1600;  // https://www.postgresql.org/docs/current/limits.html
constexpr std::array<std::string_view, 6> kSourceFields{"path", "first", "template", "constant", "meta", "ref"};

bool is_path(const YamlNode& node) {
  return node.kind == YamlNode::Kind::scalar && (node.text.starts_with('$') || node.text.starts_with('@'));
}

std::string time_format(const MapReader& fields, std::string_view field, const Diagnostic& diagnostic) {
  std::string format = fields.text(field).value();
  if (format == "iso") return "";
  if (format == "epoch_s" || format == "epoch_ms" || format == "epoch_us") return format;
  if (format.find('%') == std::string::npos) {
    const std::vector<std::string> words{"iso", "epoch_s", "epoch_ms", "epoch_us"};
    std::string hint = did_you_mean(format, words);
    if (hint.empty()) hint = "; it is " + listed(words) + ", or a strptime format such as \"%Y-%m-%d %H:%M:%S\"";
    diagnostic.fail(fields.find(field)->line, fmt::format("{} cannot be {}{}", field, shown(format), hint));
  }
  return format;
}

// Has the encoder try the options, so that an unknown zone or directive is an error of its line in the mapping.
std::optional<std::string> fault_of(TypeKind kind, const EncodeOptions& options) {
  PgType type;
  type.kind = kind;
  try {
    (void)make_encoder(type, options);
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

void check_time_format(const std::string& format, std::int64_t line, const Diagnostic& diagnostic) {
  EncodeOptions options;
  options.time_format = format;
  const auto fault = fault_of(TypeKind::timestamptz, options);
  // A format without a date is one for a time of day.
  if (fault && fault_of(TypeKind::time, options)) diagnostic.fail(line, *fault);
}

void check_timezone(const std::string& timezone, std::int64_t line, const Diagnostic& diagnostic) {
  EncodeOptions options;
  options.timezone = timezone;
  if (const auto fault = fault_of(TypeKind::timestamptz, options)) diagnostic.fail(line, *fault);
}

OptionDraft read_options(const MapReader& fields, std::string_view format_field, const Diagnostic& diagnostic) {
  OptionDraft options;
  if (const auto nul = fields.choice("nul", {"reject", "strip", "escape", "replace"}))
    options.nul = static_cast<NulPolicy>(*nul);
  if (const auto bytes = fields.choice("bytes", {"base64", "hex"}))
    options.bytes = static_cast<EncodeOptions::Bytes>(*bytes);
  if (fields.has(format_field)) {
    options.time_format = time_format(fields, format_field, diagnostic);
    check_time_format(*options.time_format, fields.find(format_field)->line, diagnostic);
  }
  options.timezone = fields.text("timezone");
  if (options.timezone) check_timezone(*options.timezone, fields.find("timezone")->line, diagnostic);
  return options;
}

ColumnDraft read_column(const YamlNode::Member& member, const Diagnostic& diagnostic) {
  check_identifier(member.key, "a column name", diagnostic, member.line);
  ColumnDraft draft;
  draft.name = member.key;
  draft.line = member.line;
  const auto fields = column_fields(*member.value, diagnostic);
  if (!fields) return draft;
  if (const auto type = fields->text("type")) draft.type = check_type_name(*type, diagnostic, fields->find("type")->line);
  draft.options = read_options(*fields, "format", diagnostic);
  // The load's own time is ISO 8601, whatever the documents' are.
  if (fields->text("meta") == "load_time" && !draft.options.time_format) draft.options.time_format = "";
  draft.ref = fields->text("ref").value_or("");
  return draft;
}

class Uniter {
 public:
  Uniter(ColumnDraft& known, const ColumnDraft& added, const Diagnostic& diagnostic)
      : known_(known), added_(added), diagnostic_(diagnostic) {}

  void unite() {
    if (!known_.type.empty() && !added_.type.empty() && known_.type != added_.type) {
      contradict(fmt::format("{} here and {}", added_.type, known_.type));
    }
    if (known_.type.empty()) known_.type = added_.type;
    if (!known_.ref.empty() && !added_.ref.empty() && known_.ref != added_.ref) {
      contradict(fmt::format("a ref to {} here and to {}", shown(added_.ref), shown(known_.ref)));
    }
    if (known_.ref.empty()) known_.ref = added_.ref;
    take(known_.options.nul, added_.options.nul, "nul");
    take(known_.options.time_format, added_.options.time_format, "format");
    take(known_.options.timezone, added_.options.timezone, "timezone");
    take(known_.options.bytes, added_.options.bytes, "bytes");
  }

 private:
  [[noreturn]] void contradict(const std::string& what) const {
    diagnostic_.fail(added_.line, fmt::format("column {} is {} in line {}", shown(added_.name), what, known_.line));
  }

  template <typename Option>
  void take(Option& known, const Option& added, std::string_view field) const {
    if (known && added && known != added) {
      diagnostic_.fail(added_.line,
                       fmt::format("column {} has another {} here than in line {}", shown(added_.name), field, known_.line));
    }
    if (!known) known = added;
  }

  ColumnDraft& known_;
  const ColumnDraft& added_;
  const Diagnostic& diagnostic_;
};

}  // namespace

OptionDraft read_defaults(const YamlNode* node, const Diagnostic& diagnostic) {
  if (node == nullptr) return {};
  const MapReader fields(diagnostic, *node, "defaults", {"timestamp_format", "timezone", "nul", "bytes"});
  return read_options(fields, "timestamp_format", diagnostic);
}

std::optional<MapReader> column_fields(const YamlNode& node, const Diagnostic& diagnostic) {
  if (is_path(node) || node.kind == YamlNode::Kind::null) return std::nullopt;
  if (node.kind == YamlNode::Kind::scalar) {
    diagnostic.fail(node.line, fmt::format("{0} is no path, which begins with $ or @; a fixed value is written "
                                           "{{constant: {1}}}, a type {{type: {1}}}",
                                           shown(node.text), node.text.substr(0, 40)));
  }
  if (node.kind == YamlNode::Kind::sequence) {
    diagnostic.fail(node.line, "a column is a path or a map; several paths are written {first: [$.a, $.b]}");
  }
  return MapReader(diagnostic, node, "a column",
                   {"path", "first", "template", "constant", "meta", "of", "ref", "columns", "type", "transform", "default",
                    "nul", "format", "timezone", "bytes"});
}

bool has_source(const YamlNode& node) {
  if (is_path(node)) return true;
  return std::ranges::any_of(kSourceFields, [&](std::string_view field) { return node.find(field) != nullptr; });
}

void unite_columns(std::vector<ColumnDraft>& known, const YamlNode& columns, const Diagnostic& diagnostic) {
  if (columns.kind != YamlNode::Kind::map || columns.members.empty()) {
    diagnostic.fail(columns.line, "columns must be a map of column names: columns: {id: $.id}");
  }
  for (const YamlNode::Member& member : columns.members) {
    ColumnDraft added = read_column(member, diagnostic);
    const auto found = std::ranges::find(known, added.name, &ColumnDraft::name);
    if (found != known.end()) {
      Uniter(*found, added, diagnostic).unite();
      continue;
    }
    if (known.size() == kMaxColumns) diagnostic.fail(member.line, fmt::format("more than {} columns", kMaxColumns));
    known.push_back(std::move(added));
  }
}

Column finish_column(const ColumnDraft& draft, const OptionDraft& defaults) {
  Column column;
  column.name = draft.name;
  column.type = draft.type;
  column.is_ref = !draft.ref.empty();
  column.line = draft.line;
  EncodeOptions& options = column.options;
  options.nul = draft.options.nul.value_or(defaults.nul.value_or(options.nul));
  options.time_format = draft.options.time_format.value_or(defaults.time_format.value_or(options.time_format));
  options.timezone = draft.options.timezone.value_or(defaults.timezone.value_or(options.timezone));
  options.bytes = draft.options.bytes.value_or(defaults.bytes.value_or(options.bytes));
  return column;
}

std::optional<std::uint32_t> column_index(const std::vector<Column>& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &Column::name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - columns.begin());
}

}  // namespace pgfeed
