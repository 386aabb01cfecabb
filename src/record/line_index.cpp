#include "record/line_index.hpp"

#include <algorithm>

#include "record/value_scanner.hpp"

namespace pgfeed {
namespace {

constexpr std::uint64_t kStep = 1024 * 1024;

}  // namespace

std::int64_t LineIndex::line_at(std::uint64_t offset) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t known_step = std::min<std::uint64_t>(offset / kStep, breaks_.size() - 1);
  std::uint64_t at = known_step * kStep;
  std::int64_t breaks = breaks_[static_cast<std::size_t>(known_step)];
  if (last_offset_ > at && last_offset_ <= offset) {
    at = last_offset_;
    breaks = last_breaks_;
  }
  bytes_.resize(kStep);
  while (at < offset) {
    const auto count = static_cast<std::size_t>(std::min((at / kStep + 1) * kStep, offset) - at);
    const std::size_t got = file_.read_at(at, bytes_.data(), count);
    breaks += static_cast<std::int64_t>(count_newlines({bytes_.data(), got}));
    at += got;
    if (got < count) break;
    if (at % kStep == 0 && at / kStep == breaks_.size()) breaks_.push_back(breaks);
  }
  last_offset_ = at;
  last_breaks_ = breaks;
  return breaks + 1;
}

}  // namespace pgfeed
