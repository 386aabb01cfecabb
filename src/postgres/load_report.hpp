#pragma once

#include <pgfeed/status.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/ledger_snapshot.hpp"

namespace pgfeed {

/// What the ledger knows of loads. All throw Error(database).

/// Of each feed the last loads, latest first; `feed` empty: of all feeds, by name. `count`: at most so many of each.
std::vector<LoadStatus> read_loads(LedgerSnapshot& ledger, const std::string& feed, std::int64_t count);
/// One load in detail, but for `database`. Its number is 0 where the ledger does not have it.
LoadDetail read_load(LedgerSnapshot& ledger, std::int64_t load);

/// Rejects that are alike, most first; of a feed, or of a load (else empty, 0).
std::vector<std::pair<std::string, RejectCount>> read_reject_counts(LedgerSnapshot& ledger, const std::string& feed,
                                                                    std::int64_t load);

/// Splits that wait to be published: the feed and the counts; of a feed, or of a load (else empty, 0).
std::vector<std::pair<std::string, StagedSplits>> read_staged(LedgerSnapshot& ledger, const std::string& feed,
                                                              std::int64_t load);

}  // namespace pgfeed
