#include "record/stream_cutter.hpp"

#include <algorithm>
#include <utility>

namespace pgfeed {
namespace {

// Small enough to be still in the second-level cache when it is scanned, large enough that calls do not count.
constexpr std::size_t kPiece = 256 * 1024;

bool is_document(const Record& record) noexcept { return record.fault != RecordFault::garbage && record.source_size != 0; }

std::unique_ptr<RecordScanner> make_scanner(RecordFormat format, std::vector<DocumentStep> path) {
  if (path.empty() && format == RecordFormat::newline_delimited) return std::make_unique<LineScanner>();
  const bool elements = path.empty() && format == RecordFormat::array;
  if (elements) path.push_back({true, ""});
  return std::make_unique<DocumentScanner>(std::move(path), elements);
}

}  // namespace

StreamCutter::StreamCutter(ByteStream& stream, std::uint64_t split_size, std::uint64_t max_document,
                           std::vector<DocumentStep> path, std::optional<RecordFormat> format, std::size_t head_bytes)
    : stream_(stream),
      path_(std::move(path)),
      format_(format),
      head_bytes_(head_bytes),
      records_(split_size, max_document) {}

bool StreamCutter::next(RecordBatch& batch) {
  records_.start_batch(batch);
  if (!scanner_) read_head();
  fill();
  records_.close_batch(finished_ && !records_.full());
  documents_ += static_cast<std::uint64_t>(std::ranges::count_if(batch.records, is_document));
  return batch.end != batch.begin || !batch.records.empty();
}

void StreamCutter::fill() {
  for (;;) {
    if (!records_.full()) scanner_->scan(records_);
    if (records_.full()) return;
    records_.tidy();
    if (records_.enough()) return;
    if (stream_ended_) break;
    read_piece(kPiece);
  }
  while (!finished_ && !records_.full()) finished_ = scanner_->finish(records_);
}

void StreamCutter::read_head() {
  while (records_.size() < head_bytes_ && read_piece(head_bytes_ - records_.size())) {}
  const std::string_view head = records_.unscanned();
  if (format_) {
    require_text(head, stream_.source());
  } else {
    format_ = detect_format(head, stream_ended_, path_, stream_.source());
    // A stream gains nothing from lines, and where documents share them, only a sequence has one record for each.
    if (format_ == RecordFormat::newline_delimited && shares_lines(head, stream_ended_)) format_ = RecordFormat::sequence;
  }
  if (head.starts_with(kByteOrderMark)) records_.scan_to(kByteOrderMark.size());
  scanner_ = make_scanner(*format_, path_);
}

/// False at the end of the stream.
bool StreamCutter::read_piece(std::size_t count) {
  const std::size_t got = stream_.read(records_.room(count), count);
  records_.arrived(got);
  stream_ended_ = got == 0;
  return got != 0;
}

}  // namespace pgfeed
