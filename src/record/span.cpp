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

bool contains(const Spans& spans, std::uint64_t offset) noexcept {
  const auto next = std::ranges::upper_bound(spans, offset, {}, &Span::begin);
  return next != spans.begin() && offset < std::prev(next)->end;
}

}  // namespace pgfeed
