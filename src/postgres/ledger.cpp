#include "postgres/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "postgres/array_text.hpp"

namespace pgfeed {
namespace {

// URIs that one statement asks for or writes: enough that round trips do not count, few enough to hold.
constexpr std::size_t kSourcesAtOnce = 10'000;

template <typename Element>
std::span<const Element> piece_of(std::span<const Element> all, std::size_t first) {
  return all.subspan(first, std::min(kSourcesAtOnce, all.size() - first));
}

Span span_of(const Result& rows, std::size_t row, int column) {
  return {static_cast<std::uint64_t>(rows.number(row, column)), static_cast<std::uint64_t>(rows.number(row, column + 1))};
}

const char* table_of(SpanKind kind) noexcept {
  return kind == SpanKind::committed ? "pgfeed.splits" : "pgfeed.staged_splits";
}

// Of a split's rows, from the parameters of RowArrays.
constexpr const char* kRowsObject =
    "(SELECT jsonb_object_agg(t.name, jsonb_build_object('inserted', t.inserted, 'merged', t.merged, 'already_there', "
    "t.already_there)) FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) t (name, inserted, merged, "
    "already_there))";

/// The rows of each table as four arrays. Must outlive the parameters.
class RowArrays {
 public:
  explicit RowArrays(const SplitCounts& counts) {
    std::vector<std::string> tables;
    std::array<std::vector<std::int64_t>, 3> rows;
    for (const SplitCounts::TableRows& table : counts.tables) {
      tables.push_back(table.table);
      rows[0].push_back(table.inserted);
      rows[1].push_back(table.merged);
      rows[2].push_back(table.already_there);
    }
    texts_ = {array_text(tables), array_text(rows[0]), array_text(rows[1]), array_text(rows[2])};
  }
  [[nodiscard]] std::vector<Parameter> parameters() const {
    std::vector<Parameter> parameters;
    for (const std::string& text : texts_) parameters.push_back({text});
    return parameters;
  }

