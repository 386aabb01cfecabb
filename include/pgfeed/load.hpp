#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pgfeed/error.hpp>
#include <pgfeed/reject_filter.hpp>
#include <pgfeed/session.hpp>

namespace pgfeed {

/// How many rejects a load bears: a number at any time, or a share of the documents, judged at the end.
struct RejectLimit {
  std::int64_t documents = 0;
  std::optional<double> percent;
};

/// When rows can be seen: each split's once it commits, or all of them at once, at the end.
enum class Publish : std::uint8_t { split, atomic };

struct LoadOptions {
  std::string mapping;       ///< path of the mapping file
  std::string mapping_text;  ///< what is in that file, where it is known; empty: it is read
  SessionOptions session;
  std::vector<std::string> sources;   ///< files, folders, globs, `-`
  std::string from_rejects;           ///< in place of sources: a file of rejects whose documents were mended, or `-`
  std::optional<RejectFilter> retry;  ///< in place of sources: the rejects that are kept; of the mapping's feed
  std::string partitions;             ///< in place of sources: a name of partitions (see partitions.hpp)
  std::string stream;       ///< of partitions, with Publish::atomic: they are a batch of it, published once; empty: no
  std::int64_t batch = 0;   ///< its number; the next batch has a greater one
  bool joins = false;       ///< of partitions: goes on with the load of that name, if there is one
  bool once = false;        ///< of partitions: no other load has that name, so what a limit leaves out stays out
  std::string documents;    ///< overrides the mapping's path of the documents; empty: does not
  int connections = 0;      ///< 0: as many as cores
  std::int64_t limit = -1;  ///< load only so many documents, in listing order; -1: all
  bool dry_run = false;     ///< one connection, one transaction, rolled back
  Publish publish = Publish::split;
  bool overwrite = false;  ///< with Publish::atomic: what is published takes the place of all rows that are there
  RejectLimit max_rejects;
  std::string rejects_file;                ///< where to export the rejects; empty: nowhere
  std::string rejects_name;                ///< what the ledger calls that file; empty: as it is called
  bool no_ledger = false;                  ///< read and write nothing of the ledger; see `no_ledger_warnings`
  bool reload = false;                     ///< load sources again that are in already
  std::string source_id;                   ///< name of standard input or of a pipe in the ledger; empty: none
  std::uint64_t split_size = 32U << 20;    ///< bytes, after decompression
  std::uint64_t max_document = 16U << 20;  ///< bytes; a larger document is a reject
  std::size_t max_depth = 512;             ///< brackets; a document nested deeper is a reject
  bool strict_json = false;                ///< check all of each document, not only what is read of it
};

/// Whether it loads rejects again, and no sources.
inline bool takes_rejects(const LoadOptions& options) { return options.retry || !options.from_rejects.empty(); }

/// What became of one table.
struct TableReport {
  std::string name;
  std::int64_t inserted = 0;
  std::int64_t merged = 0;         ///< rows that were there and took values
  std::int64_t already_there = 0;  ///< rows that were there and stayed as they were
};

/// A reject, as it is shown, exported and kept in `pgfeed.rejects`.
struct RejectReport {
  std::string source;
  std::int64_t offset = 0;  ///< byte of the source
  std::int64_t line = -1;   ///< from 1; -1: not known
  std::string table;
  std::string column;
  std::string reason;
  std::string sqlstate;
};

/// Documents and time of a load, of a split, or of a load so far.
struct Counts {
  std::int64_t bytes = 0;
  std::int64_t splits = 0;
  std::int64_t read = 0;  ///< always loaded + skipped + rejected
  std::int64_t loaded = 0;
  std::int64_t skipped = 0;  ///< by `skip_when`, or found to be there by the root's rule
  std::int64_t rejected = 0;
  double read_seconds = 0;  ///< summed over workers
  double parse_seconds = 0;
  double server_seconds = 0;
};

struct Report {
  bool has_begun = false;  ///< the load came so far that there is something to report
  std::int64_t load = 0;   ///< number in `pgfeed.loads`; 0: without a ledger it has none
  std::string feed;
  std::string database;  ///< where it went, for a person
  bool dry_run = false;
  Publish publish = Publish::split;
  bool publishing = false;        ///< in a report so far: all is staged, and is being published; counts are of that
  bool of_rejects = false;        ///< it has loaded rejects again, and no sources
  bool of_partitions = false;     ///< it has loaded partitions: they are its sources
  std::int64_t files = 0;         ///< sources
  std::int64_t files_in = 0;      ///< of `files`, those that were in already
  std::int64_t total_bytes = -1;  ///< that are to be loaded; -1 where a source has no size
  int connections = 0;
  Counts counts;
  double seconds = 0;
  double key_seconds = 0;  ///< of `seconds`, after the rows: keys, foreign keys, ANALYZE
  std::vector<TableReport> tables;
  std::vector<RejectReport> first_rejects;  ///< at most three
  std::vector<std::string> warnings;
};

/// Loads. Returns the report of a load that is done and durable.
///
/// `progress` is called now and then, from a thread of its own, with the report so far. A request to stop ends the load
/// after rolling back the open splits.
/// Throws Error of any kind; with ErrorKind::rejects or interrupted, `*partial` (when given) holds the report so far.
Report load(const LoadOptions& options, const std::function<void(const Report&)>& progress, std::stop_token stop,
            Report* partial = nullptr);

/// What a person should know before a load without a ledger; its report has it too. Empty for any other load.
std::vector<std::string> no_ledger_warnings(const LoadOptions& options);

/// What the Error(interrupted) of `load` says: what is in, and how to go on.
std::string interrupted_sentence(const LoadOptions& options);

/// The tables of a feed for which keys, foreign keys or statistics are still to be made, as the next load of the feed will;
/// sorted. Asks over a connection of its own, after a load that ended early. Throws Error(database).
std::vector<std::string> tables_with_pending_keys(const SessionOptions& session, const std::string& feed);

}  // namespace pgfeed
