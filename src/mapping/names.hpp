#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mapping/diagnostic.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

/// Checks a name for use as an identifier: not empty, at most 63 bytes of UTF-8 (PostgreSQL would cut it off), without
/// U+0000. https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
/// `what` names it in messages: "a column name". Throws Error(mapping).
void check_identifier(std::string_view name, std::string_view what, const Diagnostic& diagnostic, std::int64_t line);

/// Reads a table's name: `tweets`, `staging.tweets`, and with quotes as in SQL where a part holds a dot or a quote:
/// `"odd.name"`, `staging."say ""hi"""`. Unlike in SQL the case stays as it is written. Throws Error(mapping).
TableName parse_table_name(std::string_view text, const Diagnostic& diagnostic, std::int64_t line);

/// Checks that `text` is the name of a type and nothing else, because it goes into DDL as it stands, and returns it
/// with single spaces: `bigint`, `numeric(12,2)`, `timestamp (3) with time zone`, `text[]`, `audit."Level"`.
/// Throws Error(mapping).
std::string check_type_name(std::string_view text, const Diagnostic& diagnostic, std::int64_t line);

}  // namespace pgfeed
