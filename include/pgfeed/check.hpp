#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pgfeed {

struct CheckOptions {
  std::string mapping;       ///< path of the mapping file
  std::string mapping_text;  ///< as in LoadOptions
  SessionOptions session;    ///< only the catalog is asked
  std::vector<std::string> sources;
  std::string documents;
  std::int64_t limit = 100;     ///< check at most so many documents, in listing order; -1: all
  double sample_percent = 100;  ///< check only this share of the documents, spread evenly; `limit` counts those of the share
  std::uint64_t max_document = 16U << 20;
  std::size_t max_depth = 512;
  bool strict_json = false;
};

/// A row as it would go in: column and value as text, for the columns that are filled. No value: NULL.
using CheckRow = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct CheckTable {
  std::string name;
  bool is_there = false;  ///< in the database; else pgfeed would create it
  std::int64_t rows = 0;  ///< of all documents that were looked at, before rows with equal keys become one
  std::vector<CheckRow> first_rows;
};

struct CheckReport {
  std::string feed;
  std::string database;
  std::int64_t read = 0;
  std::int64_t loaded = 0;  ///< would be, into tables without rows, as far as can be told without the server's checks
  std::int64_t skipped = 0;
  std::vector<CheckTable> tables;
  std::vector<RejectReport> rejects;  ///< each of them
  std::vector<std::string> warnings;
};

/// Reads some documents and makes the rows that a load would send; writes nothing, neither to the database nor elsewhere.
/// Documents are compared with one another, not with what is in the tables: keys by their bytes, within each 32 MiB.
/// `shown_rows`: how many rows of each table are kept in the report.
/// Throws Error(mapping), Error(source), Error(database).
CheckReport check(const CheckOptions& options, std::size_t shown_rows);

}  // namespace pgfeed
