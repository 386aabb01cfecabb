#include <pgfeed/load.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "load/cancellation.hpp"
#include "load/elsewhere.hpp"
#include "load/kept.hpp"
#include "load/keys.hpp"
#include "load/load_session.hpp"
#include "load/lock_wait.hpp"
#include "load/progress_timer.hpp"
#include "load/publication.hpp"
#include "load/reject_limit.hpp"
#include "load/run_workers.hpp"
#include "load/shared_state.hpp"
#include "load/source_change.hpp"
#include "load/source_plan.hpp"
#include "load/staged_batch.hpp"
#include "load/stager.hpp"
#include "load/worker.hpp"
#include "mapping/plan.hpp"
#include "postgres/ledger.hpp"
#include "postgres/load_sessions.hpp"
#include "postgres/load_totals.hpp"
#include "postgres/partition_ledger.hpp"
#include "postgres/reject_query.hpp"
#include "postgres/reject_table.hpp"
#include "postgres/staged_splits.hpp"
#include "record/document_step.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

using Clock = std::chrono::steady_clock;

std::string now_as_iso() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

int connections_of(const LoadOptions& options) {
  if (options.dry_run || takes_rejects(options)) return 1;
  return options.connections > 0 ? options.connections : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::int64_t total_bytes(const std::vector<PlannedSource>& sources) {
  std::int64_t total = 0;
  for (const PlannedSource& planned : sources) {
    if (planned.source->size < 0) return -1;
    total += planned.source->size;
    for (const Span& span : planned.committed) total -= static_cast<std::int64_t>(span.size());
  }
  return total;
}

/// One load, from its connection to its last commit.
class Load {
  using Work = std::function<void(int)>;  ///< of the worker with that number

 public:
  /// `elsewhere`: who loads the splits, if not threads here; or null.
  Load(const LoadOptions& options, LoadElsewhere* elsewhere, const std::function<void(const Report&)>& progress,
       std::stop_token stop, Report& report)
      : options_(options), elsewhere_(elsewhere), progress_(progress), stop_(std::move(stop)), report_(report) {}

  /// Throws Error, which names whoever was in the way of a lock.
  void run() {
    try {
      load();
    } catch (const Error& error) {
      if (!session_) throw;
      throw explained(connection(), error);
    }
  }

 private:
  void load() {
    mapping_text_ = options_.mapping_text.empty() ? read_mapping(options_.mapping) : options_.mapping_text;
    plan_ = compile_mapping(mapping_text_, options_.mapping);
    const std::vector<DocumentStep> documents =
        parse_documents_path(options_.documents.empty() ? plan_.documents : options_.documents);
    listed_ = list_local_files(options_.sources);
    if (!options_.rejects_file.empty()) require_rejects_file(options_.rejects_file);
    report_.feed = plan_.feed;
    report_.files = static_cast<std::int64_t>(listed_.size());
    report_.connections = connections_of(options_);
    report_.dry_run = options_.dry_run;
    report_.publish = options_.publish;
    report_.of_rejects = takes_rejects(options_);
    report_.of_partitions = !options_.partitions.empty();
    if (report_.of_rejects && options_.publish == Publish::atomic)
      throw Error(ErrorKind::usage, "rejects are loaded a batch at a time: --publish atomic is for sources");
    session_.emplace(options_, stop_, report_);
    const Target target = session_->begin(plan_);
    plan_what_is_left();
    report_.load = ledger().load();
    report_.has_begun = true;
    to_load_ = sources_.sources;
    queue_.emplace(to_load_, documents, options_);
    LoadState state(target, options_, *queue_, ledger(), load_time_);
    is_atomic() ? load_atomically(state) : load_by_splits(state);
    warn_of_sources();
  }

  /// As workers load it: each split is in once it is committed.
  void load_by_splits(LoadState& state) {
    const Work work = [&](int number) { Worker(state, number, number == 1 ? &connection() : nullptr).run(); };
    load_rows(state, work);
    load_holes(state, work);
    finish(state);
  }

  /// First all splits are staged, by as many workers as there are; then one session publishes them.
  void load_atomically(LoadState& state) {
    const std::string format = staged_format(state.target, options_);
    const Work work = [&](int number) { Stager(state, number, number == 1 ? &connection() : nullptr, format).run(); };
    staged_rejects_ = sources_.staged_rejects;
    if (!state.reserve_rejects(staged_rejects_)) state.stop();
    load_rows(state, work);
    make_earlier_keys(state);
    const Report staged = report_;
    do {
      if (!state.is_stopped()) load_holes(state, work);
    } while (!is_published(state, staged));
    session_->export_at_the_end();
  }

  /// A dry run is in one transaction anyway.
  [[nodiscard]] bool is_atomic() const noexcept { return options_.publish == Publish::atomic && !options_.dry_run; }

  void plan_what_is_left() {
    try {
      run_unless_locked(
          connection(), plan_.feed, [this] { return stop_.stop_requested(); },
          [this] {
            session_->patiently([&] {
              const std::jthread canceller = session_->cancel_when_stopped();
              sources_ = ledger().plan(connection(), plan_, listed_);
            });
          });
    } catch (const Error& error) {
      connection().rollback();
      session_->fail(error);
    }
    report_.files_in = sources_.files_in;
    report_.total_bytes = total_bytes(sources_.sources);
    report_.warnings.insert(report_.warnings.end(), sources_.warnings.begin(), sources_.warnings.end());
  }

  void warn_of_sources() {
    for (const std::string& name : queue_->findings().empty) report_.warnings.push_back(empty_warning(name));
    for (const std::string& path : queue_->findings().without_documents) {
      report_.warnings.push_back(fmt::format("{}: no documents were found where the mapping looks for them ({})", path,
                                             options_.documents.empty() ? plan_.documents : options_.documents));
    }
  }

  /// A server that failed over may have lost splits that it had said were committed: they are loaded again.
  void load_holes(LoadState& state, const Work& work) {
    constexpr int kMostRounds = 3;
    for (int round = 0; !queue_->is_limited(); ++round) {
      const std::vector<PlannedSource> holes = look_for_holes();
      if (holes.empty()) return;
      const auto found = std::ranges::find(holes, false, [](const PlannedSource& hole) { return hole.source->seekable; });
      if (round == kMostRounds || found != holes.end())
        session_->fail(lost_or_another(found != holes.end() ? *found : holes[0], queue_->findings().ends));
      queue_->add(holes);
      to_load_ = holes;
      load_rows(state, work);
    }
  }

  std::vector<PlannedSource> look_for_holes() {
    std::vector<PlannedSource> holes;
    try {
      session_->patiently([&] { holes = ledger().find_holes(connection(), queue_->findings().ends, sources_.sources); });
    } catch (const Error& error) {
      connection().rollback();
      session_->fail(error);
    }
    return holes;
  }

  void load_rows(LoadState& state, const Work& work) {
    const std::stop_callback on_stop(stop_, [&state] { state.stop(); });
    {
      const ProgressTimer timer(state, report_, progress_);
      if (takes_rejects(options_)) {
        run_rejects(state);
      } else if (options_.dry_run && options_.partitions.empty()) {
        run_here(state);
      } else if (elsewhere_ != nullptr) {
        run_elsewhere(state);
      } else {
        run_workers(state, report_.connections, work);
        connection().rename(ledger().session_name());
      }
    }
    state.report(report_);
    if (stop_.stop_requested()) session_->fail_as_interrupted();
    if (state.error() != nullptr) session_->fail(state.error());
  }

  void run_here(LoadState& state) {
    try {
      Worker worker(state, connection(), ledger().parks());
      worker.run();
    } catch (...) {
      state.fail(std::current_exception());
    }
  }

  /// The budget is theirs: meanwhile there is no session here. But what a dry run does is in its one transaction.
  void run_elsewhere(LoadState& state) {
    WorkDone done;
    Connection* const lent = options_.dry_run ? &connection() : nullptr;
    if (lent == nullptr) connection().close();
    try {
      if (options_.dry_run && options_.overwrite) delete_all_rows(connection(), state.target);
      done = elsewhere_->run({ledger().load(), report_.connections, state.target, options_, mapping_text_, load_time_, lent},
                             to_load_);
      if (done.error) throw Error(*done.error);
    } catch (...) {
      state.fail(std::current_exception());
    }
    try {  // how it ended is to be written down
      if (lent == nullptr) come_back();
      queue_->add(done.findings);
      if (!options_.partitions.empty()) take_partitions();
      count(done, state);
    } catch (...) {
      state.fail(std::current_exception());
    }
  }

  void come_back() {
    session_->come_back();
    session_->patiently([&] { end_task_sessions(connection(), ledger().load()); });
  }

  /// What was handed over: it is to be in whole by now, but for a limit.
  void take_partitions() {
    std::vector<KnownPartition> known;
    session_->patiently(
        [&] { known = read_partitions(connection(), plan_.feed, partitions_uri(options_.partitions), ledger().load()); });
    listed_.clear();
    for (const KnownPartition& partition : known) listed_.push_back({partition.uri, partition.uri, -1, "", false});
    sources_.sources.clear();
    for (std::size_t i = 0; i < known.size(); ++i) sources_.sources.push_back({&listed_[i], known[i].source, {}});
    report_.files = static_cast<std::int64_t>(known.size());
    report_.files_in = std::ranges::count(known, true, &KnownPartition::was_in);
  }

  void count(const WorkDone& done, LoadState& state) {
    LoadTotals totals;
    session_->patiently([&] {
      const SpanKind kind = is_atomic() ? SpanKind::staged : SpanKind::committed;
      totals = read_load_totals(connection(), ledger().load(), kind);
    });
    totals.counts.read_seconds = done.read_seconds;
    totals.counts.parse_seconds = done.parse_seconds;
    totals.counts.server_seconds = done.server_seconds;
    const std::int64_t rejected = totals.counts.rejected;
    state.replace(std::move(totals));
    const std::int64_t more = rejected - std::exchange(staged_rejects_, rejected);
    if (is_atomic() && !state.reserve_rejects(more)) state.stop();  // the publication tells
  }

  void run_rejects(LoadState& state) {
    connection().rename(fmt::format("pgfeed load {}", ledger().load()));
    try {
      for (std::string& left_out :
           load_rejects(state, connection(), [this](const auto& work) { session_->patiently(work); }))
        report_.warnings.push_back(std::move(left_out));
    } catch (...) {
      connection().rollback();
      state.fail(std::current_exception());
    }
  }

  void finish(LoadState& state) {
    try {
      session_->patiently([&] {
        {
          const std::stop_callback on_stop(stop_, [&state] { state.stop(); });
          const std::jthread canceller = cancel_when_stopped(state);
          if (ledger().parks()) settle_parked(state, connection());
          state.report(report_);
          make_all_keys(state);
        }
        session_->end("done");
      });
    } catch (const Error& error) {
      connection().rollback();
      session_->fail(error);
    }
    session_->export_at_the_end();
    if (options_.dry_run) connection().abandon();
    require_within_limit(options_, report_);
  }

  /// Keys that an earlier load has put off: readers would be locked out for as long as a publication lasts that made them.
  void make_earlier_keys(LoadState& state) {
    if (state.is_stopped()) return;
    try {
      const std::stop_callback on_stop(stop_, [&state] { state.stop(); });
      const std::jthread canceller = cancel_when_stopped(state);
      session_->patiently([&] { make_all_keys(state); });
    } catch (const Error& error) {
      connection().rollback();
      session_->fail(error);
    }
  }

  /// The workers' sessions are gone by now: as many are opened for what comes after the rows, if anything does.
  void make_all_keys(LoadState& state) {
    std::vector<std::unique_ptr<Connection>> owned;
    std::vector<Connection*> helpers;
    std::list<Cancellable> cancellable;  // the sessions end after it
    cancellable.emplace_back(state, connection());
    if (!ledger().has_pending_keys(connection(), plan_)) return;
    for (int i = 1; !options_.dry_run && i < report_.connections; ++i) {
      owned.push_back(std::make_unique<Connection>(options_.session, fmt::format("{} keys {}", ledger().session_name(), i)));
      helpers.push_back(owned.back().get());
      cancellable.emplace_back(state, *helpers.back());
    }
    make_keys(plan_, connection(), helpers, report_);
  }

  /// False: to be tried again, after a conflict, a lost connection, or a crash that took what was staged.
  bool is_published(const LoadState& state, const Report& staged) {
    constexpr int kMostTries = 10;
    report_.publishing = true;
    report_.warnings = staged.warnings;
    bool published = false;
    try {
      const PublicationTask task{
          plan_, options_, ledger(), load_time_, sources_.sources, queue_->is_limited(), state.is_stopped()};
      published = publish(connection(), task, report_, progress_, stop_);
      if (!published && ++publication_failures_ >= kMostTries) throw never_whole();
    } catch (const Error& error) {
      if (stop_.stop_requested()) session_->fail_as_interrupted();
      if (is_lock_timeout(error) ? !is_freed() : !error.retryable || ++publication_failures_ >= kMostTries)
        session_->fail(error);
      session_->patiently([&] {
        published = read_load_state(connection(), ledger().load()) == "done";
      });  // the answer may be all that was lost
    }
    report_.publishing = false;
    report_.counts.read_seconds += staged.counts.read_seconds;
    report_.counts.parse_seconds += staged.counts.parse_seconds;
    report_.counts.server_seconds += staged.counts.server_seconds;
    return published;
  }

  static Error never_whole() {
    return {
        ErrorKind::database,
        "what is staged was never all of the sources, however often the rest was staged again: other loads of the feed may "
        "drop it; pgfeed drop takes it away"};
  }

  /// After a lock was waited for in vain: a load that is stuck with it is ended, and one that publishes is waited for.
  bool is_freed() {
    const std::string statement = connection().blocked_statement();
    return end_stuck_loads(connection(), plan_.feed, statement, [this] { return stop_.stop_requested(); }) ||
           is_publication_turn(statement);
  }

  Connection& connection() noexcept { return session_->connection(); }
  LoadLedger& ledger() noexcept { return session_->ledger(); }

  const LoadOptions& options_;
  LoadElsewhere* elsewhere_;
  const std::string load_time_ = now_as_iso();
  const std::function<void(const Report&)>& progress_;
  std::stop_token stop_;
  Report& report_;
  std::string mapping_text_;
  Plan plan_;
  std::vector<Source> listed_;
  SourcePlan sources_;                  ///< what is left of them
  std::vector<PlannedSource> to_load_;  ///< of those, now: all, or what the server has lost
  std::optional<LoadSession> session_;
  std::optional<SplitQueue> queue_;
  std::int64_t staged_rejects_ = 0;  ///< that are reserved, where others stage
  int publication_failures_ = 0;
};

}  // namespace

namespace {

Report run_load(const LoadOptions& options, LoadElsewhere* elsewhere, const std::function<void(const Report&)>& progress,
                const std::stop_token& stop, Report* partial) {
  const auto began = Clock::now();
  Report report;
  const auto finish = [&] {
    report.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    if (partial != nullptr) *partial = report;
  };
  try {
    Load(options, elsewhere, progress, stop, report).run();
  } catch (const Error& error) {
    finish();
    // What was cancelled, or given up, fails in many ways.
    if (stop.stop_requested() && error.kind != ErrorKind::rejects)
      throw Error(ErrorKind::interrupted, interrupted_sentence(options));
    throw;
  } catch (...) {
    finish();
    throw;
  }
  finish();
  return report;
}

}  // namespace

Report load(const LoadOptions& options, const std::function<void(const Report&)>& progress, std::stop_token stop,
            Report* partial) {
  return run_load(options, nullptr, progress, stop, partial);
}

Report load_elsewhere(const LoadOptions& options, LoadElsewhere& elsewhere,
                      const std::function<void(const Report&)>& progress, std::stop_token stop, Report* partial) {
  return run_load(options, &elsewhere, progress, stop, partial);
}

}  // namespace pgfeed
