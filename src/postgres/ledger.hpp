#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "postgres/connection.hpp"
#include "record/span.hpp"

namespace pgfeed {

/// What is in: feeds, their sources, and the spans of them that were loaded. See ledger_schema.hpp for the tables.
/// All throw Error(database).

/// A table that a feed was loaded into.
struct FeedTable {
  std::string name;  ///< as the mapping has it
  std::string oid;   ///< decimal
};

/// Writes a feed down, with the hash of its mapping, unless it is there. Returns the hash that it had; empty: it is new.
std::string begin_feed(Connection& connection, const std::string& feed, const std::string& mapping_hash);
/// From now on what is loaded is of this mapping.
void set_mapping_hash(Connection& connection, const std::string& feed, const std::string& mapping_hash);
/// Whether some bytes are in.
bool has_splits(Connection& connection, const std::string& feed);
std::vector<FeedTable> read_feed_tables(Connection& connection, const std::string& feed);
/// Writes tables down, over what was known of them.
void write_feed_tables(Connection& connection, const std::string& feed, std::span<const FeedTable> tables);

/// Writes a load down, whose feed is; returns its number. From the moment at which others can see it the session has its
/// name, `pgfeed load NUMBER`. `options` and `client` are JSON objects: what it was asked to do, and who asked.
std::int64_t begin_load(Connection& connection, const std::string& feed, const std::string& mapping_hash,
                        const std::string& options = "{}", const std::string& client = "{}");
/// After a connection was lost: throws unless the server that answers now knows the load. One that took over may never have
/// heard of it; what it then has under the load's numbers is not the load's.
void require_load(Connection& connection, std::int64_t load);
/// `state`: done, failed, stopped (too many rejects) or interrupted.
void end_load(Connection& connection, std::int64_t load, const std::string& state);
/// No task joins it any more.
void give_load_up(Connection& connection, std::int64_t load);
/// The load of those partitions, which is running from now on, whatever has become of it; 0: there is none. Throws
/// Error(database) where it was given up.
std::int64_t go_on_with_load(Connection& connection, const std::string& feed, const std::string& partitions);
/// The same without changing it.
std::int64_t find_load(Connection& connection, const std::string& feed, const std::string& partitions);
std::string read_load_state(Connection& connection, std::int64_t load);

/// A source as the ledger has it: one of its generations.
struct SourceEntry {
  std::int64_t source = 0;           ///< its number; 0: the feed has none of that URI
  std::int64_t generation = 0;       ///< 0: there is none
  std::int64_t last_generation = 0;  ///< there is
  std::int64_t size = -1;            ///< bytes, as it was listed; -1: not known
  std::string version;               ///< as it was listed; empty: not known
  std::int64_t content_size = -1;    ///< bytes after decompression; -1: its end was not seen yet
  std::int64_t covered = 0;          ///< bytes of them that are in

  [[nodiscard]] bool is_complete() const noexcept { return source != 0 && content_size == covered; }
};

/// What the ledger is told of a source before it is loaded.
struct NewSource {
  std::string uri;
  std::int64_t generation = 1;
  std::int64_t size = -1;
  std::string version;
  std::int64_t content_size = -1;
};

/// Which generation of a source: the last of which something is in, and where nothing is in, the last; or always the last.
enum class Generation : std::uint8_t { with_something_in, last };
/// The entries of these URIs, in their order. Takes many: some 20,000 a second.
std::vector<SourceEntry> read_sources(Connection& connection, const std::string& feed, std::span<const std::string> uris,
                                      Generation which = Generation::with_something_in);
/// Writes a generation of each source. One that is there by now stays: where several sessions write the same, the first
/// to commit counts for all.
void add_sources(Connection& connection, const std::string& feed, std::int64_t load, std::span<const NewSource> sources);
/// The end of a source was seen; -1: it is not known any more.
void set_content_size(Connection& connection, std::int64_t source, std::int64_t content_size);
/// Bytes after decompression of these sources, by number; -1: not known yet.
std::vector<std::int64_t> read_content_sizes(Connection& connection, std::span<const std::int64_t> sources);
/// Which of these sources, by number, are in whole.
std::vector<bool> are_complete(Connection& connection, std::span<const std::int64_t> sources);
/// Which spans: those that are in, or those that are staged for publication (staged_splits.hpp).
enum class SpanKind : std::uint8_t { committed, staged };
/// The bytes of a source that are in, or are staged: in order, spans that touch made one.
Spans read_spans(Connection& connection, std::int64_t source, SpanKind kind = SpanKind::committed);

/// One that is in.
struct CommittedSplit {
  std::int64_t split = 0;
  std::int64_t load = 0;
  std::string worker;
  Span span;
};
/// Splits of a source that overlap `span`, in order.
std::vector<CommittedSplit> read_splits(Connection& connection, SpanKind kind, std::int64_t source, Span span);

/// Inside a transaction, first thing: claims spans of a source, in order; returns the numbers of the splits. Waits for
/// other transactions that have claimed some of these bytes. Fewer than `spans`: those were committed, so this
/// transaction is to be rolled back.
std::vector<std::int64_t> claim_spans(Connection& connection, SpanKind kind, std::int64_t source, std::int64_t load,
                                      const std::string& worker, const Spans& spans);

/// What became of the documents and rows of a split.
struct SplitCounts {
  std::int64_t loaded = 0;
  std::int64_t skipped = 0;
  std::int64_t rejected = 0;
  struct TableRows {
    std::string table;
    std::int64_t inserted = 0;
    std::int64_t merged = 0;
    std::int64_t already_there = 0;
  };
  std::vector<TableRows> tables;
};
/// Inside the transaction that claimed it, last thing: writes down what a split came to.
void finish_split(Connection& connection, std::int64_t split, const SplitCounts& counts);
/// Inside the transaction that brings them: writes down what documents came to that were tried again apart from their split.
void add_late_batch(Connection& connection, std::int64_t load, const std::string& worker, const SplitCounts& counts);

}  // namespace pgfeed
