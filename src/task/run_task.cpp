#include <pgfeed/tasks.hpp>

#include <optional>
#include <utility>

#include "load/cancellation.hpp"
#include "load/shared_state.hpp"
#include "load/staged_batch.hpp"
#include "load/stager.hpp"
#include "load/worker.hpp"
#include "task/task.hpp"
#include "task/task_session.hpp"

namespace pgfeed {
namespace {

std::vector<PlannedSource> planned(const std::vector<TaskSource>& sources) {
  std::vector<PlannedSource> planned;
  for (const TaskSource& source : sources) planned.push_back({&source.source, source.entry, source.others});
  return planned;
}

void load_or_stage(TaskSession& session, LoadState& state) {
  const std::stop_callback on_stop(session.stop(), [&state] { state.stop(); });
  const std::jthread canceller = cancel_when_stopped(state);
  try {
    if (session.is_staged()) {
      Stager(state, 1, &session.connection(), staged_format(state.target, session.options())).run();
    } else {
      Worker(state, 1, &session.connection()).run();
    }
  } catch (...) {
    state.fail(std::current_exception());
  }
}

void load(TaskSession& session, const std::vector<TaskSource>& sources, TaskOutcome& outcome) {
  const LoadOptions& options = session.options();
  const std::string& path = options.documents.empty() ? session.plan().documents : options.documents;
  SplitQueue queue(planned(sources), parse_documents_path(path), options);
  LoadState state(session.target(), options, queue, session.ledger(), session.load_time());
  load_or_stage(session, state);
  Report report;
  state.report(report);
  outcome.counts = report.counts;
  outcome.findings = queue.findings();
  if (state.error() != nullptr) std::rethrow_exception(state.error());
}

}  // namespace

std::string run_task(const std::string& text, const std::string& conninfo, const std::string& attempt, bool is_last,
                     std::stop_token stop) {
  TaskOutcome outcome;
  try {
    const Task task = read_task(text);
    TaskSession session(task.terms, conninfo, attempt, stop);
    load(session, task.sources, outcome);
  } catch (const Error& error) {
    if ((error.retryable && !is_last) || stop.stop_requested()) throw;
    outcome.error = error;
  }
  return write_outcome(outcome);
}

void require_success(const std::string& outcome) {
  if (const std::optional<Error> error = read_outcome(outcome).error) throw Error(*error);
}

}  // namespace pgfeed
