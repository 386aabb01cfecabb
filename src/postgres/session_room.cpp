#include "postgres/session_room.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgfeed {
namespace {

// What the server has for all, for the database and for the role; -1: no bound. Superusers may take what is reserved, and
// have no bounds of their own. Of others' sessions not more than database and role can be seen by everyone.
constexpr const char* kRoom = R"sql(
SELECT current_setting('max_connections')::int,
       CASE WHEN r.rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int
            + coalesce(current_setting('reserved_connections', true), '0')::int END,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datid IS NOT NULL),
       CASE WHEN r.rolsuper THEN -1 ELSE d.datconnlimit END,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid),
       CASE WHEN r.rolsuper THEN -1 ELSE r.rolconnlimit END,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid)
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = session_user AND d.datname = current_database()
)sql";

}  // namespace

SessionRoom find_session_room(Connection& connection) {
  const Result row = connection.run(kRoom);
  const auto number = [&](int column) { return static_cast<int>(row.number(0, column)); };
  const auto beside = [](int most, int in_use) { return std::max(1, most - in_use + 1); };
  SessionRoom room{beside(number(0) - number(1), number(2)),
                   fmt::format("max_connections is {}, {} of them reserved, {} in use", number(0), number(1), number(2))};
  if (number(3) >= 0 && beside(number(3), number(4)) < room.sessions)
    room = {beside(number(3), number(4)), fmt::format("the database may have {}, {} in use", number(3), number(4))};
  if (number(5) >= 0 && beside(number(5), number(6)) < room.sessions)
    room = {beside(number(5), number(6)), fmt::format("the role may have {}, {} in use", number(5), number(6))};
  return room;
}

}  // namespace pgfeed
