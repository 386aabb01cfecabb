#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {

/// What the ledger knows of partitions: sources without a place where their bytes stand, handed over document by document.
/// Whoever hands one over again may do so in another order, so the documents that are in are known by digests, until all of
/// the partition is in; its bytes are counted in the order in which they went in. All throw Error(database).

/// A partition, as its ledger entry has it.
struct PartitionEntry {
  std::int64_t source = 0;
  std::string seed;            ///< of the digests: 32 hexadecimal digits that nobody could know before the entry was made
  bool is_complete = false;    ///< all of it is in, or staged
  std::uint64_t position = 0;  ///< bytes that are
};

/// The entry of the partition with that URI, which is made where there is none.
PartitionEntry open_partition(Connection& connection, SpanKind kind, const std::string& feed, std::int64_t load,
                              const std::string& uri);

/// Inside a transaction, up to whose end others who ask this of the partition wait, and nobody completes it: whether it is
/// complete already. Two that claimed the same bytes without it would be a deadlock.
bool is_completed(Connection& connection, std::int64_t source);

/// Documents of a partition that went in, in one split.
struct PartitionPart {
  std::int64_t split = 0;
  std::int64_t load = 0;
  std::string worker;
  std::string digests;    ///< 16 bytes each, in hexadecimal digits
  std::uint64_t end = 0;  ///< bytes that were in with it
};
/// The parts whose splits come after `split`, in order. Of a complete partition there are none.
std::vector<PartitionPart> read_parts(Connection& connection, SpanKind kind, std::int64_t source, std::int64_t split);

/// Inside the transaction that claimed the split: what is in it.
void add_part(Connection& connection, SpanKind kind, std::int64_t split, std::string_view digests);
/// Inside the transaction in which what is staged of these partitions has gone in, before it is dropped: which documents
/// those are, where a partition is not complete.
void publish_parts(Connection& connection, std::span<const std::int64_t> sources);
/// Inside a transaction: all of the partition is in with it, so many bytes. Which documents they were is forgotten.
void complete_partition(Connection& connection, SpanKind kind, std::int64_t source, std::uint64_t size);

/// The URI of partitions of that name, but for their numbers.
std::string partitions_uri(const std::string& name);
struct KnownPartition {
  std::int64_t source = 0;
  std::string uri;
  bool was_in = false;  ///< before the load: all that there is of it
};
/// The partitions of a feed whose URI is that and a number, in order of their numbers, as a load finds them.
std::vector<KnownPartition> read_partitions(Connection& connection, const std::string& feed, const std::string& prefix,
                                            std::int64_t load);

}  // namespace pgfeed
