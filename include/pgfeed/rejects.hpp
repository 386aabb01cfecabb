#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pgfeed/load.hpp>
#include <pgfeed/reject_filter.hpp>
#include <pgfeed/session.hpp>

namespace pgfeed {

/// A row of `pgfeed.rejects`, but for its document.
struct KeptReject {
  std::int64_t reject = 0;
  std::int64_t load = 0;
  std::string feed;
  std::string state;
  RejectReport report;
  std::int64_t document_size = 0;
  std::int64_t tries = 0;
  std::string rejected_at;      ///< ISO 8601
  std::int64_t settled_by = 0;  ///< load; 0: it is not settled, or someone has done it by hand
  std::string settled_at;       ///< ISO 8601, or empty
};

/// How many were rejected for one thing.
struct RejectGroup {
  std::int64_t count = 0;
  std::string state;
  std::string table;
  std::string column;
  std::string sqlstate;
  std::string reason;  ///< of the newest of them
};

struct RejectList {
  std::string database;     ///< for a person
  std::string schema;       ///< of the ledger
  bool has_ledger = false;  ///< else there are none
  std::int64_t total = 0;
  std::vector<RejectGroup> groups;  ///< the largest first
  std::vector<KeptReject> rejects;  ///< the newest first; no more than were asked for
};

/// What is kept in `pgfeed.rejects`, at most `limit` in full. Writes nothing. Throws Error(database).
RejectList list_rejects(const SessionOptions& session, const RejectFilter& filter, std::int64_t limit);

/// Writes rejects with their documents to a file, or with "-" to standard output, as newline-delimited JSON. Returns how
/// many. Throws Error(database), and Error(source) where the file can't be written.
std::int64_t export_rejects(const SessionOptions& session, const RejectFilter& filter, const std::string& path);

}  // namespace pgfeed
