#pragma once

#include <cstdint>
#include <string>

#include "postgres/connection.hpp"

namespace pgfeed {

/// What the ledger knows of streams: their batches are published one after another, each in one transaction, and one whose
/// commit was not noted by the stream's engine comes again. All throw Error(database).

/// Inside a transaction: notes that `load` publishes a batch. False: that batch, or a later one, is in. Another transaction
/// that asks of the same stream waits for the end of this one.
bool take_batch(Connection& connection, const std::string& feed, const std::string& stream, std::int64_t batch,
                std::int64_t load);

/// Drops what other loads of the stream have staged: runs of batches that were lost, which nobody goes on with.
void drop_other_runs(Connection& connection, const std::string& feed, const std::string& stream, std::int64_t load);

}  // namespace pgfeed
