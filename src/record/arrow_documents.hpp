#pragma once

#include <cstdint>
#include <memory>

#include "record/arrow_abi.hpp"
#include "record/padded_bytes.hpp"

namespace pgfeed {

class ArrowColumn;

/// Makes documents of Arrow record batches: each row an object with the names of the columns, one JSON text in UTF-8
/// (RFC 8259) without a line break of its own.
///
/// Written so that PostgreSQL gets the value that Arrow has:
/// - integers and decimals with all their digits; floats as the shortest number that is read back as the same, `"NaN"`,
///   `"Infinity"`, `"-Infinity"`;
/// - binary as `"\\x00ff"`, which a bytea takes with `bytes: hex`; `arrow.uuid` as a UUID;
/// - dates, times and timestamps in ISO 8601 with six digits of a second, or nine where nanoseconds need them, ` BC` behind
///   those before our era; a timestamp with a zone in UTC with `Z`;
/// - durations and intervals as ISO 8601 durations with signed parts;
/// - lists as arrays, structs as objects, maps as objects with their keys as strings;
/// - `arrow.json` as it is, or, where it is not JSON, so that the document is not either;
/// - dictionaries, run ends and other extensions as what they stand for.
/// Text is not checked: what is not UTF-8 is left for who reads the document to refuse.
///
/// Buffers are trusted, as the interface has it. Allocates nothing per value beyond what the bytes grow, but for keys of
/// maps that are not text. Not thread-safe.
class ArrowDocuments {
 public:
  /// Of the schema of a record batch, which is a struct, and which is not needed any more afterwards.
  /// Throws Error(source), naming the column and its type, for a union or a type that is unknown.
  explicit ArrowDocuments(const ArrowSchema& schema);
  ~ArrowDocuments();
  ArrowDocuments(ArrowDocuments&&) noexcept;
  ArrowDocuments& operator=(ArrowDocuments&&) noexcept;

  /// Sets the batch that the next rows are of, of the same schema. It must not be released before they are written.
  /// Throws Error(source) where columns are missing.
  void bind(const ArrowArray& batch);
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// Appends a row of the batch, from 0 and below rows(). One that is null as a whole is `null`.
  void append(std::int64_t row, PaddedBytes& out) const;

 private:
  std::unique_ptr<ArrowColumn> columns_;
  std::int64_t rows_ = 0;
};

}  // namespace pgfeed
