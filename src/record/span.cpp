#include "record/span.hpp"

#include <algorithm>

namespace pgfeed {

Spans subtract(Span span, const Spans& taken) {
  Spans left;
  for (const Span& other : taken) {
    if (other.end <= span.begin) continue;
    if (other.begin >= span.end) break;
    if (other.begin > span.begin) left.push_back({span.begin, other.begin});
    span.begin = std::min(other.end, span.end);
  }
  if (span.begin < span.end) left.push_back(span);
  return left;
}

Spans unite(const Spans& some, const Spans& others) {
  Spans all = some;
  all.insert(all.end(), others.begin(), others.end());
  std::ranges::sort(all, {}, &Span::begin);
  Spans united;
  for (const Span& span : all) {
    if (!united.empty() && span.begin <= united.back().end) {
      united.back().end = std::max(united.back().end, span.end);
    } else {
      united.push_back(span);
    }
  }
  return united;
}

std::uint64_t size_of(const Spans& spans) noexcept {
  std::uint64_t size = 0;
  for (const Span& span : spans) size += span.size();
  return size;
}

bool contains(const Spans& spans, std::uint64_t offset) noexcept {
  const auto next = std::ranges::upper_bound(spans, offset, {}, &Span::begin);
  return next != spans.begin() && offset < std::prev(next)->end;
}

}  // namespace pgfeed
