#include "mapping/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace pgfeed {
namespace {

constexpr std::size_t kIdentifierBytes = 63;

// One part of a table's name, taken from the front of `rest`; nothing where a quote is not closed or closed too early.
std::optional<std::string> take_part(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(part.size());
    if (part.find('"') != std::string_view::npos) return std::nullopt;
    return std::string(part);
  }
  std::string part;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"' && (i + 1 == rest.size() || rest[i + 1] != '"')) {
      rest.remove_prefix(i + 1);
      return rest.empty() || rest[0] == '.' ? std::optional(part) : std::nullopt;
    }
    if (rest[i] == '"') ++i;
    part += rest[i];
  }
  return std::nullopt;
}

}  // namespace

void check_identifier(std::string_view name, std::string_view what, const Diagnostic& diagnostic, std::int64_t line) {
  if (name.empty()) diagnostic.fail(line, fmt::format("{} is empty", what));
  if (name.find('\0') != std::string_view::npos)
    diagnostic.fail(line, fmt::format("{} holds U+0000: {}", what, shown(name)));
  if (name.size() > kIdentifierBytes) {
    diagnostic.fail(line, fmt::format("{} has {} bytes, and PostgreSQL's names have at most {}: {}", what, name.size(),
                                      kIdentifierBytes, shown(name)));
  }
}

TableName parse_table_name(std::string_view text, const Diagnostic& diagnostic, std::int64_t line) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  bool well_formed = true;
  while (well_formed) {
    const auto part = take_part(rest);
    well_formed = part.has_value();
    if (well_formed) parts.push_back(*part);
    if (rest.empty() || !well_formed) break;
    rest.remove_prefix(1);  // the dot
  }
  if (!well_formed || parts.size() > 2) {
    diagnostic.fail(line, fmt::format("{} is no table name; write table, schema.table, or quotes as in SQL around a part "
                                      "that holds a dot or a quote",
                                      shown(text)));
  }
  for (const std::string& part : parts) check_identifier(part, "a table name", diagnostic, line);
  if (parts.size() == 1) return {"", parts[0]};
  return {parts[0], parts[1]};
}

}  // namespace pgfeed
