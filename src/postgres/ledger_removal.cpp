#include "postgres/ledger_removal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "postgres/array_text.hpp"
#include "postgres/load_sessions.hpp"

namespace pgfeed {
namespace {

// $1: feed; $2: load or NULL; $3: URIs, NULL: all; $4: how others begin, or NULL. All generations of a source go together.
// A reject has the name of what was read: of standard input and pipes the ledger has another one, `uri#load` or `id:name`.
const std::string kDoomed = R"sql(
WITH doomed_sources AS (
  SELECT source, uri FROM pgfeed.sources
  WHERE feed = $1 AND $2::bigint IS NULL
    AND ($3::text[] IS NULL OR uri IN (SELECT unnest($3::text[])) OR starts_with(uri, $4::text))
), doomed_splits AS (
  SELECT * FROM pgfeed.splits
  WHERE load = $2::bigint OR ($2::bigint IS NULL AND source IN (SELECT source FROM doomed_sources))
), doomed_rejects AS (
  SELECT reject FROM pgfeed.rejects r WHERE feed = $1 AND state IN ('rejected', 'parked') AND (
    load = $2::bigint OR ($2::bigint IS NULL AND (
      $3::text[] IS NULL OR source IN (SELECT uri FROM doomed_sources)
      OR source || '#' || load IN (SELECT uri FROM doomed_sources)
      OR (load IN (SELECT load FROM doomed_splits JOIN doomed_sources USING (source) WHERE starts_with(uri, 'id:'))
          AND source NOT IN (SELECT uri FROM pgfeed.sources WHERE feed = $1)))))
)
)sql";

/// The parameters of kDoomed. Must outlive them.
class DoomedParameters {
 public:
  explicit DoomedParameters(const Removal& removal)
      : feed_(removal.feed),
        load_(std::to_string(removal.load)),
        uris_(removal.uris ? array_text(*removal.uris) : ""),
        folder_(removal.folder),
        parameters_{Parameter{feed_}, removal.load == 0 ? Parameter{} : Parameter{load_},
                    removal.uris ? Parameter{uris_} : Parameter{}, folder_.empty() ? Parameter{} : Parameter{folder_}} {}
  DoomedParameters(const DoomedParameters&) = delete;
  DoomedParameters& operator=(const DoomedParameters&) = delete;

  [[nodiscard]] std::span<const Parameter> all() const noexcept { return parameters_; }

 private:
  std::string feed_;
  std::string load_;
  std::string uris_;
  std::string folder_;
  std::array<Parameter, 4> parameters_;
};

void require_no_running_load(Connection& connection, const std::string& feed) {
  const std::string live = array_text(find_live_loads(connection));
  const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{live}};
  const Result rows = connection.run_ledger(
      "SELECT load FROM pgfeed.loads WHERE feed = $1 AND load = ANY ($2::bigint[]) AND state IN ('running', 'abandoned') "
      "ORDER BY load",
      parameters);
  if (rows.rows() == 0) return;
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < rows.rows(); ++i) numbers.push_back(rows.text(i, 0));
  throw Error(
      ErrorKind::database,
      fmt::format("load {} of feed {} is running, so nothing was forgotten: wait for its end, or end it, and try again",
                  fmt::join(numbers, ", "), feed));
}

void run_removal(Connection& connection, const Removal& removal, std::span<const Parameter> doomed) {
  connection.run_ledger(kDoomed + "DELETE FROM pgfeed.rejects WHERE reject IN (SELECT reject FROM doomed_rejects)", doomed);
  connection.run_ledger(kDoomed + "DELETE FROM pgfeed.splits WHERE split IN (SELECT split FROM doomed_splits)", doomed);
  if (removal.load != 0) {
    connection.run_ledger(fmt::format("DELETE FROM pgfeed.late_batches WHERE load = {}", removal.load));
    return;
  }
  connection.run_ledger(kDoomed + "DELETE FROM pgfeed.sources WHERE source IN (SELECT source FROM doomed_sources)", doomed);
  if (removal.uris) return;
  connection.run_ledger("DELETE FROM pgfeed.late_batches WHERE load IN (SELECT load FROM pgfeed.loads WHERE feed = $1)",
                        doomed.first(1));
  connection.run_ledger("DELETE FROM pgfeed.feed_tables WHERE feed = $1", doomed.first(1));
}

}  // namespace

std::vector<std::string> feeds_with_sources(Connection& connection, const std::vector<std::string>& uris,
                                            const std::string& folder) {
  const std::string array = array_text(uris);
  const std::array<Parameter, 2> parameters{Parameter{array}, folder.empty() ? Parameter{} : Parameter{folder}};
  const Result rows = connection.run_ledger(
      "SELECT DISTINCT feed FROM pgfeed.sources WHERE uri IN (SELECT unnest($1::text[])) OR starts_with(uri, $2::text) "
      "ORDER BY feed",
      parameters);
  std::vector<std::string> feeds;
  for (std::size_t i = 0; i < rows.rows(); ++i) feeds.push_back(rows.text(i, 0));
  return feeds;
}

std::string feed_of_load(Connection& connection, std::int64_t load) {
  const Result rows = connection.run_ledger(fmt::format("SELECT feed FROM pgfeed.loads WHERE load = {}", load));
  return rows.rows() == 0 ? "" : rows.text(0, 0);
}

bool has_feed(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  return connection.run_ledger("SELECT FROM pgfeed.feeds WHERE feed = $1", parameters).rows() != 0;
}

Forgotten count_removal(Connection& connection, const Removal& removal) {
  const DoomedParameters doomed(removal);
  const Result row = connection.run_ledger(
      kDoomed +
          "SELECT CASE WHEN $2::bigint IS NULL THEN (SELECT count(*) FROM doomed_sources) ELSE count(DISTINCT source) END, "
          "count(*), coalesce(sum(upper(span) - lower(span)), 0), coalesce(sum(loaded + skipped + rejected), 0), "
          "(SELECT count(*) FROM pgfeed.staged_splits WHERE source IN (SELECT source FROM doomed_sources)), "
          "(SELECT count(*) FROM doomed_rejects) FROM doomed_splits",
      doomed.all());
  Forgotten forgotten{connection.where(), removal.feed,     row.number(0, 0),
                      row.number(0, 1),   row.number(0, 2), row.number(0, 3),
                      row.number(0, 4),   row.number(0, 5), {}};
  const Result names = connection.run_ledger(
      kDoomed +
          "SELECT uri FROM pgfeed.sources WHERE source IN (SELECT source FROM doomed_splits UNION SELECT source FROM "
          "doomed_sources) GROUP BY uri ORDER BY min(source) LIMIT 3",
      doomed.all());
  for (std::size_t i = 0; i < names.rows(); ++i) forgotten.first_sources.push_back(names.text(i, 0));
  return forgotten;
}

// A load that begins, and one that writes sources down, needs its feed's row to stay: it waits for this transaction. One
// that is under way is seen, for it had its session's name before it could be seen itself.
Forgotten remove_from_ledger(Connection& connection, const Removal& removal) {
  const DoomedParameters doomed(removal);
  connection.begin_maintenance();
  connection.run_ledger("SELECT FROM pgfeed.feeds WHERE feed = $1 FOR UPDATE", doomed.all().first(1));
  require_no_running_load(connection, removal.feed);
  Forgotten forgotten = count_removal(connection, removal);
  run_removal(connection, removal, doomed.all());
  connection.commit();
  return forgotten;
}

}  // namespace pgfeed
