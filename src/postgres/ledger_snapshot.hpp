#pragma once

#include <optional>
#include <string>

#include "postgres/connection.hpp"

namespace pgfeed {

/// A ledger at one moment, to be looked at only. The connection must outlive it, and runs nothing else meanwhile.
class LedgerSnapshot {
 public:
  /// Throws Error(database): no right to look, or a ledger of another version.
  explicit LedgerSnapshot(Connection& connection);
  ~LedgerSnapshot() { connection_.rollback(); }
  LedgerSnapshot(const LedgerSnapshot&) = delete;
  LedgerSnapshot& operator=(const LedgerSnapshot&) = delete;

  /// False: there is no ledger, so nothing can be asked.
  [[nodiscard]] bool is_there() const noexcept { return is_there_; }
  /// The numbers of the loads that live, as an array's text. Nothing on a standby, where no session of theirs is to be seen.
  [[nodiscard]] const std::optional<std::string>& live_loads() const noexcept { return live_loads_; }
  /// Whether unlogged tables can be read: not on a standby.
  [[nodiscard]] bool has_staged() const noexcept { return live_loads_.has_value(); }
  [[nodiscard]] Connection& connection() noexcept { return connection_; }

 private:
  Connection& connection_;
  bool is_there_ = false;
  std::optional<std::string> live_loads_;
};

}  // namespace pgfeed
