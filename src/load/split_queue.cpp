#include "load/split_queue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "source/local_files.hpp"

namespace pgfeed {

std::int64_t Split::line_of(const Record& record) const {
  return source->lines == nullptr ? record.line : source->lines->line_at(records.begin) + record.line - 1;
}

void Split::read(std::uint64_t max_document, const std::function<void()>& on_piece) {
  if (source->cutter != nullptr) {
    read_span(*source->file, span, records, max_document, on_piece);
  } else {
    on_piece();
  }
}

SplitQueue::SplitQueue(const std::vector<Source>& sources, std::vector<DocumentStep> documents, const LoadOptions& options)
    : sources_(sources), documents_(std::move(documents)), options_(options), left_(options.limit) {}

bool SplitQueue::next(Split& split) {
  const std::lock_guard lock(mutex_);
  split.records.clear();
  for (;;) {
    if (left_ == 0 || (open_ == nullptr && !open_next())) return false;
    split.source = open_;
    if (open_->cutter != nullptr) {
      if (open_->cutter->next(split.span)) return true;
    } else {
      if (open_->reader->next(split.records)) return take_limited(split.records);
    }
    close_current();
  }
}

/// The open source has come to its end: what it did not hold is noted.
void SplitQueue::close_current() {
  const bool is_stream = open_->cutter == nullptr;
  if (is_stream && open_->reader->top_level_values() > 0 && open_->reader->documents() == 0)
    without_documents_.push_back(open_->source->path);
  const bool is_empty = is_stream ? open_->reader->top_level_values() == 0 : open_->source->size == 0;
  if (is_empty) empty_.push_back(open_->source->path == "-" ? "standard input" : open_->source->path);
  open_ = nullptr;
}

std::vector<std::string> SplitQueue::warnings_about_empty_sources() const {
  std::vector<std::string> warnings;
  for (const std::string& name : empty_) warnings.push_back(fmt::format("{} is empty", name));
  return warnings;
}

/// With a limit, documents are counted off as they are read.
bool SplitQueue::take_limited(RecordBatch& records) {
  if (left_ < 0) return true;
  if (static_cast<std::int64_t>(records.records.size()) > left_) {
    records.records.resize(static_cast<std::size_t>(left_));
    records.end = records.records.back().offset + records.records.back().source_size;
  }
  left_ -= static_cast<std::int64_t>(records.records.size());
  return true;
}

bool SplitQueue::open_next() {
  if (next_source_ == sources_.size()) return false;
  const Source& source = sources_[next_source_++];
  // Kept only once it is whole: where opening it fails, another worker may still ask for its next split.
  auto opened = std::make_shared<OpenSource>();
  opened->source = &source;
  if (source.seekable && left_ < 0) {
    opened->file = open_random_access(source);
    if (detect_format(*opened->file, documents_) == RecordFormat::newline_delimited) {
      opened->lines = std::make_unique<LineIndex>(*opened->file);
      opened->cutter =
          std::make_unique<LineCutter>(*opened->file, static_cast<std::uint64_t>(source.size), options_.split_size);
      open_ = std::move(opened);
      return true;
    }
    opened->file = nullptr;
  }
  opened->stream = open_stream(source);
  opened->reader = std::make_unique<StreamCutter>(*opened->stream, options_.split_size, options_.max_document, documents_);
  open_ = std::move(opened);
  return true;
}

}  // namespace pgfeed
