#pragma once

#include <cstdint>
#include <vector>

namespace pgfeed {

/// Bytes [begin, end) of a source, after decompression.
struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  bool operator==(const Span&) const = default;
  [[nodiscard]] std::uint64_t size() const noexcept { return end - begin; }
};

/// Spans in order that do not overlap.
using Spans = std::vector<Span>;

/// What is left of `span` without `taken`, in order.
Spans subtract(Span span, const Spans& taken);

/// What either has; spans that touch or overlap are made one.
Spans unite(const Spans& some, const Spans& others);

/// Bytes in all.
std::uint64_t size_of(const Spans& spans) noexcept;

/// Whether a span of `spans` holds byte `offset`.
bool contains(const Spans& spans, std::uint64_t offset) noexcept;

}  // namespace pgfeed
