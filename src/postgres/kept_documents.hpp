#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "postgres/connection.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {

/// Documents that are kept in `pgfeed.rejects` and may be loaded yet: those that wait for a parent, and rejects that are
/// tried again. A row stays the same however often its document is tried. All throw Error(database).

/// A document that is kept, as it was when it was read.
struct KeptDocument {
  std::int64_t reject = 0;  ///< its number
  std::int64_t load = 0;    ///< that tried it last
  std::int64_t tries = 0;   ///< changes with each try
  RejectState state = RejectState::rejected;
  std::string source;
  std::int64_t offset = 0;
  std::int64_t line = -1;
  std::string document;             ///< raw
  std::uint64_t document_size = 0;  ///< bytes of all of it: where it is more, `document` was cut
  bool is_mended = false;           ///< `document` is not the one that is kept
  std::string fault;                ///< why there is nothing to load of it; empty: there is

  [[nodiscard]] bool is_cut() const noexcept { return document_size > document.size(); }
};

/// Those that wait for a parent: of this load, and of loads of the feed that have ended or have no session any more.
KeptSelection select_parked(Connection& connection, const std::string& feed, std::int64_t load);
/// Takes those away whose bytes a later load has loaded again: they were read once more.
void drop_superseded_parked(Connection& connection, const std::string& feed);

/// A condition: the document of `r` was loaded again, or rejected again, with its source (`--reload`).
extern const char* const kIsSuperseded;

/// Those of a selection with a number above `after`, in order of it: at most a thousand, and no more than fill `bytes`.
std::vector<KeptDocument> read_kept(Connection& connection, const KeptSelection& selection, std::int64_t after,
                                    std::uint64_t bytes);

/// A reject that a file names.
struct NamedReject {
  KeptDocument kept;  ///< its document only where it was cut
  std::string feed;
  bool is_superseded = false;
};
/// The rejects of these numbers that there are, in order.
std::vector<NamedReject> read_named(Connection& connection, std::span<const std::int64_t> rejects);

/// A row as it is now.
struct KeptState {
  std::int64_t reject = 0;
  std::int64_t load = 0;
  std::int64_t tries = 0;
  std::int64_t settled_by = 0;  ///< 0: it is not settled
  std::string state;
};
/// The rows of these numbers that there are, in order. `lock`: inside a transaction, waits for others that have locked
/// some, and locks them.
std::vector<KeptState> look_at_kept(Connection& connection, std::span<const std::int64_t> rejects, bool lock);

/// One that was tried in vain. The views must live until it is written.
struct KeptFailure {
  std::int64_t reject = 0;
  std::string_view table;
  std::string_view column;
  std::string_view reason;
  std::string_view sqlstate;
  RejectState state = RejectState::rejected;
  std::optional<std::string_view> mended;  ///< the document in place of the one that is kept
};
/// Inside a transaction that has locked them: these are in. A reject is settled; one that was only parked is gone.
void settle_kept(Connection& connection, std::int64_t load, std::span<const std::int64_t> rejects);
/// Inside a transaction that has locked them: these are not, and why.
void keep_again(Connection& connection, std::int64_t load, std::span<const KeptFailure> failures);

}  // namespace pgfeed