 private:
  std::vector<std::string> texts_;
};

}  // namespace

std::string begin_feed(Connection& connection, const std::string& feed, const std::string& mapping_hash) {
  const std::array<Parameter, 2> both{Parameter{feed}, Parameter{mapping_hash}};
  const std::array<Parameter, 1> name{Parameter{feed}};
  const Result before = connection.run_ledger("SELECT mapping_hash FROM pgfeed.feeds WHERE feed = $1", name);
  connection.run_ledger("INSERT INTO pgfeed.feeds (feed, mapping_hash) VALUES ($1, $2) ON CONFLICT (feed) DO NOTHING", both);
  return before.rows() == 0 ? "" : before.text(0, 0);
}

void set_mapping_hash(Connection& connection, const std::string& feed, const std::string& mapping_hash) {
  const std::array<Parameter, 2> both{Parameter{feed}, Parameter{mapping_hash}};
  connection.run_ledger("UPDATE pgfeed.feeds SET mapping_hash = $2 WHERE feed = $1 AND mapping_hash <> $2", both);
}

bool has_splits(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  return connection
      .run_ledger("SELECT EXISTS (SELECT FROM pgfeed.sources s JOIN pgfeed.splits USING (source) WHERE s.feed = $1)",
                  parameters)
      .is_true(0, 0);
}

std::vector<FeedTable> read_feed_tables(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  const Result rows = connection.run_ledger("SELECT table_name, oid FROM pgfeed.feed_tables WHERE feed = $1", parameters);
  std::vector<FeedTable> tables;
  for (std::size_t i = 0; i < rows.rows(); ++i) tables.push_back({rows.text(i, 0), rows.text(i, 1)});
  return tables;
}

void write_feed_tables(Connection& connection, const std::string& feed, std::span<const FeedTable> tables) {
  std::vector<std::string> names;
  std::vector<std::string> oids;
  for (const FeedTable& table : tables) {
    names.push_back(table.name);
    oids.push_back(table.oid);
  }
  const std::string name_array = array_text(names);
  const std::string oid_array = array_text(oids);
  const std::array<Parameter, 3> parameters{Parameter{feed}, Parameter{name_array}, Parameter{oid_array}};
  connection.run_ledger(
      "INSERT INTO pgfeed.feed_tables SELECT $1, name, oid FROM unnest($2::text[], $3::oid[]) t (name, oid) ORDER BY name "
      "ON CONFLICT (feed, table_name) DO UPDATE SET oid = excluded.oid WHERE feed_tables.oid <> excluded.oid",
      parameters);
}

std::int64_t begin_load(Connection& connection, const std::string& feed, const std::string& mapping_hash,
                        const std::string& options, const std::string& client) {
  const std::array<Parameter, 4> parameters{Parameter{feed}, Parameter{mapping_hash}, Parameter{options}, Parameter{client}};
  const std::int64_t load =
      connection
          .run_ledger(
              "WITH made AS (INSERT INTO pgfeed.loads (feed, mapping_hash, options, client) VALUES ($1, $2, $3::jsonb, "
              "$4::jsonb) RETURNING load) SELECT load, set_config('application_name', 'pgfeed load ' || load, false) FROM "
              "made",
              parameters)
          .number(0, 0);
  connection.rename(fmt::format("pgfeed load {}", load));
  return load;
}

void require_load(Connection& connection, std::int64_t load) {
  const std::string number = std::to_string(load);
  const std::array<Parameter, 1> parameters{Parameter{number}};
  try {
    if (connection.run_ledger("SELECT FROM pgfeed.loads WHERE load = $1::bigint", parameters).rows() > 0) return;
  } catch (const Error& error) {
    constexpr const char* kUndefinedTable = "42P01";
    if (error.sqlstate != kUndefinedTable) throw;
  }
  throw Error(ErrorKind::database,
              fmt::format("{} does not know load {}, which this is: it took over from a server that had not passed all on; "
                          "run the same command again to load what it lacks",
                          connection.where(), load));
}

void end_load(Connection& connection, std::int64_t load, const std::string& state) {
  const std::string number = std::to_string(load);
  const std::array<Parameter, 2> parameters{Parameter{number}, Parameter{state}};
  connection.run_ledger("UPDATE pgfeed.loads SET ended = clock_timestamp(), state = $2 WHERE load = $1::bigint", parameters);
}

void give_load_up(Connection& connection, std::int64_t load) {
  connection.run_ledger(
      fmt::format("UPDATE pgfeed.loads SET options = options || '{{\"given_up\": true}}' WHERE load = {}", load));
}

std::int64_t go_on_with_load(Connection& connection, const std::string& feed, const std::string& partitions) {
  const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{partitions}};
  if (connection
          .run_ledger("SELECT FROM pgfeed.loads WHERE feed = $1 AND options ->> 'partitions' = $2 AND options ? 'given_up'",
                      parameters)
          .rows() > 0)
    throw Error(ErrorKind::database, "the load of this task has failed, and is not gone on with");
  const Result rows = connection.run_ledger(
      "UPDATE pgfeed.loads SET state = 'running', ended = NULL WHERE load = (SELECT max(load) FROM pgfeed.loads WHERE feed "
      "= "
      "$1 AND options ->> 'partitions' = $2) RETURNING load",
      parameters);
  return rows.rows() == 0 ? 0 : rows.number(0, 0);
}

std::int64_t find_load(Connection& connection, const std::string& feed, const std::string& partitions) {
  const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{partitions}};
  return connection
      .run_ledger("SELECT max(load) FROM pgfeed.loads WHERE feed = $1 AND options ->> 'partitions' = $2", parameters)
      .number(0, 0);
}

std::string read_load_state(Connection& connection, std::int64_t load) {
  return connection.run_ledger(fmt::format("SELECT state FROM pgfeed.loads WHERE load = {}", load)).text(0, 0);
}

