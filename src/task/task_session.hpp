#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "load/load_ledger.hpp"
#include "load/target.hpp"
#include "mapping/plan.hpp"
#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"
#include "task/task.hpp"

namespace pgfeed {

/// A task's part in a load: its one session, the plan, and the tables that it is bound to. Without a driver that has begun
/// the load (`terms.load` is 0), the first of its tasks begins it, and the last that leaves ends it.
class TaskSession {
 public:
  /// Connects and joins the load. `conninfo` is libpq's; `attempt` names this attempt among all of the load.
  /// Throws Error.
  TaskSession(TaskTerms terms, const std::string& conninfo, const std::string& attempt, std::stop_token stop);
  /// Over a session in whose transaction the load was begun. It must outlive this.
  TaskSession(TaskTerms terms, Connection& lent);

  [[nodiscard]] const LoadOptions& options() const noexcept { return terms_.options; }
  [[nodiscard]] const std::string& load_time() const noexcept { return terms_.load_time; }
  [[nodiscard]] bool is_staged() const noexcept { return options().publish == Publish::atomic; }
  [[nodiscard]] SpanKind kind() const noexcept { return is_staged() ? SpanKind::staged : SpanKind::committed; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] LoadLedger& ledger() noexcept { return *ledger_; }
  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] const Target& target() const noexcept { return target_; }
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }

 private:
  [[nodiscard]] SessionOptions session(const std::string& conninfo) const;
  Target join(const std::string& attempt);

  const TaskTerms terms_;
  const std::stop_token stop_;
  const Plan plan_;
  std::optional<Connection> own_;
  Connection& connection_;
  std::unique_ptr<LoadLedger> ledger_;
  const Target target_;
};

}  // namespace pgfeed
