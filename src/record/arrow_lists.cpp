#include <charconv>
#include <utility>

#include "record/arrow_columns.hpp"

namespace pgfeed {
namespace {

/// Elements [begin, end) of the child.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// List and LargeList: each begins where the one before it ends.
template <class Offset>
class OffsetRanges {
 public:
  void bind(const ArrowArray& array) noexcept { offsets_ = array.buffers[1]; }
  [[nodiscard]] Range at(std::int64_t place) const noexcept {
    return {arrow_element<Offset>(offsets_, place), arrow_element<Offset>(offsets_, place + 1)};
  }

 private:
  const void* offsets_ = nullptr;
};

/// ListView and LargeListView.
template <class Offset>
class ViewRanges {
 public:
  void bind(const ArrowArray& array) noexcept {
    offsets_ = array.buffers[1];
    sizes_ = array.buffers[2];
  }
  [[nodiscard]] Range at(std::int64_t place) const noexcept {
    const std::int64_t begin = arrow_element<Offset>(offsets_, place);
    return {begin, begin + arrow_element<Offset>(sizes_, place)};
  }

 private:
  const void* offsets_ = nullptr;
  const void* sizes_ = nullptr;
};

class FixedRanges {
 public:
  explicit FixedRanges(std::int32_t size) noexcept : size_(size) {}
  void bind(const ArrowArray&) noexcept {}
  [[nodiscard]] Range at(std::int64_t place) const noexcept { return {place * size_, (place + 1) * size_}; }

 private:
  std::int64_t size_;
};

template <class Ranges>
class ListColumn final : public ArrowColumn {
 public:
  explicit ListColumn(ArrowColumnHandle elements, Ranges ranges = {}) : elements_(std::move(elements)), ranges_(ranges) {}

 private:
  void bind_values(const ArrowArray& array) override {
    ranges_.bind(array);
    elements_->bind(arrow_child(array, 0));
  }
  void write(std::int64_t place, PaddedBytes& out) const override {
    const Range range = ranges_.at(place);
    out.put("[");
    for (std::int64_t i = range.begin; i < range.end; ++i) {
      if (i != range.begin) out.put(",");
      elements_->put(i, out);
    }
    out.put("]");
  }

  ArrowColumnHandle elements_;
  Ranges ranges_;
};

template <class Ranges>
ArrowColumnHandle make_list(ArrowColumnHandle& elements, Ranges ranges = {}) {
  return std::make_unique<ListColumn<Ranges>>(std::move(elements), ranges);
}

ArrowColumnHandle make_fixed_list(std::string_view size_text, ArrowColumnHandle& elements) {
  std::int32_t size = -1;
  const char* const end = size_text.data() + size_text.size();
  const auto [read, error] = std::from_chars(size_text.data(), end, size);
  if (error != std::errc{} || read != end || size < 0) return nullptr;
  return make_list(elements, FixedRanges(size));
}

}  // namespace

ArrowColumnHandle make_arrow_list(std::string_view format, ArrowColumnHandle& elements) {
  if (format == "+l") return make_list<OffsetRanges<std::int32_t>>(elements);
  if (format == "+L") return make_list<OffsetRanges<std::int64_t>>(elements);
  if (format == "+vl") return make_list<ViewRanges<std::int32_t>>(elements);
  if (format == "+vL") return make_list<ViewRanges<std::int64_t>>(elements);
  if (format.starts_with("+w:")) return make_fixed_list(format.substr(3), elements);
  return nullptr;
}

}  // namespace pgfeed
