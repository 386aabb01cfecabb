#pragma once

#include <cstdint>
#include <optional>
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
  settled,  ///< it is in after all
};
/// As the column has it.
const char* name_of(RejectState state) noexcept;

/// Some of the rows of `pgfeed.rejects r`.
struct KeptSelection {
  std::string condition;
  std::vector<std::optional<std::string>> values;  ///< of $1, $2, …; none: NULL
};
/// The values as parameters; valid as long as the selection.
std::vector<Parameter> parameters_of(const KeptSelection& selection);

/// Whether a document can be kept as text: it is UTF-8 and has no NUL byte.
bool is_text(std::string_view bytes) noexcept;

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

/// Inside a transaction: writes rejects. A document that is not UTF-8, or has a NUL byte, is kept in base64.
void insert_rejects(Connection& connection, std::int64_t load, const std::string& feed, std::span<const RejectRow> rejects);

/// Error(source), with the system's reason.
Error cannot_write_rejects(const std::string& path);
/// Inside a transaction: of these bytes of a source, by its number in the ledger and its URI, those where a reject without
/// bytes is kept of this generation of it. Waits for others that have asked and are not done, so that one of them writes it.
std::vector<std::int64_t> find_empty_rejects(Connection& connection, std::int64_t source, std::string_view uri,
                                             std::span<const std::int64_t> offsets);

/// Throws Error(source) when a file for rejects can't be written: to be told before a load, not after it.
void require_rejects_file(const std::string& path);
/// Writes rejects to a file, or with "-" to standard output, as newline-delimited JSON, one object each, in order of source
/// and offset. Returns how many. Throws Error(source) when the file can't be written.
std::int64_t export_rejects(Connection& connection, const KeptSelection& rejects, const std::string& path);

}  // namespace pgfeed
