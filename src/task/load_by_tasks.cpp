#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pgfeed/documents.hpp>
#include <pgfeed/partitions.hpp>
#include <pgfeed/tasks.hpp>

#include <exception>

#include "load/elsewhere.hpp"
#include "mapping/plan.hpp"
#include "record/document_step.hpp"
#include "task/deal.hpp"
#include "task/task.hpp"

namespace pgfeed {
namespace {

TaskTerms terms_of(const LoadTerms& load) {
  TaskTerms terms{load.load, load.load_time, load.target.plan->feed, {}, load.options};
  terms.options.mapping_text = load.mapping_text;
  if (load.lent != nullptr) terms.options.publish = Publish::split;  // it is in one transaction anyway
  for (const TargetTable& table : load.target.tables) terms.key_comes_later.push_back(table.key_comes_later);
  return terms;
}

void add(const TaskOutcome& outcome, WorkDone& done) {
  done.findings.add(outcome.findings);
  done.read_seconds += outcome.counts.read_seconds;
  done.parse_seconds += outcome.counts.parse_seconds;
  done.server_seconds += outcome.counts.server_seconds;
  if (!done.error) done.error = outcome.error;
}

/// What can be read once only, and by one process only, is nothing for attempts on several machines.
void require_files(const std::vector<PlannedSource>& sources) {
  for (const PlannedSource& planned : sources) {
    if (planned.source->seekable) continue;
    Error error(ErrorKind::usage,
                fmt::format("{} is no file: standard input and pipes cannot be read by tasks", planned.source->path));
    error.source = planned.source->uri;
    throw error;
  }
}

class ByTasks final : public LoadElsewhere {
 public:
  explicit ByTasks(const RunTasks& run_tasks) : run_tasks_(run_tasks) {}

  WorkDone run(const LoadTerms& load, const std::vector<PlannedSource>& sources) override {
    require_files(sources);
    const std::string& path = load.options.documents.empty() ? load.target.plan->documents : load.options.documents;
    const TaskTerms terms = terms_of(load);
    std::vector<std::string> tasks;
    for (std::vector<TaskSource>& dealt :
         deal(sources, parse_documents_path(path), load.connections, load.options.split_size))
      tasks.push_back(write_task({terms, std::move(dealt)}));
    WorkDone done;
    if (tasks.empty()) return done;
    for (const std::string& outcome : run_tasks_(tasks)) add(read_outcome(outcome), done);
    return done;
  }

 private:
  const RunTasks& run_tasks_;
};

class ByPartitions final : public LoadElsewhere {
 public:
  explicit ByPartitions(const RunTasks& run_tasks) : run_tasks_(run_tasks) {}

  WorkDone run(const LoadTerms& load, const std::vector<PlannedSource>&) override {
    if (load.lent != nullptr) throw Error(ErrorKind::usage, "a dry run is one transaction: tasks have one each");
    WorkDone done;
    for (const std::string& outcome : run_tasks_({write_task({terms_of(load), {}})})) add(read_outcome(outcome), done);
    return done;
  }

 private:
  const RunTasks& run_tasks_;
};

/// Documents that this process has. In a dry run over the load's session, for all is in its transaction.
class ByDocuments final : public LoadElsewhere {
 public:
  explicit ByDocuments(const HandOver& hand_over) : hand_over_(hand_over) {}

  WorkDone run(const LoadTerms& load, const std::vector<PlannedSource>&) override {
    const std::string text = write_task({terms_of(load), {}});
    PartitionTask task =
        load.lent != nullptr ? PartitionTask(text, *load.lent) : PartitionTask(text, load.options.session.conninfo, "0");
    std::exception_ptr failed;
    try {
      hand_over_(task);
    } catch (const Error&) {
      failed = std::current_exception();
    }
    WorkDone done;
    add(read_outcome(task.outcome()), done);
    if (failed != nullptr && !done.error) std::rethrow_exception(failed);
    return done;
  }

 private:
  const HandOver& hand_over_;
};

}  // namespace

Report load_by_tasks(const LoadOptions& options, const RunTasks& run_tasks, std::stop_token stop, Report* partial) {
  ByTasks tasks(run_tasks);
  return load_elsewhere(
      options, tasks, [](const Report&) {}, std::move(stop), partial);
}

std::string write_load(const LoadOptions& options) {
  const std::string text = options.mapping_text.empty() ? read_mapping(options.mapping) : options.mapping_text;
  const std::string feed = compile_mapping(text, options.mapping).feed;
  TaskTerms terms{0, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))), feed, {}, options};
  terms.options.mapping_text = text;
  return write_task({terms, {}});
}

LoadOptions read_load(const std::string& text, const std::string& conninfo) {
  LoadOptions options = read_task(text).terms.options;
  options.session.conninfo = conninfo;
  return options;
}

std::string joining_task(const LoadOptions& options) {
  LoadOptions joining = options;
  joining.joins = true;
  return write_load(joining);
}

Report load_by_partitions(const LoadOptions& options, const RunTasks& run_tasks, std::stop_token stop, Report* partial) {
  ByPartitions partitions(run_tasks);
  return load_elsewhere(
      options, partitions, [](const Report&) {}, std::move(stop), partial);
}

Report load_documents(const LoadOptions& options, const HandOver& hand_over, std::stop_token stop, Report* partial) {
  ByDocuments documents(hand_over);
  return load_elsewhere(
      options, documents, [](const Report&) {}, std::move(stop), partial);
}

}  // namespace pgfeed
