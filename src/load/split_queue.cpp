#include "load/split_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "load/source_change.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

/// Leaves the records out that are in.
void drop_committed(RecordBatch& records, const Spans& committed, const Source& source) {
  if (committed.empty()) return;
  for (const Record& record : records.records) require_whole(record, committed, source);
  std::erase_if(records.records, [&](const Record& record) {
    return record.source_size == 0 ? is_between(committed, record.offset) : contains(committed, record.offset);
  });
}

/// Whether lines can be told from here on, and up to here.
bool is_between_lines(const RandomAccess& file, std::uint64_t offset, std::uint64_t size) {
  if (offset == 0 || offset >= size) return true;
  std::array<char, 2> around{};
  return file.read_at(offset - 1, around.data(), around.size()) == around.size() && (around[0] == '\n' || around[1] == '\n');
}

/// Does what reads a source, and then makes sure that it was still what was listed: what a file became in between could be
/// half a document. That it has changed is also the better reason where reading failed.
bool read_unchanged(const OpenSource& open, const std::function<bool()>& work) {
  const auto require = [&open] {
    if (open.file != nullptr) {
      require_unchanged(*open.source, *open.file);
    } else {
      require_unchanged(*open.source, *open.stream);
    }
  };
  bool answer = false;
  try {
    answer = work();
  } catch (const Error&) {
    require();
    throw;
  }
  require();
  return answer;
}

}  // namespace

// Where what is left of a file of lines is not lines, it is to be read from its beginning, to see what they were.
bool can_be_cut(const RandomAccess& file, const std::vector<DocumentStep>& documents, const Spans& left,
                std::uint64_t size) {
  return detect_format(file, documents) == RecordFormat::newline_delimited &&
         std::ranges::all_of(left, [&](const Span& span) {
           return is_between_lines(file, span.begin, size) && is_between_lines(file, span.end, size);
         });
}

bool is_between(const Spans& committed, std::uint64_t offset) noexcept {
  return contains(committed, offset) && (offset == 0 || contains(committed, offset - 1));
}

void require_whole(const Record& record, const Spans& committed, const Source& source) {
  const Span span{record.offset, record.offset + record.source_size};
  const Spans left = subtract(span, committed);
  if (left.empty() || left.front() == span) return;
  throw source_error(source, fmt::format("some of it is in already, but that ends inside the document at byte {}: was it "
                                         "loaded with another path to its documents? --reload loads all of it again",
                                         record.offset));
}

std::int64_t Split::line_of(const Record& record) const {
  return source->lines == nullptr ? record.line : source->lines->line_at(records.begin) + record.line - 1;
}

void Split::read(std::uint64_t max_document, const std::function<void()>& on_piece) {
  if (source->file == nullptr) return on_piece();
  // The cutter is the queue's, under its lock.
  read_unchanged(*source, [&] {
    read_span(*source->file, spans.front(), records, max_document, on_piece);
    return true;
  });
}

void Split::read_text_again(std::uint64_t max_document, std::size_t size) {
  if (has_text) return;
  const Span span{records.begin, records.end};
  if (source->file == nullptr) {
    source->file = open_random_access(*source->source);
    source->lines = std::make_unique<LineIndex>(*source->file);
  }
  read_span(*source->file, span, records, max_document, [] {});
  if (records.bytes.size() < size) throw source_error(*source->source, "it has changed since it was staged");
  has_text = true;
}

SplitQueue::SplitQueue(std::vector<PlannedSource> sources, std::vector<DocumentStep> documents, const LoadOptions& options)
    : sources_(std::move(sources)), documents_(std::move(documents)), options_(options), left_(options.limit) {}

bool SplitQueue::next(Split& split) {
  const std::lock_guard lock(mutex_);
  split.records.clear();
  for (;;) {
    if (left_ == 0 || (open_ == nullptr && !open_next())) return false;
    split.source = open_;
    if (open_->file != nullptr ? next_of_file(split) : next_of_stream(split)) return true;
    if (left_ != 0) close_current();
  }
}

/// The next span of what is left of a file.
bool SplitQueue::next_of_file(Split& split) {
  Span span;
  while (open_->cutter == nullptr || !read_unchanged(*open_, [&] { return open_->cutter->next(span); })) {
    if (open_->left.empty()) return false;
    open_->cutter = std::make_unique<LineCutter>(*open_->file, open_->left.front(), options_.split_size);
    open_->left.erase(open_->left.begin());
  }
  split.spans = {span};
  return true;
}

/// The next batch of a stream of which not all is in. Documents that are in count for the limit.
bool SplitQueue::next_of_stream(Split& split) {
  RecordBatch& records = split.records;
  while (left_ != 0 && read_unchanged(*open_, [&] { return open_->reader->next(records); })) {
    take_limited(records);
    open_->end = records.end;
    split.spans = subtract({records.begin, records.end}, open_->committed);
    if (!split.spans.empty() || records.begin == records.end) {
      drop_committed(records, open_->committed, *open_->source);
      return true;
    }
  }
  return false;
}

/// The open source has come to its end: what it did not hold is noted.
void SplitQueue::close_current() {
  const bool is_stream = open_->file == nullptr;
  if (is_stream) findings_.ends.push_back({open_->entry, static_cast<std::int64_t>(open_->end)});
  if (is_stream && open_->reader->top_level_values() > 0 && open_->reader->documents() == 0)
    findings_.without_documents.push_back(open_->source->path);
  const bool is_empty = is_stream ? open_->reader->top_level_values() == 0 : open_->source->size == 0;
  if (is_empty) findings_.empty.push_back(open_->source->path == "-" ? "standard input" : open_->source->path);
  open_ = nullptr;
}

/// With a limit, documents are counted off as they are read.
void SplitQueue::take_limited(RecordBatch& records) {
  if (left_ < 0) return;
  if (static_cast<std::int64_t>(records.records.size()) > left_) {
    records.records.resize(static_cast<std::size_t>(left_));
    records.end = records.records.back().offset + records.records.back().source_size;
  }
  left_ -= static_cast<std::int64_t>(records.records.size());
}

bool SplitQueue::open_next() {
  if (next_source_ == sources_.size()) return false;
  const PlannedSource& planned = sources_[next_source_++];
  const Source& source = *planned.source;
  // Kept only once it is whole: where opening it fails, another worker may still ask for its next split.
  auto opened = std::make_shared<OpenSource>();
  opened->source = &source;
  opened->entry = planned.entry;
  opened->committed = planned.committed;
  if (source.seekable && left_ < 0) {
    opened->file = open_random_access(source);
    const auto size = static_cast<std::uint64_t>(source.size);
    opened->left = subtract({0, size}, opened->committed);
    if (read_unchanged(*opened, [&] { return can_be_cut(*opened->file, documents_, opened->left, size); })) {
      opened->lines = std::make_unique<LineIndex>(*opened->file);
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
