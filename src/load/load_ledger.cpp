#include "load/load_ledger.hpp"

#include <fmt/format.h>

#include "load/feed_tables.hpp"
#include "load/load_entry.hpp"
#include "load/no_ledger.hpp"
#include "load/preparation.hpp"
#include "load/staged_batch.hpp"
#include "load/staged_sources.hpp"
#include "postgres/ledger.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/partition_ledger.hpp"
#include "postgres/pending_keys.hpp"
#include "postgres/reject_query.hpp"
#include "postgres/reject_table.hpp"
#include "postgres/staged_splits.hpp"

namespace pgfeed {
namespace {

/// The ledger in its schema.
class KeptLedger : public LoadLedger {
 public:
  explicit KeptLedger(const LoadOptions& options) : options_(options) {}

  Target begin(Connection& connection, const Plan& plan, Report& report) override {
    if (takes_rejects(options_) && !has_ledger_schema(connection))
      throw Error(ErrorKind::database, fmt::format("there is no ledger (schema {}) in {}, so there are no rejects to load",
                                                   connection.session().schema, connection.where()));
    create_ledger_schema(connection);
    require_ledger_rights(connection);
    begin_this_feed(connection, plan, report);
    if (options_.joins) load_ = go_on_with_load(connection, plan.feed, options_.partitions);
    if (load_ != 0) return rejoin(connection, plan, report);
    Target target = bind(connection, plan, report);
    load_ = options_.joins ? begin_once(connection, plan, report.connections)
                           : write_load_down(connection, plan, options_, report.connections);
    return target;
  }
  std::int64_t load() const noexcept override { return load_; }
  void require_known(Connection& connection) override {
    if (load_ != 0) require_load(connection, load_);
  }
  std::string session_name() const override { return fmt::format("pgfeed load {}", load_); }

  SourcePlan plan(Connection& connection, const Plan& plan, const std::vector<Source>& sources) override {
    feed_ = plan.feed;
    uris_.clear();
    for (const Source& source : sources) {
      if (source.seekable) uris_.push_back(source.uri);
    }
    return plan_sources(connection, plan.feed, load_, sources, options_);
  }
  std::vector<PlannedSource> find_holes(Connection& connection, const std::vector<SeenEnd>& ends,
                                        const std::vector<PlannedSource>& planned) override {
    for (const SeenEnd& seen : ends) set_content_size(connection, seen.entry, seen.content_size);
    return pgfeed::find_holes(connection, planned);
  }
  bool parks() const noexcept override { return true; }
  bool has_pending_keys(Connection& connection, const Plan& plan) override {
    return !read_pending_keys(connection, plan.feed).empty();
  }

  std::string keep_rejects(Connection& connection, const Plan& plan, std::span<const RejectRow> rejects) override {
    insert_rejects(connection, load_, plan.feed, rejects);
    return "";
  }
  void committed(const std::string&) override {}

  void end(Connection& connection, const std::string& state) override { end_load(connection, load_, state); }
  /// Those of standard input have no name that another load's could be told by.
  void export_rejects(Connection& connection) override {
    if (options_.rejects_file.empty()) return;
    if (!options_.partitions.empty()) {
      uris_.clear();
      for (KnownPartition& known : read_partitions(connection, feed_, partitions_uri(options_.partitions), load_))
        uris_.push_back(std::move(known.uri));
    }
    pgfeed::export_rejects(connection, select_exported(load_, feed_, uris_), options_.rejects_file);
  }

 protected:
  virtual Target bind(Connection& connection, const Plan& plan, Report& report) {
    Target target = prepare_target(connection, plan, report.warnings);
    remember_tables(connection, target);
    return target;
  }
  /// For a load that has begun.
  virtual Target rejoin(Connection& connection, const Plan& plan, Report& report) {
    return joining_target(connection, plan, report.warnings);
  }
  [[nodiscard]] const LoadOptions& options() const noexcept { return options_; }

 private:
  /// Of those that want to begin it at the same time, one does; the others go on with it.
  std::int64_t begin_once(Connection& connection, const Plan& plan, int connections) {
    connection.begin();
    connection.run("SELECT pg_advisory_xact_lock(7090217, 4)");
    std::int64_t load = go_on_with_load(connection, plan.feed, options_.partitions);
    if (load == 0) load = write_load_down(connection, plan, options_, connections);
    connection.commit();
    return load;
  }

  void begin_this_feed(Connection& connection, const Plan& plan, Report& report) const {
    require_same_tables(connection, plan, options_.reload);
    const std::string before = begin_feed(connection, plan.feed, plan.hash);
    if (options_.publish != Publish::atomic) set_mapping_hash(connection, plan.feed, plan.hash);
    if (before.empty() || before == plan.hash || options_.reload || !options_.partitions.empty() ||
        !has_splits(connection, plan.feed))
      return;
    report.warnings.push_back(
        fmt::format("the mapping of feed {} has changed since it was loaded last: what is in stays as it was loaded; "
                    "--reload loads sources again",
                    plan.feed));
  }

  const LoadOptions& options_;
  std::int64_t load_ = 0;
  std::string feed_;
  std::vector<std::string> uris_;  ///< of the sources that have a name that lasts
};

/// Of an atomic load, up to its publication: nothing is made, and what is staged counts as in.
class StagedLedger : public KeptLedger {
 public:
  using KeptLedger::KeptLedger;

  SourcePlan plan(Connection& connection, const Plan& plan, const std::vector<Source>& sources) override {
    if (!options().partitions.empty() && options().limit >= 0) drop_staged_partitions(connection, plan.feed);
    SourcePlan left = KeptLedger::plan(connection, plan, sources);
    take_over_staged(connection, {plan.feed, load(), format_, options().limit >= 0}, left);
    return left;
  }
  std::vector<PlannedSource> find_holes(Connection& connection, const std::vector<SeenEnd>& ends,
                                        const std::vector<PlannedSource>& planned) override {
    for (const SeenEnd& seen : ends) set_content_size(connection, seen.entry, seen.content_size);
    return find_unstaged(connection, planned);
  }

 protected:
  Target bind(Connection& connection, const Plan& plan, Report&) override {
    Target target = preview_target(connection, plan);
    format_ = staged_format(target, options());
    return target;
  }
  Target rejoin(Connection& connection, const Plan& plan, Report& report) override { return bind(connection, plan, report); }

 private:
  /// A limit counts from the beginning: no more than it allows is to be published.
  void drop_staged_partitions(Connection& connection, const std::string& feed) const {
    std::vector<std::int64_t> entries;
    for (const KnownPartition& known : read_partitions(connection, feed, partitions_uri(options().partitions), load()))
      entries.push_back(known.source);
    std::vector<std::int64_t> splits;
    for (const StagedSplit& staged : read_staged(connection, entries)) splits.push_back(staged.split);
    drop_staged(connection, splits);
  }

  std::string format_;
};

}  // namespace

std::unique_ptr<LoadLedger> make_load_ledger(const LoadOptions& options) {
  if (options.no_ledger) return make_no_ledger(options);
  if (options.publish == Publish::atomic && !options.dry_run) return std::make_unique<StagedLedger>(options);
  return std::make_unique<KeptLedger>(options);
}

}  // namespace pgfeed
