#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <pgfeed/session.hpp>

namespace pgfeed {

/// What the ledger is to forget, so that the next load takes the bytes again: one of a source, a load, and all of a feed.
struct ForgetOptions {
  SessionOptions session;
  /// As it was given to a load: a file, which may be gone by now, a folder, a glob or a URI; or as the ledger has it, such
  /// as `id:NAME` for what `--source-id NAME` named. Empty: none.
  std::string source;
  std::int64_t load = 0;  ///< the splits of this load; 0: none
  bool all = false;       ///< all sources of `feed`, and which tables it was loaded into
  std::string feed;       ///< empty: the one that has the source or the load
};

/// What is forgotten.
struct Forgotten {
  std::string database;  ///< for a person
  std::string feed;
  std::int64_t sources = 0;
  std::int64_t splits = 0;
  std::int64_t bytes = 0;
  std::int64_t documents = 0;              ///< of these splits
  std::int64_t staged = 0;                 ///< splits that wait to be published
  std::int64_t rejects = 0;                ///< rejected or parked: they come again with their bytes
  std::vector<std::string> first_sources;  ///< at most three
};

/// Forgets, after `is_meant` has said so of what would be; else it changes nothing, and the result is empty. Rows stay in
/// their tables. Nothing is locked while `is_meant` is asked, and the result is what was forgotten in the end.
///
/// A load of the feed that begins meanwhile waits, and then finds what is left. Throws Error(usage) for a source or a load
/// that the ledger does not have, and where several feeds have the source; Error(database): there is no ledger, or a load of
/// the feed is running.
Forgotten forget(const ForgetOptions& options, const std::function<bool(const Forgotten&)>& is_meant);

}  // namespace pgfeed
