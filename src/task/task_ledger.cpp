#include "task/task_ledger.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "postgres/ledger.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {
namespace {

class TaskLedger final : public LoadLedger {
 public:
  TaskLedger(std::int64_t load, const std::string& attempt, SpanKind kind)
      : load_(load), session_name_(fmt::format("pgfeed load {} task {}", load, attempt)), kind_(kind) {}

  Target begin(Connection&, const Plan&, Report&) override { throw of_driver(); }
  std::int64_t load() const noexcept override { return load_; }
  void require_known(Connection& connection) override { require_load(connection, load_); }
  std::string session_name() const override { return session_name_; }

  SourcePlan plan(Connection&, const Plan&, const std::vector<Source>&) override { throw of_driver(); }
  std::vector<PlannedSource> find_holes(Connection&, const std::vector<SeenEnd>&,
                                        const std::vector<PlannedSource>&) override {
    throw of_driver();
  }
  bool parks() const noexcept override { return true; }
  bool has_pending_keys(Connection&, const Plan&) override { return false; }

  std::string keep_rejects(Connection& connection, const Plan& plan, std::span<const RejectRow> rejects) override {
    insert_rejects(connection, load_, plan.feed, rejects);
    return "";
  }
  /// One split at a time that has rejects: what others have is known then. A lock that does not keep their splits waiting.
  std::int64_t count_rejected_elsewhere(Connection& connection) override {
    const std::string own = session_name_ + " %";
    const std::array<Parameter, 1> parameters{Parameter{own}};
    connection.run_ledger(fmt::format("SELECT FROM pgfeed.loads WHERE load = {} FOR NO KEY UPDATE", load_));
    return connection
        .run_ledger(fmt::format("SELECT coalesce(sum(rejected), 0) FROM {} WHERE load = {} AND worker NOT LIKE $1",
                                kind_ == SpanKind::staged ? "pgfeed.staged_splits" : "pgfeed.splits", load_),
                    parameters)
        .number(0, 0);
  }
  void committed(const std::string&) override {}

  void end(Connection&, const std::string&) override { throw of_driver(); }
  void export_rejects(Connection&) override { throw of_driver(); }

 private:
  static std::logic_error of_driver() { return std::logic_error("this is for the load's driver, not for a task"); }

  const std::int64_t load_;
  const std::string session_name_;
  const SpanKind kind_;
};

}  // namespace

std::unique_ptr<LoadLedger> make_task_ledger(std::int64_t load, const std::string& attempt, SpanKind kind) {
  return std::make_unique<TaskLedger>(load, attempt, kind);
}

}  // namespace pgfeed
