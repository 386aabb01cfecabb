#include "postgres/load_report.hpp"

#include <array>

#include "postgres/load_totals.hpp"

namespace pgfeed {
namespace {

constexpr const char* kMoment = R"('YYYY-MM-DD"T"HH24:MI:SS"Z"')";

/// $1: feed, $2: load, both NULL for any; $3: how many of a feed; $4: loads that live, NULL: that is not known.
std::string loads_sql() {
  const std::string moment = kMoment;
  return R"sql(
WITH known AS (
  SELECT *, row_number() OVER (PARTITION BY feed ORDER BY load DESC) AS place FROM pgfeed.loads
  WHERE ($1::text IS NULL OR feed = $1) AND ($2::bigint IS NULL OR load = $2)
), shown AS (
  SELECT *, CASE WHEN $4::bigint[] IS NULL OR state NOT IN ('running', 'abandoned') THEN state
                 WHEN load = ANY ($4) THEN 'running' ELSE 'abandoned' END AS state_now
  FROM known WHERE place <= $3::bigint
)
SELECT l.load, l.feed, l.state_now, coalesce(l.options ->> 'publish', 'split'), l.role,
       to_char(l.started AT TIME ZONE 'UTC', )sql" +
         moment + "), to_char(l.ended AT TIME ZONE 'UTC', " + moment + R"sql(),
       extract(epoch FROM coalesce(l.ended, CASE l.state_now WHEN 'running' THEN clock_timestamp() ELSE p.ended END)
                          - l.started)::float8,
       p.splits, p.bytes, p.loaded, p.skipped, p.rejected, p.rows, l.mapping_hash, l.options, l.client
FROM shown l CROSS JOIN LATERAL (
  SELECT count(part.bytes) AS splits, coalesce(sum(part.bytes), 0) AS bytes, coalesce(sum(part.loaded), 0) AS loaded,
         coalesce(sum(part.skipped), 0) AS skipped, coalesce(sum(part.rejected), 0) AS rejected, max(part.ended) AS ended,
         coalesce(sum((SELECT sum((t.value ->> 'inserted')::bigint + (t.value ->> 'merged')::bigint)
                       FROM jsonb_each(part.rows) t)), 0) AS rows
  FROM (SELECT upper(span) - lower(span) AS bytes, loaded, skipped, rejected, rows, ended FROM pgfeed.splits
        WHERE splits.load = l.load
        UNION ALL SELECT NULL, loaded, skipped, rejected, rows, ended FROM pgfeed.late_batches
        WHERE late_batches.load = l.load) part
) p ORDER BY l.feed, l.load DESC
)sql";
}

Parameter text_or_null(const std::string& text) { return text.empty() ? Parameter{} : Parameter{text}; }

Result run_loads(LedgerSnapshot& ledger, const std::string& feed, std::int64_t load, std::int64_t count) {
  const std::string number = load == 0 ? "" : std::to_string(load);
  const std::string most = std::to_string(count);
  const std::string live = ledger.live_loads().value_or("");
  const std::array<Parameter, 4> parameters{text_or_null(feed), text_or_null(number), Parameter{most}, text_or_null(live)};
  return ledger.connection().run_ledger(loads_sql(), parameters);
}

LoadStatus load_of(const Result& rows, std::size_t i) {
  LoadStatus load;
  load.load = rows.number(i, 0);
  load.feed = rows.text(i, 1);
  load.state = rows.text(i, 2);
  load.publish = rows.text(i, 3);
  load.role = rows.text(i, 4);
  load.started = rows.text(i, 5);
  load.ended = rows.text(i, 6);
  if (!rows.is_null(i, 7)) load.seconds = std::stod(rows.text(i, 7));
  load.splits = rows.number(i, 8);
  load.bytes = rows.number(i, 9);
  load.loaded = rows.number(i, 10);
  load.skipped = rows.number(i, 11);
  load.rejected = rows.number(i, 12);
  load.read = load.loaded + load.skipped + load.rejected;
  load.rows = rows.number(i, 13);
  return load;
}

std::vector<WorkerStatus> read_workers(Connection& connection, std::span<const Parameter> load) {
  const std::string moment = kMoment;
  const Result rows = connection.run_ledger(
      "SELECT regexp_replace(worker, '^pgfeed load [0-9]+ ?', '') AS name, count(*), sum(loaded + skipped + rejected), "
      "sum(upper(span) - lower(span)), coalesce(sum(extract(epoch FROM ended - claimed)), 0)::float8, "
      "to_char(min(claimed) AT TIME ZONE 'UTC', " +
          moment + "), to_char(max(ended) AT TIME ZONE 'UTC', " + moment +
          ") FROM pgfeed.splits WHERE load = $1::bigint GROUP BY 1 ORDER BY length(min(worker)), 1",
      load);
  std::vector<WorkerStatus> workers;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    workers.push_back({rows.text(i, 0), rows.number(i, 1), rows.number(i, 2), rows.number(i, 3), std::stod(rows.text(i, 4)),
                       rows.text(i, 5), rows.text(i, 6)});
  }
  return workers;
}

// What a load brought, spans that touch made one; and the gaps between all that is in, up to the end where it is known.
constexpr const char* kRanges = R"sql(
WITH own AS (SELECT source FROM pgfeed.sources WHERE load = $1::bigint
             UNION SELECT source FROM pgfeed.splits WHERE load = $1::bigint)
