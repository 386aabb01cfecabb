#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "record/document_step.hpp"
#include "record/record_batch.hpp"
#include "record/record_format.hpp"
#include "record/record_scanner.hpp"
#include "source/source.hpp"

namespace pgfeed {

/// Cuts a stream of JSON in any format into batches of whole documents as it is read, for what can't be cut in
/// advance: pipes, documents without line breaks between them, arrays, one large object with the documents inside.
///
/// Holds at most a batch, the part of a document that is read already, and a piece of 256 KiB (1 MiB at the start), however
/// large the source, its top-level values, and its documents are. Where the cuts fall depends on the bytes and the sizes
/// only, not on how many bytes each read returns. Not thread-safe.
class StreamCutter {
 public:
  /// `stream` must outlive the cutter. A batch covers at most `split_size` bytes of the source, more only for a single
  /// document. Of a document over `max_document` bytes only the first are kept. `path` leads from each top-level value to
  /// its documents. Without `format` the first `head_bytes` tell it (see detect_format; lines that are shared by a few
  /// documents are taken as a sequence, so that each is a record);
  /// with it they are still looked at for what is not text. At least 3, or a byte order mark is overlooked.
  StreamCutter(ByteStream& stream, std::uint64_t split_size, std::uint64_t max_document, std::vector<DocumentStep> path,
               std::optional<RecordFormat> format = std::nullopt, std::size_t head_bytes = kHeadBytes);

  /// Fills the next batch; `Record::line` is the line of the source. False at the end: all of the source is
  /// covered. The last batch may hold no record (white space, or values without documents). Blocks while the stream does.
  /// Throws Error(source) as the stream does, and for what is not text; the cutter is of no use afterwards.
  bool next(RecordBatch& batch);

  /// Top-level values begun, and documents in batches, so far: with many of the one and none of the other, the path is
  /// probably wrong.
  [[nodiscard]] std::uint64_t top_level_values() const noexcept { return scanner_ ? scanner_->top_level_values() : 0; }
  [[nodiscard]] std::uint64_t documents() const noexcept { return documents_; }
  /// Known after the first `next`.
  [[nodiscard]] std::optional<RecordFormat> format() const noexcept { return format_; }

 private:
  void read_head();
  bool read_piece(std::size_t count);
  void fill();

  ByteStream& stream_;
  std::vector<DocumentStep> path_;
  std::optional<RecordFormat> format_;
  std::size_t head_bytes_;
  RecordAssembler records_;
  std::unique_ptr<RecordScanner> scanner_;  ///< once the format is known
  bool stream_ended_ = false;
  bool finished_ = false;  ///< the scanner has nothing more to add
  std::uint64_t documents_ = 0;
};

}  // namespace pgfeed
