#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "record/record_batch.hpp"

namespace pgfeed {

/// Gathers records in batches while bytes arrive in pieces; what LineScanner and DocumentScanner write to.
///
/// Positions are places in the batch's bytes. Those in [scan(), size()) are not looked at yet; they and the ones
/// of an open record are contiguous in the source. Of what lies before, only records are kept: a piece without any costs no
/// memory, and no more is held of a record too large than one piece and its first bytes.
///
/// The order of calls: `start_batch`, then { `room`, `arrived`, a scanner, `tidy` } until `full()`, `enough()` or
/// the end of the source, then `close_batch`.
class RecordAssembler {
 public:
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  /// `budget`: bytes of the source in a batch, more only for a single record. Counts offsets from `begin`.
  RecordAssembler(std::uint64_t budget, std::uint64_t max_document, std::uint64_t begin = 0);

  void start_batch(RecordBatch& batch);
  char* room(std::size_t count) { return batch_->bytes.room(count); }
  void arrived(std::size_t count) noexcept;
  /// Drops what is not needed any more. All bytes must have been scanned.
  void tidy();
  /// Whether the batch has records and no more may be added.
  [[nodiscard]] bool full() const noexcept { return full_; }
  /// Whether the batch has records and none that is not ended yet would fit.
  [[nodiscard]] bool enough() const noexcept;
  /// Ends the batch behind its last record or, at the `end_of_source`, there. What is left goes to the next batch.
  void close_batch(bool end_of_source);

  [[nodiscard]] const char* data() const noexcept { return batch_->bytes.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return batch_->bytes.size(); }
  [[nodiscard]] std::size_t scan() const noexcept { return scan_; }
  [[nodiscard]] std::string_view unscanned() const noexcept { return batch_->bytes.view(scan_, size() - scan_); }
  void scan_to(std::size_t position) noexcept { scan_ = position; }

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  /// The bytes of the open record that are here.
  [[nodiscard]] std::string_view open_text() const noexcept {
    return batch_->bytes.view(opened_.begin, size() - opened_.begin);
  }
  /// Opens a record at scan().
  void open_record();
  /// Ends the open record at `position`. Where `trimmed`, white space at its ends is no part of it, and if there is
  /// nothing else, it is none. What follows in the source begins at `next`.
  void end_record(std::size_t position, RecordFault fault, bool trimmed, std::size_t next);
  /// Adds a record without bytes at the end.
  void add_empty_record(RecordFault fault);
  /// Says that there is one line break in [last one told or counted, position], and it is at `position`.
  void newline_at(std::size_t position) noexcept;

  /// Bytes of the source that were scanned, from offset 0.
  [[nodiscard]] std::uint64_t scanned() const noexcept { return offset_of(scan_); }

 private:
  struct Ended {
    Record record;
    std::uint64_t next = 0;
  };

  [[nodiscard]] std::uint64_t offset_of(std::size_t position) const noexcept { return end_offset_ - (size() - position); }
  [[nodiscard]] std::size_t end_of_kept() const noexcept;
  void count_lines_to(std::size_t position) noexcept;
  void skip_space_before(std::size_t end) noexcept;
  void add(const Ended& ended);

  std::uint64_t budget_;
  std::uint64_t max_document_;
  RecordBatch* batch_ = nullptr;
  PaddedBytes carried_;         ///< bytes for the next batch
  std::uint64_t begin_offset_;  ///< of the batch
  std::uint64_t next_offset_;   ///< behind the last record of the batch
  std::uint64_t end_offset_;    ///< of the source, at the end of the bytes
  std::size_t scan_ = 0;
  std::size_t counted_ = 0;  ///< line breaks before this position are in line_
  std::int64_t line_ = 1;
  bool full_ = false;
  bool open_ = false;
  bool shortened_ = false;        ///< the open record is too large and only its first bytes are here
  Record opened_;                 ///< of the open record: begin, offset, line; size once it was shortened
  std::optional<Ended> pending_;  ///< ended, but one too many for this batch
};

}  // namespace pgfeed