SELECT source, true, min(lower(span)), max(upper(span)) FROM (
  SELECT source, span, count(*) FILTER (WHERE lower(span) IS DISTINCT FROM before)
                         OVER (PARTITION BY source ORDER BY span) AS run
  FROM (SELECT source, span, lag(upper(span)) OVER (PARTITION BY source ORDER BY span) AS before FROM pgfeed.splits
        WHERE load = $1::bigint) touching) numbered
GROUP BY source, run
UNION ALL
SELECT source, false, before, lower(span) FROM (
  SELECT source, span, lag(upper(span), 1, 0::bigint) OVER (PARTITION BY source ORDER BY span) AS before FROM pgfeed.splits
  WHERE source IN (SELECT source FROM own)) gaps
WHERE before < lower(span)
UNION ALL
SELECT source, false, reached, content_size FROM (
  SELECT s.source, s.content_size,
         (SELECT coalesce(max(upper(span)), 0) FROM pgfeed.splits WHERE splits.source = s.source) AS reached
  FROM pgfeed.sources s WHERE s.source IN (SELECT source FROM own)) ends
WHERE reached < content_size
ORDER BY 1, 2, 3)sql";

std::vector<LoadSource> read_load_sources(Connection& connection, std::span<const Parameter> load) {
  const Result rows = connection.run_ledger(R"sql(
SELECT s.source, s.uri, s.generation, s.version, coalesce(s.content_size, -1), coalesce(c.splits, 0)
FROM pgfeed.sources s LEFT JOIN (SELECT source, count(*) AS splits FROM pgfeed.splits WHERE load = $1::bigint GROUP BY source) c
     USING (source)
WHERE s.load = $1::bigint OR c.source IS NOT NULL ORDER BY s.source)sql",
                                            load);
  const Result ranges = connection.run_ledger(kRanges, load);
  std::vector<LoadSource> sources;
  std::size_t range = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    LoadSource source{rows.text(i, 1), rows.number(i, 2), rows.text(i, 3), rows.number(i, 4), rows.number(i, 5), {}, {}};
    for (; range < ranges.rows() && ranges.number(range, 0) == rows.number(i, 0); ++range) {
      std::vector<ByteRange>& into = ranges.is_true(range, 1) ? source.covered : source.missing;
      into.emplace_back(ranges.number(range, 2), ranges.number(range, 3));
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

std::vector<LoadStatus> read_loads(LedgerSnapshot& ledger, const std::string& feed, std::int64_t count) {
  const Result rows = run_loads(ledger, feed, 0, count);
  std::vector<LoadStatus> loads;
  for (std::size_t i = 0; i < rows.rows(); ++i) loads.push_back(load_of(rows, i));
  return loads;
}

LoadDetail read_load(LedgerSnapshot& ledger, std::int64_t load) {
  LoadDetail detail;
  const Result rows = run_loads(ledger, "", load, 1);
  if (rows.rows() == 0) return detail;
  detail.load = load_of(rows, 0);
  detail.mapping_hash = rows.text(0, 14);
  detail.options = rows.text(0, 15);
  detail.client = rows.text(0, 16);
  const std::string number = std::to_string(load);
  const std::array<Parameter, 1> parameters{Parameter{number}};
  detail.tables = read_load_tables(ledger.connection(), load);
  detail.workers = read_workers(ledger.connection(), parameters);
  detail.sources = read_load_sources(ledger.connection(), parameters);
  for (auto& [feed, staged] : read_staged(ledger, "", load)) detail.staged = staged;
  for (auto& [feed, count] : read_reject_counts(ledger, "", load)) detail.rejects.push_back(std::move(count));
  return detail;
}

std::vector<std::pair<std::string, RejectCount>> read_reject_counts(LedgerSnapshot& ledger, const std::string& feed,
                                                                    std::int64_t load) {
  const std::string number = load == 0 ? "" : std::to_string(load);
  const std::array<Parameter, 2> parameters{text_or_null(feed), text_or_null(number)};
  const Result rows = ledger.connection().run_ledger(
      "SELECT feed, coalesce(table_name, ''), coalesce(column_name, ''), coalesce(sqlstate, ''), state, count(*), "
      "min(reason) "
      "FROM pgfeed.rejects WHERE ($1::text IS NULL OR feed = $1) AND ($2::bigint IS NULL OR load = $2) "
      "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 6 DESC, 2, 3, 4, 5",
      parameters);
  std::vector<std::pair<std::string, RejectCount>> counts;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    counts.push_back(
        {rows.text(i, 0),
         {rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4), rows.number(i, 5), rows.text(i, 6)}});
  }
  return counts;
}

std::vector<std::pair<std::string, StagedSplits>> read_staged(LedgerSnapshot& ledger, const std::string& feed,
                                                              std::int64_t load) {
  if (!ledger.has_staged()) return {};
  const std::string number = load == 0 ? "" : std::to_string(load);
  const std::array<Parameter, 2> parameters{text_or_null(feed), text_or_null(number)};
  const Result rows = ledger.connection().run_ledger(
      "SELECT l.feed, l.load, count(*), sum(upper(s.span) - lower(s.span)), sum(s.documents) FROM pgfeed.staged_splits s "
      "JOIN "
      "pgfeed.loads l USING (load) WHERE ($1::text IS NULL OR l.feed = $1) AND ($2::bigint IS NULL OR load = $2) "
      "GROUP BY l.feed, l.load ORDER BY l.feed, l.load",
      parameters);
  std::vector<std::pair<std::string, StagedSplits>> staged;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    staged.push_back({rows.text(i, 0), {rows.number(i, 1), rows.number(i, 2), rows.number(i, 3), rows.number(i, 4)}});
  return staged;
}

}  // namespace pgfeed