std::vector<SourceEntry> read_sources(Connection& connection, const std::string& feed, std::span<const std::string> uris,
                                      Generation which) {
  const char* first_choice =
      which == Generation::last ? "" : "EXISTS (SELECT FROM pgfeed.splits WHERE splits.source = sources.source) DESC, ";
  std::vector<SourceEntry> entries(uris.size());
  for (std::size_t first = 0; first < uris.size(); first += kSourcesAtOnce) {
    const std::string array = array_text(piece_of(uris, first));
    const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{array}};
    const Result rows = connection.run_ledger(
        fmt::format(
            "SELECT wanted.number - 1, s.source, s.generation, s.last_generation, coalesce(s.size, -1), s.version, "
            "coalesce(s.content_size, -1), (SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM pgfeed.splits "
            "WHERE splits.source = s.source) FROM unnest($2::text[]) WITH ORDINALITY wanted (uri, number) CROSS JOIN "
            "LATERAL (SELECT *, max(generation) OVER () AS last_generation FROM pgfeed.sources WHERE sources.feed = "
            "$1 AND sources.uri = wanted.uri ORDER BY {} generation DESC LIMIT 1) s",
            first_choice),
        parameters);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      entries[first + static_cast<std::size_t>(rows.number(i, 0))] = {
          rows.number(i, 1), rows.number(i, 2), rows.number(i, 3), rows.number(i, 4),
          rows.text(i, 5),   rows.number(i, 6), rows.number(i, 7)};
    }
  }
  return entries;
}

void add_sources(Connection& connection, const std::string& feed, std::int64_t load, std::span<const NewSource> sources) {
  const std::string number = std::to_string(load);
  for (std::size_t first = 0; first < sources.size(); first += kSourcesAtOnce) {
    std::vector<std::string> uris;
    std::vector<std::string> versions;
    std::array<std::vector<std::int64_t>, 3> numbers;
    for (const NewSource& source : piece_of(sources, first)) {
      uris.push_back(source.uri);
      versions.push_back(source.version);
      numbers[0].push_back(source.generation);
      numbers[1].push_back(source.size);
      numbers[2].push_back(source.content_size);
    }
    const std::array<std::string, 5> arrays{array_text(uris), array_text(versions), array_text(numbers[0]),
                                            array_text(numbers[1]), array_text(numbers[2])};
    const std::array<Parameter, 7> parameters{Parameter{feed},      Parameter{number},    Parameter{arrays[0]},
                                              Parameter{arrays[1]}, Parameter{arrays[2]}, Parameter{arrays[3]},
                                              Parameter{arrays[4]}};
    connection.run_ledger(
        "INSERT INTO pgfeed.sources (feed, load, uri, version, generation, size, content_size) SELECT $1, $2::bigint, uri, "
        "version, generation, nullif(size, -1), nullif(content_size, -1) FROM unnest($3::text[], $4::text[], $5::bigint[], "
        "$6::bigint[], $7::bigint[]) n (uri, version, generation, size, content_size) ON CONFLICT DO NOTHING",
        parameters);
  }
}

void set_content_size(Connection& connection, std::int64_t source, std::int64_t content_size) {
  connection.run_ledger(
      fmt::format("UPDATE pgfeed.sources SET content_size = nullif({}, -1) WHERE source = {}", content_size, source));
}

std::vector<std::int64_t> read_content_sizes(Connection& connection, std::span<const std::int64_t> sources) {
  std::vector<std::int64_t> sizes(sources.size(), -1);
  const std::string array = array_text(sources);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  const Result rows = connection.run_ledger(
      "SELECT wanted.number - 1, s.content_size FROM unnest($1::bigint[]) WITH ORDINALITY wanted (source, number) JOIN "
      "pgfeed.sources s USING (source) WHERE s.content_size IS NOT NULL",
      parameters);
  for (std::size_t i = 0; i < rows.rows(); ++i) sizes[static_cast<std::size_t>(rows.number(i, 0))] = rows.number(i, 1);
  return sizes;
}

