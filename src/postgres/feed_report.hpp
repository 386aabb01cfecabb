#pragma once

#include <pgfeed/status.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/ledger_snapshot.hpp"

namespace pgfeed {

/// What the ledger knows of its feeds, by name; `feed` empty: of all. `loads` and `missing`: how many loads and missing
/// sources of each are named at most; -1: all. The server counts, so a hundred thousand sources cost it a second and this
/// program nothing but the names. Throws Error(database).
std::vector<FeedStatus> read_feeds(LedgerSnapshot& ledger, const std::string& feed, std::int64_t loads,
                                   std::int64_t missing);

}  // namespace pgfeed
