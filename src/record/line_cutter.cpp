#include "record/line_cutter.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "record/record_format.hpp"
#include "record/record_scanner.hpp"

namespace pgfeed {
namespace {

// A line break is mostly near: a window of this many bytes finds it in one read for documents of up to 64 KiB.
constexpr std::uint64_t kBackwardWindow = 64 * 1024;
// A document longer than a split is searched for its end in larger steps.
constexpr std::uint64_t kForwardWindow = 1024 * 1024;

// A span is read in pieces, so that a line too large is never held whole, and pieces are cut while they are in the
// second-level cache.
constexpr std::uint64_t kSpanPiece = 256 * 1024;

constexpr std::string_view kBecameShorter = "it has become shorter since it was listed";

}  // namespace

LineCutter::LineCutter(const RandomAccess& file, std::uint64_t size, std::uint64_t split_size)
    : LineCutter(file, Span{0, size}, split_size) {}

LineCutter::LineCutter(const RandomAccess& file, Span from, std::uint64_t split_size)
    : file_(file), rest_(from), split_size_(std::max<std::uint64_t>(split_size, 1)) {}

bool LineCutter::next(Span& span) {
  if (rest_.begin >= rest_.end) return false;
  span.begin = rest_.begin;
  if (rest_.end - rest_.begin <= split_size_) {
    span.end = rest_.end;
  } else {
    span.end = last_line_end(rest_.begin, rest_.begin + split_size_);
    if (span.end == rest_.begin) span.end = next_line_end(rest_.begin + split_size_);
  }
  rest_.begin = span.end;
  return true;
}

/// Behind the last line break in [begin, end), or `begin`.
std::uint64_t LineCutter::last_line_end(std::uint64_t begin, std::uint64_t end) {
  while (end > begin) {
    const std::uint64_t count = std::min(kBackwardWindow, end - begin);
    const std::string_view bytes = window(end - count, count);
    const std::size_t found = bytes.rfind('\n');
    if (found != std::string_view::npos) return end - count + found + 1;
    end -= count;
  }
  return begin;
}

/// Behind the first line break from `from` on, or the end.
std::uint64_t LineCutter::next_line_end(std::uint64_t from) {
  while (from < rest_.end) {
    const std::uint64_t count = std::min(kForwardWindow, rest_.end - from);
    const std::size_t found = window(from, count).find('\n');
    if (found != std::string_view::npos) return from + found + 1;
    from += count;
  }
  return rest_.end;
}

std::string_view LineCutter::window(std::uint64_t offset, std::uint64_t count) {
  window_.resize(std::max(window_.size(), static_cast<std::size_t>(count)));
  const std::size_t got = file_.read_at(offset, window_.data(), static_cast<std::size_t>(count));
  if (got != count) throw source_error(file_.source(), kBecameShorter);
  return {window_.data(), got};
}

void read_span(const RandomAccess& file, Span span, RecordBatch& batch, std::uint64_t max_document,
               const std::function<void()>& on_piece) {
  RecordAssembler records(RecordAssembler::kUnlimited, max_document, span.begin);
  LineScanner lines;
  records.start_batch(batch);
  for (std::uint64_t at = span.begin; at < span.end;) {
    const auto count = static_cast<std::size_t>(std::min(kSpanPiece, span.end - at));
    if (file.read_at(at, records.room(count), count) != count) throw source_error(file.source(), kBecameShorter);
    records.arrived(count);
    if (at == 0 && records.unscanned().starts_with(kByteOrderMark)) records.scan_to(kByteOrderMark.size());
    at += count;
    lines.scan(records);
    records.tidy();
    on_piece();
  }
  lines.finish(records);
  records.close_batch(true);
  on_piece();
}

}  // namespace pgfeed
