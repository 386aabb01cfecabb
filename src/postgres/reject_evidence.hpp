#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>

#include "postgres/connection.hpp"

namespace pgfeed {

/// The rejects of a load, taken out of a transaction that is to be rolled back: the evidence of why it was.
class RejectEvidence {
 public:
  /// Inside the transaction. Throws Error(database).
  RejectEvidence(Connection& connection, std::int64_t load);
  /// After its end: writes them down in a transaction of its own, in state `stopped`. Throws Error(database).
  void keep(Connection& connection) const;

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> spool_;  ///< they may be many
};

}  // namespace pgfeed
