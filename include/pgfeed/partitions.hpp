#pragma once

#include <pgfeed/documents.hpp>
#include <pgfeed/load.hpp>
#include <pgfeed/tasks.hpp>

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace pgfeed {

class Connection;

/// Loads partitions: documents that have no place where their bytes stand, handed over by tasks elsewhere.
/// `options.partitions` names them. `run_tasks` is given one text, which is for all tasks: each makes a PartitionTask of it.
/// No more than `options.connections` of them may run at a time; with a limit one, which is handed all of them. Not for a
/// dry run, which is one transaction: Error(usage).
Report load_by_partitions(const LoadOptions& options, const RunTasks& run_tasks, std::stop_token stop,
                          Report* partial = nullptr);

/// What a task does that joins the load `options.partitions`, without a driver that begins and ends it: for PartitionTask.
/// Throws Error(mapping).
std::string joining_task(const LoadOptions& options);

/// Ends the load `options.partitions`, whose tasks have joined it, with the sessions of those that are still at work: it has
/// failed, unless it has ended. `keeps_staged`: what they have staged stays, for someone goes on with it. Does nothing where
/// there is no such load. Throws Error.
void give_up_partitions(const LoadOptions& options, bool keeps_staged);

/// One attempt of a task that hands over documents of partitions, one partition after another, over one session.
///
/// Each partition goes in once, however often and by how many attempts it is handed over, in whatever order its documents
/// come. That they are the same documents cannot be seen of a partition that is in whole; of others it is.
/// While it sends a split, documents of the next are taken. Not thread-safe.
class PartitionTask final : public DocumentSink {
 public:
  /// `task`: what `load_by_partitions` gave; else as `run_task`. Connects, which may take long where others have all the
  /// sessions that the load may have; `stop` ends the wait, and nothing later. Throws Error.
  PartitionTask(const std::string& task, const std::string& conninfo, const std::string& attempt,
                const std::stop_token& stop = {});
  /// The same over a session whose one transaction encloses all that the task does. It must outlive the task.
  PartitionTask(const std::string& task, Connection& lent);
  /// What has not ended is rolled back.
  ~PartitionTask() override;
  PartitionTask(PartitionTask&&) noexcept;
  PartitionTask(const PartitionTask&) = delete;
  PartitionTask& operator=(const PartitionTask&) = delete;

  /// False: it is in, or the limit is reached. With a limit the documents of one that is in are counted.
  bool begin(std::int64_t partition) override;
  void add(std::string_view document) override;
  RowSink* rows() override;
  /// Returns once all that was handed over is in. At the limit the rest is still to come, unless `options.once`.
  void end() override;
  [[nodiscard]] bool is_full() const override;
  void stop() override;

  /// After the last partition, without a driver: leaves the load, and ends it if no other task is left. Throws Error.
  void leave();

  /// What the attempt came to, for `run_tasks`: with the error that ended it where another attempt cannot help.
  [[nodiscard]] std::string outcome() const;

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace pgfeed
