#pragma once

#include <string>
#include <vector>

#include "postgres/connection.hpp"

namespace pgfeed {

/// A session that has locked what a statement of ours may have waited for.
struct LockHolder {
  enum class Way {
    whole,    ///< a lock on the table, or another one by name, that the statement cannot have beside it
    waiting,  ///< waits for such a lock itself: PostgreSQL lets nobody overtake it
    rows      ///< has changed or locked rows of the table: perhaps those that were wanted
  };

  Backend backend;    ///< pid 0: a prepared transaction, which has no session
  std::string table;  ///< as a person would name it; empty: one of pgfeed's own locks
  Way way = Way::rows;
  std::string application;
  std::string role;
  std::string state;     ///< as in pg_stat_activity; empty: not ours to know
  double seconds = 0;    ///< in that state
  std::string progress;  ///< changes whenever its client does something
  bool is_own_role = false;
  bool awaits_client = false;  ///< the server has nothing to do for it until its client speaks

  /// `table "people" is locked by session 123 (psql, role bob, idle in transaction for 12 s)`
  [[nodiscard]] std::string sentence() const;
};

/// Who may have been in the way of a statement that waited for a lock in vain: those that hold locks on the tables it names,
/// their partitions, or tables they refer to. The surest first, of them the oldest. Sessions of the same load come into
/// question only where there are no others. Outside a transaction that has failed. Throws Error(database).
/// https://www.postgresql.org/docs/current/explicit-locking.html
std::vector<LockHolder> find_lock_holders(Connection& connection, const std::string& statement);

}  // namespace pgfeed
