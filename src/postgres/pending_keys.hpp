#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "postgres/connection.hpp"

namespace pgfeed {

/// A statement that is still to be run after the rows.
struct PendingKey {
  enum class Phase : std::uint8_t { key, add_foreign_key, validate, analyze };
  std::int64_t step = 0;
  Phase phase = Phase::key;  ///< a phase begins when the one before is done
  std::string table;         ///< as the mapping names it
  std::string statement;
};

/// Remembers statements to be run after the rows, so that a crash in between can be finished by the next load.
void add_pending_keys(Connection& connection, const std::string& feed, std::span<const PendingKey> keys);
/// By phase, then in the order in which they were added.
std::vector<PendingKey> read_pending_keys(Connection& connection, const std::string& feed);

/// A key that some feed's load has still to make.
struct OpenKey {
  std::string feed;
  std::string statement;
};
/// The keys that are still to be made on a table, for looking only: none where there is no schema `pgfeed`, or no right to
/// read it. `table`: its OID.
std::vector<OpenKey> read_open_keys(Connection& connection, std::uint32_t table);

/// False: it is not there any more. Waits for another session that is about to run it.
bool delete_pending_key(Connection& connection, std::int64_t step);

}  // namespace pgfeed
