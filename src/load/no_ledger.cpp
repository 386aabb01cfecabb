#include "load/no_ledger.hpp"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <random>

#include "load/preparation.hpp"
#include "postgres/reject_lines.hpp"

namespace pgfeed {
namespace {

/// Without a number that the database gave it, a load has a name of its own making: another load must not take its
/// sessions for lost ones.
std::string random_name() {
  std::random_device random;
  return fmt::format("pgfeed load x{:08x}{:08x}", random(), random());
}

class NoLedger : public LoadLedger {
 public:
  explicit NoLedger(const LoadOptions& options) : options_(options) {}

  Target begin(Connection& connection, const Plan& plan, Report& report) override {
    Target target = existing_target(connection, plan);
    if (!options_.rejects_file.empty()) file_.emplace(options_.rejects_file);
    const std::vector<std::string> warnings = no_ledger_warnings(options_);
    report.warnings.insert(report.warnings.end(), warnings.begin(), warnings.end());
    return target;
  }
  std::int64_t load() const noexcept override { return 0; }
  void require_known(Connection&) override {}
  std::string session_name() const override { return name_; }

  SourcePlan plan(Connection&, const Plan&, const std::vector<Source>& sources) override {
    return {all_of(sources), 0, 0, {}};
  }
  std::vector<PlannedSource> find_holes(Connection&, const std::vector<SeenEnd>&,
                                        const std::vector<PlannedSource>&) override {
    return {};
  }
  bool parks() const noexcept override { return false; }
  bool has_pending_keys(Connection&, const Plan&) override { return false; }

  std::string keep_rejects(Connection&, const Plan&, std::span<const RejectRow> rejects) override {
    return file_ ? reject_lines(rejects) : "";
  }
  void committed(const std::string& kept) override {
    if (kept.empty()) return;
    const std::lock_guard lock(mutex_);
    file_->append(kept);
  }

  /// A commit waits for the disk only where it has written something. This is the least that there is to write: it is
  /// passed over by all who read the log but those who ask for it.
  void end(Connection& connection, const std::string&) override {
    connection.run("SELECT pg_logical_emit_message(true, 'pgfeed', '')");
  }
  void export_rejects(Connection&) override {}

 private:
  const LoadOptions& options_;
  const std::string name_ = random_name();
  std::mutex mutex_;  ///< guards what is written to the file
  std::optional<RejectLinesFile> file_;
};

}  // namespace

std::unique_ptr<LoadLedger> make_no_ledger(const LoadOptions& options) { return std::make_unique<NoLedger>(options); }

std::vector<std::string> no_ledger_warnings(const LoadOptions& options) {
  if (!options.no_ledger || options.dry_run) return {};
  std::vector<std::string> warnings{
      "--no-ledger: what is in is written down nowhere, so a load that is run again, or retried after a lost COMMIT, may "
      "load documents twice"};
  if (options.rejects_file.empty())
    warnings.emplace_back("--no-ledger: rejects are kept nowhere; --rejects FILE writes them to a file");
  return warnings;
}

}  // namespace pgfeed
