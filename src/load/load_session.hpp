#pragma once

#include <pgfeed/load.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "load/load_ledger.hpp"
#include "load/target.hpp"
#include "mapping/plan.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// A load's own session and its ledger: what comes before and after the rows. Not thread-safe.
class LoadSession {
 public:
  /// Connects. All must outlive it but `stop`. Throws Error(database).
  LoadSession(const LoadOptions& options, std::stop_token stop, Report& report);

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] LoadLedger& ledger() noexcept { return *ledger_; }
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }

  /// All up to the load's entry in the ledger. It may have to wait for what others have locked, and is begun anew where the
  /// connection is lost.
  Target begin(const Plan& plan);

  /// As long as it lives, a stop cancels what the session is doing. Not while that may be opened again.
  std::jthread cancel_when_stopped();

  /// Runs what may be run twice; also again in a new session, where it was lost.
  void patiently(const std::function<void()>& work);

  /// Connects again, after the connection was closed. Throws Error(database).
  void come_back();

  /// Makes all before it durable: this commit waits for the disk.
  void end(const char* state);
  /// All is in by now, so a file that cannot be written loses nothing. Throws Error that says so.
  void export_at_the_end();
  /// The load has failed: writes down how it ended, and throws the error.
  [[noreturn]] void fail(const Error& error);
  [[noreturn]] void fail(const std::exception_ptr& error);
  [[noreturn]] void fail_as_interrupted();

 private:
  void require_writable();
  void keep_within_room();

  const LoadOptions& options_;
  std::stop_token stop_;
  Report& report_;
  std::unique_ptr<LoadLedger> ledger_;
  Connection connection_;
};

}  // namespace pgfeed
