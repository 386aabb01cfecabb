#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "record/document_texts.hpp"
#include "record/padded_bytes.hpp"

namespace pgfeed {

/// What is wrong with a record before anyone reads it.
enum class RecordFault : std::uint8_t {
  none,
  too_large,  ///< longer than the largest document
  truncated,  ///< the source ends inside it, or (an empty record at its end) inside what holds the documents
  garbage,    ///< bytes between documents that begin none
};

/// Bytes that are kept of a record that is too large, unless the largest document is smaller still.
inline constexpr std::size_t kKeptOfTooLarge = 64 * 1024;

/// Where one document lies.
struct Record {
  std::size_t begin = 0;     ///< in the batch's bytes
  std::size_t size = 0;      ///< bytes there; of a record that is too large only the first are kept
  std::uint64_t offset = 0;  ///< in the source, after decompression, from 0
  std::int64_t line = 0;     ///< from 1: of the source in a batch of StreamCutter, of the span in one of read_span
  RecordFault fault = RecordFault::none;
  std::uint64_t source_size = 0;  ///< bytes in the source
  bool is_row = false;            ///< its bytes are no text, but the row of the only table, in COPY's binary form
};

/// Documents that were handed over as rows.
struct HandedRows {
  std::int64_t first_line = 0;  ///< of the first one
  std::shared_ptr<const DocumentTexts> texts;
};

/// A run of whole documents: a split, read.
///
/// After any record, PaddedBytes::kPadding bytes may be read (the next record's, or padding).
struct RecordBatch {
  PaddedBytes bytes;
  std::vector<Record> records;  ///< in the order of the source
  std::uint64_t begin = 0;      ///< the span of the source that is covered: consecutive batches touch
  std::uint64_t end = 0;
  std::vector<HandedRows> handed;  ///< those that records are of which are rows, by their first lines

  [[nodiscard]] std::string_view text(const Record& record) const noexcept { return bytes.view(record.begin, record.size); }
  /// Appends the text of a record that is a row.
  void put_text_of_row(std::int64_t line, PaddedBytes& out) const {
    const HandedRows& of = *std::prev(std::ranges::upper_bound(handed, line, {}, &HandedRows::first_line));
    of.texts->append(line - of.first_line, out);
  }
  /// Keeps the memory.
  void clear() noexcept {
    bytes.clear();
    records.clear();
    handed.clear();
    begin = end = 0;
  }
};

/// How many bytes of a record too large are kept.
constexpr std::size_t kept_of_too_large(std::uint64_t max_document) noexcept {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kKeptOfTooLarge, max_document));
}

}  // namespace pgfeed
