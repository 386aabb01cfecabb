#pragma once

#include <string>

#include "postgres/connection.hpp"

namespace pgfeed {

/// The schema `pgfeed` of a target database, version 5: who loaded what, and what was refused.
///
///     pgfeed.feeds         a row for each feed: the hash of its mapping as it was last loaded
///     pgfeed.feed_tables   the tables that a feed was loaded into, by OID: one that was made again has lost its rows
///     pgfeed.loads         a row for each load: feed, hash of the mapping, when, by whom, how it ended
///     pgfeed.sources       a row for each source of a feed, and one more for each time it was loaded again on purpose
///     pgfeed.splits        the spans of sources that are in, each committed together with its rows; they cannot overlap
///     pgfeed.late_batches  what became of documents that were tried again apart from their split, such as parked ones
///     pgfeed.rejects       documents that did not go in, and why
///     pgfeed.staged_splits, pgfeed.staged_pieces  splits that wait for the publication of an atomic load
///     pgfeed.parts, pgfeed.staged_parts           which documents of a partition are in, or staged, while not all are
///     pgfeed.streams       the batch of each stream that was published last
///     pgfeed.pending_keys  keys and indexes that a load still has to make on tables that it created

/// A statement about the ledger that is written for a schema `pgfeed`, for one of another name.
std::string in_ledger_schema(std::string sql, const std::string& schema);

bool has_ledger_schema(Connection& connection);

/// Makes the schema if there is none, and brings an older one up to date. Two loads at once wait for each other.
/// Throws Error(database): no right to do it, or a newer version than this program knows.
void create_ledger_schema(Connection& connection);

/// Whether the role may do with the ledger's tables what a load does. Throws Error(database) that says what is missing, and
/// how to grant it.
void require_ledger_rights(Connection& connection);

/// The same schema as SQL, for someone else to run: makes it, or brings an older one up to date, in one statement. `role`:
/// is granted what a load needs of it; empty: no one is.
std::string ledger_ddl(const std::string& schema, const std::string& role);

/// For those who only look: whether there is a ledger. Throws Error(database): it is of another version, newer or older.
bool require_known_ledger(Connection& connection);

/// For what only reads it. Throws Error(database) where there is none, or another version.
void require_ledger_schema(Connection& connection);

}  // namespace pgfeed
