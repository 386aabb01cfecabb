#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encode/byte_buffer.hpp"
#include "postgres/connection.hpp"
#include "record/span.hpp"

namespace pgfeed {

/// Splits that wait for the publication of an atomic load: read and parsed, visible to nobody. All throw Error(database).
///
/// Their tables are unlogged, entries and bytes alike: a crash of the server empties both, and they are staged again.
/// https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-UNLOGGED

struct StagedSplit {
  std::int64_t split = 0;
  std::int64_t source = 0;  ///< number in the ledger
  std::int64_t load = 0;    ///< that staged it, or took it over
  Span span;
  std::int64_t documents = 0;
  std::int64_t rejected = 0;  ///< of them, while they were read
  std::string format;         ///< what the bytes were made for; empty: no bytes, another span of the same split has them
};

/// What is staged of these sources, by source and span.
std::vector<StagedSplit> read_staged(Connection& connection, std::span<const std::int64_t> sources);

/// What is staged of a load.
std::vector<StagedSplit> read_staged_of(Connection& connection, std::int64_t load);

/// The loads of a feed that have some staged.
std::vector<std::int64_t> find_loads_with_staged(Connection& connection, const std::string& feed);

/// What nobody will publish: staged splits of the feed's sources that are in whole, that have changed or were loaded again
/// since (a later generation), or that have no name that lasts, where the load that read them has no session any more.
std::vector<std::int64_t> find_superseded_staged(Connection& connection, const std::string& feed);

/// Inside the transaction that claimed it: what the split was parsed to.
void put_staged(Connection& connection, const StagedSplit& split, std::string_view bytes);
/// The same bytes. Empty: they are gone, published or dropped by another session.
void read_staged_bytes(Connection& connection, std::int64_t split, ByteBuffer& bytes);

/// From now on these are of `load`.
void adopt_staged(Connection& connection, std::span<const std::int64_t> splits, std::int64_t load);
void drop_staged(Connection& connection, std::span<const std::int64_t> splits);

/// Inside a transaction: waits until no other publishes for the feed.
void take_publication_turn(Connection& connection, const std::string& feed);
/// Whether that is what a statement does.
bool is_publication_turn(const std::string& statement);

}  // namespace pgfeed
