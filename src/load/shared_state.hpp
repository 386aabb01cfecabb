#pragma once

#include <pgfeed/load.hpp>

#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

#include "load/load_ledger.hpp"
#include "load/split_queue.hpp"
#include "load/table_counts.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"
#include "postgres/load_totals.hpp"

namespace pgfeed {

/// What the workers of one load share. Thread-safe where it says so.
class LoadState {
 public:
  LoadState(const Target& target_, const LoadOptions& options_, SplitSupply& queue_, LoadLedger& ledger_,
            std::string load_time_)
      : target(target_),
        options(options_),
        queue(queue_),
        ledger(ledger_),
        load(ledger_.load()),
        load_time(std::move(load_time_)),
        tables_(target_.tables.size()) {}

  const Target& target;
  const LoadOptions& options;
  SplitSupply& queue;
  LoadLedger& ledger;
  const std::int64_t load;
  const std::string load_time;

  /// Adds what a split, once committed, has come to. Thread-safe.
  void add(const Counts& counts, const AllCounts& tables, std::vector<RejectReport> rejects);
  /// Sets what all splits have come to so far. Thread-safe.
  void replace(LoadTotals totals);
  /// Reserves room for so many rejects under the limit, of which some may be taken `elsewhere`; false: they are too many.
  /// Thread-safe.
  bool reserve_rejects(std::int64_t count, std::int64_t elsewhere = 0) noexcept;
  /// Whether that is to be asked for, for a split with so many rejects. Thread-safe.
  [[nodiscard]] bool must_know_of(std::int64_t rejects) const noexcept {
    return rejects > 0 && !options.max_rejects.percent;
  }
  void release_rejects(std::int64_t count) noexcept { reserved_rejects_ -= count; }

  /// Keeps the first error and stops the rest. Thread-safe.
  void fail(std::exception_ptr error) noexcept;
  /// Stops all workers: between splits by themselves, in mid-statement by a cancel request. Thread-safe.
  void stop() noexcept;
  /// Cancels what the sessions are doing; a request that comes between two statements has no effect. Thread-safe.
  void cancel_sessions() noexcept;
  [[nodiscard]] bool is_stopped() const noexcept { return stopped_; }
  [[nodiscard]] std::exception_ptr error() const;

  /// Sessions that `stop` cancels. Thread-safe. A session must be taken out before it ends.
  void add_session(Connection& connection);
  void remove_session(Connection& connection) noexcept;

  /// Writes what there is so far into a report. Thread-safe.
  void report(Report& report) const;

 private:
  mutable std::mutex mutex_;  ///< guards what follows, down to the next comment
  Counts counts_;
  AllCounts tables_;
  std::vector<RejectReport> first_rejects_;
  std::vector<Connection*> sessions_;
  std::exception_ptr error_;

  std::atomic<std::int64_t> reserved_rejects_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace pgfeed
