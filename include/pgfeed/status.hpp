#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pgfeed/load.hpp>
#include <pgfeed/session.hpp>

namespace pgfeed {

/// What the ledger of a database knows: what is in, what is not, and why. Looking writes nothing, and takes a role with
/// USAGE on the ledger's schema and SELECT on its tables. All of a report is of one moment.
///
/// Names and reasons come from data, so they may hold anything but NUL: whoever shows them on a terminal has to mind that.
/// Moments are in UTC, as `2024-05-01T10:00:00Z`; empty: there was none, or nobody knows.

/// How a load is or was.
struct LoadStatus {
  std::int64_t load = 0;
  std::string feed;
  /// running; done; failed, stopped (too many rejects) or interrupted; abandoned: it has neither ended nor a session, so it
  /// was killed, or its connections are lost just now; dropped.
  std::string state;
  std::string publish;  ///< split or atomic
  std::string role;
  std::string started;
  std::string ended;
  std::optional<double> seconds;  ///< up to its end, or so far; of an abandoned one: up to its last split, if it had any
  std::int64_t splits = 0;        ///< that are in
  std::int64_t bytes = 0;         ///< of them
  std::int64_t read = 0;          ///< documents of them: loaded + skipped + rejected
  std::int64_t loaded = 0;
  std::int64_t skipped = 0;
  std::int64_t rejected = 0;
  std::int64_t rows = 0;  ///< inserted or merged
};

/// A source that is not in whole: its last generation.
struct MissingSource {
  std::string uri;
  std::int64_t in = 0;     ///< bytes that are in
  std::int64_t size = -1;  ///< bytes to load; -1: its end was not seen yet
};

/// Splits of an atomic load that wait to be published. Their bytes count as missing.
struct StagedSplits {
  std::int64_t load = 0;
  std::int64_t splits = 0;
  std::int64_t bytes = 0;
  std::int64_t documents = 0;
};

/// Rejects that are alike.
struct RejectCount {
  std::string table;  ///< empty: the document as a whole is at fault; the same for the column
  std::string column;
  std::string sqlstate;
  std::string state;  ///< rejected, parked, stopped or settled
  std::int64_t documents = 0;
  std::string example;  ///< the reason that one of them has
};

/// A table for which keys, foreign keys or statistics are still to be made.
struct PendingTable {
  std::string table;
  std::int64_t statements = 0;
};

struct FeedStatus {
  std::string feed;
  std::string mapping_hash;       ///< of its last load
  std::int64_t loads_known = 0;   ///< all of them
  std::vector<LoadStatus> loads;  ///< the last ones, latest first
  std::int64_t sources_in_whole = 0;
  std::int64_t sources_in_part = 0;
  std::int64_t sources_not_begun = 0;
  std::int64_t sources_without_end = 0;  ///< of the latter two: how much of them is missing is not known
  std::int64_t bytes_in = 0;
  std::int64_t bytes_missing = 0;
  std::vector<MissingSource> missing;  ///< the first ones
  std::vector<StagedSplits> staged;
  std::vector<PendingTable> keys_pending;
  std::vector<RejectCount> rejects;  ///< most first
};

struct StatusReport {
  std::string database;  ///< for a person
  std::string schema;    ///< of the ledger
  bool has_ledger = false;
  std::vector<FeedStatus> feeds;  ///< by name
};

struct StatusOptions {
  SessionOptions session;
  std::string feed;           ///< empty: all
  std::int64_t loads = 5;     ///< of each feed, at most
  std::int64_t missing = -1;  ///< sources named for each feed, at most; -1: all
};

/// Throws Error(database); Error(usage) for a feed that the ledger does not have.
StatusReport status(const StatusOptions& options);

/// One session of a load.
struct WorkerStatus {
  std::string worker;  ///< `worker 2`; empty: the load's own session
  std::int64_t splits = 0;
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
  double seconds = 0;  ///< in transactions that brought splits
  std::string first;   ///< when its first split was claimed
  std::string last;    ///< when its last split ended
};

/// Bytes from a first one up to one that is not among them.
using ByteRange = std::pair<std::int64_t, std::int64_t>;

/// A source that a load brought something of, or was the first to know.
struct LoadSource {
  std::string uri;
  std::int64_t generation = 1;  ///< more than 1: it was loaded again on purpose
  std::string version;
  std::int64_t size = -1;          ///< bytes to load; -1: its end was not seen yet
  std::int64_t splits = 0;         ///< of this load
  std::vector<ByteRange> covered;  ///< what this load brought
  std::vector<ByteRange>
      missing;  ///< what no load brought; what follows the last byte that is in counts where `size` is known
};

struct LoadDetail {
  std::string database;
  LoadStatus load;
  std::string mapping_hash;
  std::string options;  ///< JSON object: what it was asked to do
  std::string client;   ///< JSON object: host, pid, user, folder and version of who asked
  std::vector<TableReport> tables;
  std::vector<WorkerStatus> workers;
  std::vector<LoadSource> sources;
  StagedSplits staged;
  std::vector<RejectCount> rejects;
};

/// One load. Throws Error(database); Error(usage) for a number that the ledger does not have.
LoadDetail load_status(const SessionOptions& session, std::int64_t load);

}  // namespace pgfeed
