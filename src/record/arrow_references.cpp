#include <utility>

#include "record/arrow_columns.hpp"

namespace pgfeed {
namespace {

template <class Index>
class DictionaryColumn final : public ArrowColumn {
 public:
  explicit DictionaryColumn(ArrowColumnHandle values) : values_(std::move(values)) {}

 private:
  void bind_values(const ArrowArray& array) override {
    indexes_ = array.buffers[1];
    values_->bind(*array.dictionary);
  }
  void write(std::int64_t place, PaddedBytes& out) const override {
    values_->put(static_cast<std::int64_t>(arrow_element<Index>(indexes_, place)), out);
  }

  ArrowColumnHandle values_;
  const void* indexes_ = nullptr;
};

/// Run-end encoding: each run's value stands once, beside the place where the run ends.
template <class End>
class RunColumn final : public ArrowColumn {
 public:
  explicit RunColumn(ArrowColumnHandle values) : values_(std::move(values)) {}

 private:
  void bind_values(const ArrowArray& array) override {
    const ArrowArray& ends = arrow_child(array, 0);
    ends_ = static_cast<const char*>(ends.buffers[1]);
    first_ = ends.offset;
    runs_ = ends.length;
    values_->bind(arrow_child(array, 1));
  }
  void write(std::int64_t place, PaddedBytes& out) const override { values_->put(run_of(place), out); }

  [[nodiscard]] std::int64_t run_of(std::int64_t place) const noexcept {
    std::int64_t least = 0;
    std::int64_t most = runs_ - 1;
    while (least < most) {
      const std::int64_t middle = least + (most - least) / 2;
      if (arrow_element<End>(ends_, first_ + middle) <= place) {
        least = middle + 1;
      } else {
        most = middle;
      }
    }
    return least;
  }

  ArrowColumnHandle values_;
  const char* ends_ = nullptr;
  std::int64_t first_ = 0;
  std::int64_t runs_ = 0;
};

}  // namespace

ArrowColumnHandle make_arrow_dictionary(std::string_view format, ArrowColumnHandle& values) {
  if (format.size() != 1) return nullptr;
  switch (format.front()) {
    case 'c': return std::make_unique<DictionaryColumn<std::int8_t>>(std::move(values));
    case 'C': return std::make_unique<DictionaryColumn<std::uint8_t>>(std::move(values));
    case 's': return std::make_unique<DictionaryColumn<std::int16_t>>(std::move(values));
    case 'S': return std::make_unique<DictionaryColumn<std::uint16_t>>(std::move(values));
    case 'i': return std::make_unique<DictionaryColumn<std::int32_t>>(std::move(values));
    case 'I': return std::make_unique<DictionaryColumn<std::uint32_t>>(std::move(values));
    case 'l': return std::make_unique<DictionaryColumn<std::int64_t>>(std::move(values));
    case 'L': return std::make_unique<DictionaryColumn<std::uint64_t>>(std::move(values));
    default: return nullptr;
  }
}

ArrowColumnHandle make_arrow_runs(std::string_view format, ArrowColumnHandle& values) {
  if (format == "s") return std::make_unique<RunColumn<std::int16_t>>(std::move(values));
  if (format == "i") return std::make_unique<RunColumn<std::int32_t>>(std::move(values));
  if (format == "l") return std::make_unique<RunColumn<std::int64_t>>(std::move(values));
  return nullptr;
}

}  // namespace pgfeed
