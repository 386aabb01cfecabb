#include "load/shared_state.hpp"

#include <algorithm>

namespace pgfeed {
namespace {

constexpr std::size_t kShownRejects = 3;

void keep_first(std::vector<RejectReport>& kept, std::vector<RejectReport>&& more) {
  for (RejectReport& reject : more) kept.push_back(std::move(reject));
  std::ranges::stable_sort(kept, {}, [](const RejectReport& reject) { return std::tie(reject.source, reject.offset); });
  if (kept.size() > kShownRejects) kept.resize(kShownRejects);
}

}  // namespace

void LoadState::add(const Counts& counts, const AllCounts& tables, std::vector<RejectReport> rejects) {
  const std::lock_guard lock(mutex_);
  counts_.bytes += counts.bytes;
  counts_.splits += counts.splits;
  counts_.read += counts.read;
  counts_.loaded += counts.loaded;
  counts_.skipped += counts.skipped;
  counts_.rejected += counts.rejected;
  counts_.read_seconds += counts.read_seconds;
  counts_.parse_seconds += counts.parse_seconds;
  counts_.server_seconds += counts.server_seconds;
  for (std::size_t i = 0; i < tables_.size(); ++i) tables_[i] += tables[i];
  keep_first(first_rejects_, std::move(rejects));
}

void LoadState::replace(LoadTotals totals) {
  const std::lock_guard lock(mutex_);
  counts_ = totals.counts;
  first_rejects_ = std::move(totals.first_rejects);
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    tables_[i] = {};
    const auto found = std::ranges::find(totals.tables, target.tables[i].plan->name.text(), &TableReport::name);
    if (found != totals.tables.end()) tables_[i] = {found->inserted, found->merged, found->already_there};
  }
}

bool LoadState::reserve_rejects(std::int64_t count, std::int64_t elsewhere) noexcept {
  const std::int64_t reserved = reserved_rejects_ += count;
  return count == 0 || options.max_rejects.percent || reserved + elsewhere <= options.max_rejects.documents;
}

void LoadState::fail(std::exception_ptr error) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (error_ == nullptr && !stopped_) error_ = std::move(error);
  }
  stop();
}

void LoadState::stop() noexcept {
  if (!stopped_.exchange(true)) cancel_sessions();
}

void LoadState::cancel_sessions() noexcept {
  const std::lock_guard lock(mutex_);
  for (Connection* session : sessions_) session->cancel();
}

std::exception_ptr LoadState::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void LoadState::add_session(Connection& connection) {
  const std::lock_guard lock(mutex_);
  sessions_.push_back(&connection);
}

void LoadState::remove_session(Connection& connection) noexcept {
  {
    const std::lock_guard lock(mutex_);
    std::erase(sessions_, &connection);
  }
  connection.settle_cancel();
}

void LoadState::report(Report& report) const {
  const std::lock_guard lock(mutex_);
  report.counts = counts_;
  report.first_rejects = first_rejects_;
  report.tables.clear();
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    report.tables.push_back(
        {target.tables[i].plan->name.text(), tables_[i].inserted, tables_[i].merged, tables_[i].already_there});
  }
}

}  // namespace pgfeed
