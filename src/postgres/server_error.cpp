#include "postgres/server_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace pgfeed {
namespace {

std::string field_of(const PGresult* result, int field) {
  const char* value = PQresultErrorField(result, field);
  return value != nullptr ? value : "";
}

struct CopyPlace {
  std::int64_t row = 0;
  std::string column;
};

/// The row and column of `COPY t, line 12` or `COPY t, line 12, column c`, in whatever language: the first number behind
/// the first comma, and what follows the word behind the next one. 0 and empty where there is none.
CopyPlace copy_place_of(const std::string& context, const std::string& table) {
  if (!context.starts_with("COPY ")) return {};
  const std::size_t name_end = context.starts_with("COPY " + table) ? 5 + table.size() : 0;  // where the server names it
  // The table's name may hold digits and commas: the number wanted is followed by a comma, a line's end or a colon.
  const std::size_t line_end = context.find('\n');
  const std::string line = context.substr(0, line_end);
  for (std::size_t at = line.find(", ", name_end); at != std::string::npos; at = line.find(", ", at + 1)) {
    const std::size_t digit = line.find_first_of("0123456789", at);
    if (digit == std::string::npos) break;
    std::int64_t row = 0;
    const auto [end, error] = std::from_chars(line.data() + digit, line.data() + line.size(), row);
    if (error == std::errc() && (end == line.data() + line.size() || *end == ',' || *end == ':')) {
      const std::string_view rest(end, static_cast<std::size_t>(line.data() + line.size() - end));
      const std::size_t name = rest.starts_with(", ") ? rest.find(' ', 2) : std::string_view::npos;
      return {row, name == std::string_view::npos ? "" : std::string(rest.substr(name + 1))};
    }
  }
  return {};
}

}  // namespace

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::string line;
  for (const char c : text) {
    if (c == '\t' && line.ends_with("; ")) continue;  // a hint is indented
    line += c == '\n' ? std::string("; ") : std::string(1, c);
  }
  return line;
}

bool is_retryable(std::string_view sqlstate) noexcept {
  constexpr std::array<std::string_view, 6> exact{"53300", "57P01", "57P02", "57P03", "57P05", "25P03"};
  const bool connection_lost = sqlstate.starts_with("08") && sqlstate != "08P01";
  return connection_lost || sqlstate.starts_with("40") || std::ranges::find(exact, sqlstate) != exact.end();
}

bool is_without_room(const Error& error) noexcept { return error.sqlstate == "53300"; }

Error error_from(PGconn& connection, const PGresult* result) {
  std::string sentence = result != nullptr ? field_of(result, PG_DIAG_MESSAGE_PRIMARY) : "";
  if (sentence.empty()) sentence = one_line(PQerrorMessage(&connection));
  if (result != nullptr) {
    if (const std::string detail = field_of(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty())
      sentence += fmt::format(" ({})", one_line(detail));
  }
  Error error(ErrorKind::database, sentence);
  if (result != nullptr) {
    error.sqlstate = field_of(result, PG_DIAG_SQLSTATE);
    error.table = field_of(result, PG_DIAG_TABLE_NAME);
    error.column = field_of(result, PG_DIAG_COLUMN_NAME);
    error.constraint = field_of(result, PG_DIAG_CONSTRAINT_NAME);
    CopyPlace place = copy_place_of(field_of(result, PG_DIAG_CONTEXT), error.table);
    error.copy_row = place.row;
    if (error.column.empty()) error.column = std::move(place.column);
  }
  // Without a SQLSTATE no server spoke: here, after a connect that succeeded, the connection was lost.
  error.retryable = error.sqlstate.empty() ? PQstatus(&connection) == CONNECTION_BAD : is_retryable(error.sqlstate);
  return error;
}

}  // namespace pgfeed
