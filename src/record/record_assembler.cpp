#include "record/record_assembler.hpp"

#include <cstring>
#include <utility>

#include "record/value_scanner.hpp"

namespace pgfeed {
namespace {

// Bytes between records are closed up when there are more of them than this; moving costs more than a small hole.
constexpr std::size_t kLargestHole = 64 * 1024;

// A batch of documents of two bytes each would be mostly Records: no more of them than 48 MiB.
constexpr std::size_t kMostRecords = 1024 * 1024;

// White space behind a document is no part of it, but is held until its line ends: for a line break's `\r`, and no more
// than this, so that a line of blanks can't fill the memory.
constexpr std::uint64_t kMostSpaceBehind = 64;

bool is_space(char byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

}  // namespace

RecordAssembler::RecordAssembler(std::uint64_t budget, std::uint64_t max_document, std::uint64_t begin)
    : budget_(budget), max_document_(max_document), begin_offset_(begin), next_offset_(begin), end_offset_(begin) {}

void RecordAssembler::start_batch(RecordBatch& batch) {
  batch.clear();
  batch_ = &batch;
  batch.bytes.put(carried_.view());
  batch.begin = begin_offset_ = next_offset_;
  full_ = false;
  if (pending_) add(*std::exchange(pending_, std::nullopt));
}

void RecordAssembler::arrived(std::size_t count) noexcept {
  batch_->bytes.advance(count);
  end_offset_ += count;
}

std::size_t RecordAssembler::end_of_kept() const noexcept {
  return batch_->records.empty() ? 0 : batch_->records.back().begin + batch_->records.back().size;
}

void RecordAssembler::tidy() {
  count_lines_to(size());
  PaddedBytes& bytes = batch_->bytes;
  const std::size_t kept = end_of_kept();
  if (!open_) {
    bytes.truncate(kept);
  } else {
    if (!shortened_) skip_space_before(size());
    if (!shortened_ && end_offset_ - opened_.offset > max_document_ + kMostSpaceBehind) {
      shortened_ = true;
      opened_.size = kept_of_too_large(max_document_);
    }
    if (shortened_) bytes.truncate(opened_.begin + opened_.size);
    if (opened_.begin - kept > kLargestHole) {
      const std::size_t length = bytes.size() - opened_.begin;
      std::memmove(bytes.data() + kept, bytes.data() + opened_.begin, length);
      bytes.truncate(kept + length);
      opened_.begin = kept;
    }
  }
  scan_ = counted_ = bytes.size();
}

bool RecordAssembler::enough() const noexcept {
  return !batch_->records.empty() && offset_of(scan_) - begin_offset_ > budget_;
}

void RecordAssembler::close_batch(bool end_of_source) {
  PaddedBytes& bytes = batch_->bytes;
  std::size_t tail = scan_;
  if (pending_) {
    tail = pending_->record.begin;
    pending_->record.begin = 0;
  } else if (open_) {
    tail = std::exchange(opened_.begin, 0);
  } else if (end_of_source) {
    next_offset_ = end_offset_;
  }
  count_lines_to(tail);
  carried_.clear();
  carried_.put(bytes.view(tail, bytes.size() - tail));
  bytes.truncate(tail);
  bytes.reserve(tail);
  scan_ -= tail;
  counted_ -= tail;
  batch_->end = next_offset_;
  batch_ = nullptr;
}

void RecordAssembler::open_record() {
  count_lines_to(scan_);
  open_ = true;
  shortened_ = false;
  opened_ = {scan_, 0, offset_of(scan_), line_, RecordFault::none, 0};
}

void RecordAssembler::end_record(std::size_t position, RecordFault fault, bool trimmed, std::size_t next) {
  open_ = false;
  if (!shortened_) skip_space_before(position);
  if (trimmed && !shortened_ && opened_.begin == position) return;
  Record record = opened_;
  record.fault = fault;
  record.source_size = offset_of(position) - opened_.offset;
  if (trimmed && record.source_size <= max_document_ + kMostSpaceBehind) {  // so it is here whole
    while (is_space(data()[position - 1])) --position;
    record.source_size = offset_of(position) - opened_.offset;
  }
  if (record.source_size <= max_document_) {
    record.size = position - opened_.begin;
  } else {
    if (fault != RecordFault::garbage) record.fault = RecordFault::too_large;
    record.size = kept_of_too_large(max_document_);
  }
  add({record, offset_of(next)});
}

/// Leaves out the white space at the front of the open record, up to `end`.
void RecordAssembler::skip_space_before(std::size_t end) noexcept {
  const std::size_t begin = opened_.begin;
  while (opened_.begin < end && is_space(data()[opened_.begin])) ++opened_.begin;
  opened_.offset += opened_.begin - begin;
}

void RecordAssembler::add_empty_record(RecordFault fault) {
  count_lines_to(size());
  add({{size(), 0, end_offset_, line_, fault, 0}, end_offset_});
}

void RecordAssembler::add(const Ended& ended) {
  if (!batch_->records.empty() && ended.next - begin_offset_ > budget_) {
    pending_ = ended;
    full_ = true;
    return;
  }
  batch_->records.push_back(ended.record);
  next_offset_ = ended.next;
  full_ = budget_ != kUnlimited && (ended.next - begin_offset_ >= budget_ || batch_->records.size() >= kMostRecords);
}

void RecordAssembler::newline_at(std::size_t position) noexcept {
  ++line_;
  counted_ = position + 1;
}

void RecordAssembler::count_lines_to(std::size_t position) noexcept {
  if (position <= counted_) return;
  line_ += static_cast<std::int64_t>(count_newlines({data() + counted_, position - counted_}));
  counted_ = position;
}

}  // namespace pgfeed
