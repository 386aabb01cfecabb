#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "load/source_plan.hpp"
#include "load/split_queue.hpp"
#include "load/target.hpp"
#include "postgres/connection.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {

/// What a load asks the ledger of its database, and tells it: what is in, what came of its splits, how it ended. With
/// `--no-ledger` there is none, and each of these is what a load does instead.
///
/// All but what is said to be thread-safe is for the load's own thread. Throws Error.
class LoadLedger {
 public:
  virtual ~LoadLedger() = default;

  /// Makes what is missing, binds the plan to its tables, and writes the load down.
  virtual Target begin(Connection& connection, const Plan& plan, Report& report) = 0;
  /// The load's number; 0: it has none.
  [[nodiscard]] virtual std::int64_t load() const noexcept = 0;
  /// After a connection was lost: throws unless the server that answers now knows the load (see `require_load`).
  virtual void require_known(Connection& connection) = 0;
  /// What the load's sessions are called, and by which a worker knows the ones it had before: no other load's have it.
  [[nodiscard]] virtual std::string session_name() const = 0;

  /// What is left to load. `sources` must outlive the plan.
  virtual SourcePlan plan(Connection& connection, const Plan& plan, const std::vector<Source>& sources) = 0;
  /// After the last split: what is not in although it was committed (see `find_holes`).
  virtual std::vector<PlannedSource> find_holes(Connection& connection, const std::vector<SeenEnd>& ends,
                                                const std::vector<PlannedSource>& planned) = 0;
  /// Whether documents that refer to rows that may still come are kept until then. Thread-safe.
  [[nodiscard]] virtual bool parks() const noexcept = 0;
  /// Whether keys are still to be made after the rows.
  virtual bool has_pending_keys(Connection& connection, const Plan& plan) = 0;

  /// Inside a split's transaction: keeps its rejects. Returns what is to be handed to `committed`. Thread-safe.
  virtual std::string keep_rejects(Connection& connection, const Plan& plan, std::span<const RejectRow> rejects) = 0;
  /// Inside a split's transaction: documents that others who work for the load elsewhere have rejected. They wait here for
  /// one another. Thread-safe.
  virtual std::int64_t count_rejected_elsewhere(Connection&) { return 0; }
  /// The split's transaction was committed. Thread-safe.
  virtual void committed(const std::string& kept) = 0;

  /// Inside a durable transaction, last thing: how the load ended (see `end_load`).
  virtual void end(Connection& connection, const std::string& state) = 0;
  /// After the last transaction: the file that `--rejects` names.
  virtual void export_rejects(Connection& connection) = 0;
};

/// As the options ask for. They must outlive it.
std::unique_ptr<LoadLedger> make_load_ledger(const LoadOptions& options);

}  // namespace pgfeed
