#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/connection.hpp"

namespace pgfeed {

enum class RejectState : std::uint8_t {
  rejected,
  parked,   ///< its parent row may still come
  stopped,  ///< one of those that ended the load; its split was not loaded
};

/// A row of `pgfeed.rejects`. The views must live until it is written.
struct RejectRow {
  std::string_view source;
  std::int64_t offset = 0;
  std::int64_t line = -1;  ///< -1: NULL
  std::string_view table;  ///< empty: NULL, as for column and sqlstate
  std::string_view column;
  std::string_view reason;
  std::string_view sqlstate;
  std::string_view document;        ///< as much of it as is kept, raw
  std::uint64_t document_size = 0;  ///< bytes in the source
  RejectState state = RejectState::rejected;
};

/// As the table has it.
const char* name_of(RejectState state) noexcept;
/// Whether a document can be kept as it is: UTF-8 without a NUL byte. Any other is kept in base64.
bool is_text(std::string_view bytes) noexcept;

/// Inside a transaction: writes rejects. A document that is not UTF-8, or has a NUL byte, is kept in base64.
void insert_rejects(Connection& connection, std::int64_t load, const std::string& feed, std::span<const RejectRow> rejects);

/// A parked document, to be tried again.
struct ParkedDocument {
  std::int64_t id = 0;
  std::string source;
  std::int64_t offset = 0;
  std::int64_t line = -1;
  std::string document;
};

/// The greatest id among the parked documents of a load; 0: there are none.
std::int64_t last_parked(Connection& connection, std::int64_t load);
/// Parked documents of a load with an id above `after` and up to `last`, in order of it; at most `count`.
std::vector<ParkedDocument> read_parked(Connection& connection, std::int64_t load, std::int64_t after, std::int64_t last,
                                        int count);
/// Inside a transaction: takes documents out of the parked ones.
void delete_parked(Connection& connection, std::span<const ParkedDocument> documents);

/// Error(source), with the system's reason.
Error cannot_write_rejects(const std::string& path);
/// Throws Error(source) when a file for rejects can't be written: to be told before a load, not after it.
void require_rejects_file(const std::string& path);
/// Writes the rejects of a load to a file as newline-delimited JSON, one object each, in order of source and offset.
/// Returns how many. Throws Error(source) when the file can't be written.
std::int64_t export_rejects(Connection& connection, std::int64_t load, const std::string& path);

}  // namespace pgfeed
