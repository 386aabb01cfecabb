#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pgfeed {

/// Why PostgreSQL would refuse what stands in the brackets of one of its own types, as `varchar(0)` and `bigint(20)`; empty:
/// it would not, or the type is none of those that are known here. `type`: its name in lower case, without brackets.
/// https://www.postgresql.org/docs/current/datatype.html
std::string modifier_fault(std::string_view type, std::span<const std::string> modifiers);

/// `; did you mean "bigint"?` for a type that is not there, by its name as `check_type_name` returns it; or nothing.
std::string similar_type(std::string_view type);

/// The same where no server can be asked whether there is such a type: only for what hardly is a name of its own, one slip
/// away from a long name. Names in quotes, with a schema or with a digit are left alone.
std::string misspelt_type(std::string_view type);

}  // namespace pgfeed