std::vector<bool> are_complete(Connection& connection, std::span<const std::int64_t> sources) {
  std::vector<bool> complete(sources.size(), false);
  for (std::size_t first = 0; first < sources.size(); first += kSourcesAtOnce) {
    const std::string array = array_text(piece_of(sources, first));
    const std::array<Parameter, 1> parameters{Parameter{array}};
    const Result rows = connection.run_ledger(
        "SELECT wanted.number - 1 FROM unnest($1::bigint[]) WITH ORDINALITY wanted (source, number) JOIN pgfeed.sources s "
        "USING (source) WHERE s.content_size = (SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM pgfeed.splits WHERE "
        "splits.source = s.source)",
        parameters);
    for (std::size_t i = 0; i < rows.rows(); ++i) complete[first + static_cast<std::size_t>(rows.number(i, 0))] = true;
  }
  return complete;
}

Spans read_spans(Connection& connection, std::int64_t source, SpanKind kind) {
  const Result rows = connection.run_ledger(
      fmt::format("SELECT lower(span), upper(span) FROM {} WHERE source = {} ORDER BY span", table_of(kind), source));
  Spans spans;
  for (std::size_t i = 0; i < rows.rows(); ++i) spans.push_back(span_of(rows, i, 0));
  return unite(spans, {});
}

std::vector<CommittedSplit> read_splits(Connection& connection, SpanKind kind, std::int64_t source, Span span) {
  const Result rows = connection.run_ledger(
      fmt::format("SELECT split, load, lower(span), upper(span), worker FROM {3} WHERE int8range(source, source, "
                  "'[]') && int8range({0}, {0}, '[]') AND span && int8range({1}, {2}) ORDER BY span",
                  source, span.begin, span.end, table_of(kind)));
  std::vector<CommittedSplit> splits;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    splits.push_back({rows.number(i, 0), rows.number(i, 1), rows.text(i, 4), span_of(rows, i, 2)});
  return splits;
}

std::vector<std::int64_t> claim_spans(Connection& connection, SpanKind kind, std::int64_t source, std::int64_t load,
                                      const std::string& worker, const Spans& spans) {
  std::string values;
  for (const Span& span : spans)
    values +=
        fmt::format("{}({}, int8range({}, {}), {}, $1)", values.empty() ? "" : ", ", source, span.begin, span.end, load);
  const std::array<Parameter, 1> parameters{Parameter{worker}};
  const Result rows =
      connection.run_ledger(fmt::format("INSERT INTO {} (source, span, load, worker) VALUES {} ON CONFLICT DO NOTHING "
                                        "RETURNING split",
                                        table_of(kind), values),
                            parameters);
  std::vector<std::int64_t> claimed;
  for (std::size_t i = 0; i < rows.rows(); ++i) claimed.push_back(rows.number(i, 0));
  return claimed;
}

void finish_split(Connection& connection, std::int64_t split, const SplitCounts& counts) {
  const RowArrays rows(counts);
  connection.run_ledger(fmt::format("UPDATE pgfeed.splits SET loaded = {}, skipped = {}, rejected = {}, ended = "
                                    "clock_timestamp(), rows = {} WHERE split = {}",
                                    counts.loaded, counts.skipped, counts.rejected, kRowsObject, split),
                        rows.parameters());
}

void add_late_batch(Connection& connection, std::int64_t load, const std::string& worker, const SplitCounts& counts) {
  const RowArrays rows(counts);
  std::vector<Parameter> parameters = rows.parameters();
  parameters.push_back({worker});
  connection.run_ledger(
      fmt::format("INSERT INTO pgfeed.late_batches (load, worker, loaded, skipped, rejected, rows) VALUES ({}, $5, {}, {}, "
                  "{}, {})",
                  load, counts.loaded, counts.skipped, counts.rejected, kRowsObject),
      parameters);
}

}  // namespace pgfeed
