#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include <pgfeed/error.hpp>

namespace pgfeed {

/// The error of a failed statement, with everything the server said. `result` may be null: the connection was lost.
Error error_from(PGconn& connection, const PGresult* result);

/// Whether a split that failed with this SQLSTATE may succeed when it is tried again: lost connections
/// (class 08, but not 08P01: a malformed binary field raises it too), deadlock and serialization failures
/// (class 40), server going down or starting (57P01 to 57P03), sessions that it ended for being idle (57P05, 25P03), too
/// many connections (53300).
/// https://www.postgresql.org/docs/current/errcodes-appendix.html
bool is_retryable(std::string_view sqlstate) noexcept;

/// Whether the server refused a session because it has as many as it, the database or the role may have (53300).
bool is_without_room(const Error& error) noexcept;

/// libpq's messages end with a line break and may have several lines: one sentence for a person.
std::string one_line(std::string text);

}  // namespace pgfeed
