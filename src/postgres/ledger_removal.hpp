#pragma once

#include <pgfeed/forget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postgres/connection.hpp"

namespace pgfeed {

/// What of a feed is to be taken out of the ledger: a load's splits, or sources by name, or all.
struct Removal {
  std::string feed;
  std::int64_t load = 0;                         ///< its splits; 0: sources
  std::optional<std::vector<std::string>> uris;  ///< these sources; nothing: all
  std::string folder;                            ///< and those whose URI begins so; empty: no more
};

/// The feeds that have sources of these names, sorted. Throws Error(database).
std::vector<std::string> feeds_with_sources(Connection& connection, const std::vector<std::string>& uris,
                                            const std::string& folder);
/// The feed of a load; empty: there is no such load. Throws Error(database).
std::string feed_of_load(Connection& connection, std::int64_t load);
/// Throws Error(database).
bool has_feed(Connection& connection, const std::string& feed);

/// Counts what would go. Throws Error(database).
Forgotten count_removal(Connection& connection, const Removal& removal);
/// Takes it out, in a transaction of its own, and returns what went. Loads of the feed that begin meanwhile wait.
/// Throws Error(database), also where a load of the feed is running.
Forgotten remove_from_ledger(Connection& connection, const Removal& removal);

}  // namespace pgfeed
