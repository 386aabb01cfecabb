#include "load/publication.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "load/cancellation.hpp"
#include "load/feed_tables.hpp"
#include "load/kept.hpp"
#include "load/keys.hpp"
#include "load/preparation.hpp"
#include "load/progress_timer.hpp"
#include "load/reject_limit.hpp"
#include "load/shared_state.hpp"
#include "load/staged_batch.hpp"
#include "load/worker.hpp"
#include "postgres/ledger.hpp"
#include "postgres/partition_ledger.hpp"
#include "postgres/reject_evidence.hpp"
#include "postgres/staged_splits.hpp"
#include "postgres/stream_ledger.hpp"

namespace pgfeed {
namespace {

class Publication {
 public:
  Publication(Connection& connection, const PublicationTask& task, Report& report,
              const std::function<void(const Report&)>& progress, const std::stop_token& stop)
      : connection_(connection), task_(task), report_(report), progress_(progress), stop_(stop) {}

  bool run() {
    connection_.enclose();
    try {
      take_publication_turn(connection_, task_.plan.feed);
      if (!task_.options.stream.empty() && !is_next_batch()) return drop_batch();
      const Target target = prepare_target(connection_, task_.plan, report_.warnings);
      if (task_.options.overwrite) delete_all_rows(connection_, target);
      if (!load(target) || (!task_.is_limited && !find_holes(connection_, task_.sources).empty())) {
        connection_.abandon();
        return false;
      }
      make_keys(task_.plan, connection_, {}, report_);
      require_within_limit(task_.options, report_);
      remember_tables(connection_, target);  // these rows another load of the feed would wait for
      set_mapping_hash(connection_, task_.plan.feed, task_.plan.hash);
      task_.ledger.end(connection_, "done");
      connection_.commit_enclosing();
      return true;
    } catch (const Error& error) {
      if (error.kind == ErrorKind::rejects) {
        const RejectEvidence evidence(connection_, task_.ledger.load());
        connection_.abandon();
        evidence.keep(connection_);
      }
      connection_.abandon();
      throw;
    }
  }

 private:
  bool is_next_batch() {
    const LoadOptions& options = task_.options;
    const std::int64_t load = task_.ledger.load();
    drop_other_runs(connection_, task_.plan.feed, options.stream, load);
    return take_batch(connection_, task_.plan.feed, options.stream, options.batch, load);
  }

  /// Of a batch that is in: true, for there is nothing left to do.
  bool drop_batch() {
    std::vector<std::int64_t> splits;
    for (const StagedSplit& split : read_staged_of(connection_, task_.ledger.load())) splits.push_back(split.split);
    drop_staged(connection_, splits);
    report_.counts = {};
    report_.warnings.push_back(
        fmt::format("batch {} of stream {} is in already", task_.options.batch, task_.options.stream));
    task_.ledger.end(connection_, "done");
    connection_.commit_enclosing();
    return true;
  }

  /// False: some of it is gone.
  bool load(const Target& target) {
    SplitQueue none({}, {}, task_.options);
    LoadState state(target, task_.options, none, task_.ledger, task_.load_time);
    const std::stop_callback on_stop(stop_, [&state] { state.stop(); });
    const std::jthread canceller = cancel_when_stopped(state);
    const std::vector<StagedSplit> splits = in_listing_order();
    report_.total_bytes = 0;
    for (const StagedSplit& split : splits) report_.total_bytes += static_cast<std::int64_t>(split.span.size());
    const ProgressTimer timer(state, report_, progress_);
    try {
      const bool is_there = load_staged(state, splits);
      if (is_there) settle_parked(state, connection_);
      state.report(report_);
      return is_there;
    } catch (...) {
      state.report(report_);
      throw;
    }
  }

  bool load_staged(LoadState& state, const std::vector<StagedSplit>& splits) {
    Worker worker(state, connection_, true);
    ByteBuffer bytes;
    std::vector<std::int64_t> done;
    const std::string format = staged_format(state.target, task_.options);
    for (const StagedSplit& staged : splits) {
      done.push_back(staged.split);
      if (staged.format.empty()) continue;  // a span of a split that another entry has
      if (staged.format != format) throw changed_tables();
      read_staged_bytes(connection_, staged.split, bytes);
      if (bytes.view().empty()) return false;  // dropped by another load, to which it meant nothing
      Split split;
      split.source = source_of(staged.source);
      worker.load_staged(bytes.view(), split);
    }
    if (task_.is_over_limit) throw over_limit_error(task_.options);
    if (!task_.options.partitions.empty()) publish_parts(connection_, entries_of(task_.sources));
    drop_staged(connection_, done);
    return true;
  }

  /// What the sources' listing says first goes in first. Over the limit, only what shows that.
  std::vector<StagedSplit> in_listing_order() {
    const std::vector<std::int64_t> entries = entries_of(task_.sources);
    std::vector<StagedSplit> splits = read_staged(connection_, entries);
    std::map<std::int64_t, std::size_t> places;
    for (std::size_t i = 0; i < entries.size(); ++i) places[entries[i]] = i;
    std::ranges::stable_sort(splits, {}, [&](const StagedSplit& split) { return places[split.source]; });
    if (task_.is_over_limit) std::erase_if(splits, [](const StagedSplit& split) { return split.rejected == 0; });
    return splits;
  }

  std::shared_ptr<OpenSource> source_of(std::int64_t entry) {
    std::shared_ptr<OpenSource>& open = open_[entry];
    if (open == nullptr) {
      open = std::make_shared<OpenSource>();
      open->source = std::ranges::find(task_.sources, entry, &PlannedSource::entry)->source;
      open->entry = entry;
    }
    return open;
  }

  static Error changed_tables() {
    return {ErrorKind::database,
            "a column of a table has another type than when the load was staged: run the load again, which stages it anew"};
  }

  Connection& connection_;
  const PublicationTask& task_;
  Report& report_;
  const std::function<void(const Report&)>& progress_;
  const std::stop_token& stop_;
  std::map<std::int64_t, std::shared_ptr<OpenSource>> open_;
};

}  // namespace

void delete_all_rows(Connection& connection, const Target& target) {
  for (auto table = target.order.rbegin(); table != target.order.rend(); ++table)
    connection.run("DELETE FROM " + target.tables[*table].catalog.sql_name);
}

bool publish(Connection& connection, const PublicationTask& task, Report& report,
             const std::function<void(const Report&)>& progress, const std::stop_token& stop) {
  return Publication(connection, task, report, progress, stop).run();
}

}  // namespace pgfeed
