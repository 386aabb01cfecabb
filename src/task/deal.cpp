#include "task/deal.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "load/split_queue.hpp"
#include "record/line_cutter.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

std::uint64_t weight_of(const PlannedSource& planned) {
  std::uint64_t left = 0;
  for (const Span& span : subtract({0, static_cast<std::uint64_t>(planned.source->size)}, planned.committed))
    left += span.size();
  return left;
}

/// A task runs in another folder than the driver.
TaskSource task_source(const PlannedSource& planned, Spans others) {
  TaskSource source{*planned.source, planned.entry, std::move(others)};
  source.source.path = std::filesystem::absolute(source.source.path).string();
  return source;
}

class Dealer {
 public:
  Dealer(const std::vector<DocumentStep>& documents, std::uint64_t share, std::uint64_t most)
      : documents_(documents), share_(share), most_(most) {}

  void add(const PlannedSource& planned) {
    const std::uint64_t weight = weight_of(planned);
    if (weight <= room()) return add_whole(planned, weight);
    const std::unique_ptr<RandomAccess> file = open_random_access(*planned.source);
    const auto size = static_cast<std::uint64_t>(planned.source->size);
    const Spans left = subtract({0, size}, planned.committed);
    if (!can_be_cut(*file, documents_, left, size)) return add_whole(planned, weight);
    for (const Span& span : left) add_span(planned, *file, span);
  }

  std::vector<std::vector<TaskSource>> finish() && {
    if (!task_.empty()) close();
    return std::move(tasks_);
  }

 private:
  /// The last task takes whatever there is: no other may follow.
  [[nodiscard]] bool is_last() const noexcept { return tasks_.size() + 1 == most_; }

  /// Bytes that the open task still takes.
  [[nodiscard]] std::uint64_t room() const noexcept {
    return is_last() ? std::numeric_limits<std::uint64_t>::max() : share_ - filled_;
  }

  void add_whole(const PlannedSource& planned, std::uint64_t weight) {
    task_.push_back(task_source(planned, planned.committed));
    fill(weight);
  }

  void add_span(const PlannedSource& planned, const RandomAccess& file, Span rest) {
    while (rest.begin < rest.end) {
      Span part;
      LineCutter(file, rest, room()).next(part);
      if (part_.end == part.begin && part_of_ == &planned) {
        part_.end = part.end;
      } else {
        close_part();
        part_of_ = &planned;
        part_ = part;
      }
      fill(part.size());
      rest.begin = part.end;
    }
    close_part();
  }

  /// Lines that follow one another are one part.
  void close_part() {
    if (part_of_ == nullptr) return;
    const Span all{0, static_cast<std::uint64_t>(part_of_->source->size)};
    task_.push_back(task_source(*part_of_, subtract(all, {part_})));
    part_of_ = nullptr;
    part_ = {};
  }

  void fill(std::uint64_t bytes) {
    filled_ += bytes;
    if (filled_ >= share_ && !is_last()) close();
  }

  void close() {
    close_part();
    tasks_.push_back(std::exchange(task_, {}));
    filled_ = 0;
  }

  const std::vector<DocumentStep>& documents_;
  const std::uint64_t share_;
  const std::uint64_t most_;
  std::vector<std::vector<TaskSource>> tasks_;
  std::vector<TaskSource> task_;
  std::uint64_t filled_ = 0;
  const PlannedSource* part_of_ = nullptr;
  Span part_;
};

}  // namespace

std::vector<std::vector<TaskSource>> deal(const std::vector<PlannedSource>& sources,
                                          const std::vector<DocumentStep>& documents, int tasks, std::uint64_t split_size) {
  std::uint64_t total = 0;
  for (const PlannedSource& planned : sources) total += weight_of(planned);
  const std::uint64_t splits = std::max<std::uint64_t>(1, (total + split_size - 1) / split_size);
  const std::uint64_t count = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(1, tasks)), 1, splits);
  Dealer dealer(documents, std::max<std::uint64_t>(1, (total + count - 1) / count), count);
  for (const PlannedSource& planned : sources) dealer.add(planned);
  return std::move(dealer).finish();
}

}  // namespace pgfeed
