#include "postgres/partition_ledger.hpp"

#include <fmt/format.h>

#include <array>

#include "postgres/array_text.hpp"

namespace pgfeed {
namespace {

const char* splits_of(SpanKind kind) noexcept { return kind == SpanKind::staged ? "pgfeed.staged_splits" : "pgfeed.splits"; }

const char* parts_of(SpanKind kind) noexcept { return kind == SpanKind::staged ? "pgfeed.staged_parts" : "pgfeed.parts"; }

// What is staged comes behind what is in; what was staged and lost in a crash is neither.
std::string entry_sql(SpanKind kind) {
  constexpr std::string_view kSize =
      "(SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM {} p WHERE p.source = s.source)";
  std::string position = fmt::format(fmt::runtime(kSize), "pgfeed.splits");
  if (kind == SpanKind::staged) position += " + " + fmt::format(fmt::runtime(kSize), splits_of(kind));
  return fmt::format(
      "SELECT source, md5(s.source || ' ' || l.load || ' ' || l.started), s.content_size = {0}, {0}, s.content_size IS NULL "
      "FROM pgfeed.sources s JOIN pgfeed.loads l USING (load) WHERE s.feed = $1 AND s.uri = $2 ORDER BY generation DESC "
      "LIMIT 1",
      position);
}

}  // namespace

std::string partitions_uri(const std::string& name) { return "partition:" + name + "/"; }

PartitionEntry open_partition(Connection& connection, SpanKind kind, const std::string& feed, std::int64_t load,
                              const std::string& uri) {
  const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{uri}};
  Result rows = connection.run_ledger(entry_sql(kind), parameters);
  if (rows.rows() == 0) {
    const NewSource source{uri, 1, -1, "", -1};
    add_sources(connection, feed, load, std::span(&source, 1));
    rows = connection.run_ledger(entry_sql(kind), parameters);
  }
  PartitionEntry entry{rows.number(0, 0), rows.text(0, 1), rows.is_true(0, 2),
                       static_cast<std::uint64_t>(rows.number(0, 3))};
  if (!entry.is_complete && !rows.is_true(0, 4)) set_content_size(connection, entry.source, -1);
  return entry;
}

bool is_completed(Connection& connection, std::int64_t source) {
  return connection
      .run_ledger(
          fmt::format("SELECT content_size IS NOT NULL FROM pgfeed.sources WHERE source = {} FOR NO KEY UPDATE", source))
      .is_true(0, 0);
}

std::vector<PartitionPart> read_parts(Connection& connection, SpanKind kind, std::int64_t source, std::int64_t split) {
  const Result rows = connection.run_ledger(fmt::format(
      "SELECT s.split, s.load, s.worker, encode(p.digests, 'hex'), upper(s.span) FROM {} s JOIN {} p USING (split) WHERE "
      "s.source = {} AND s.split > {} ORDER BY s.split",
      splits_of(kind), parts_of(kind), source, split));
  std::vector<PartitionPart> parts;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    parts.push_back({rows.number(i, 0), rows.number(i, 1), rows.text(i, 2), rows.text(i, 3),
                     static_cast<std::uint64_t>(rows.number(i, 4))});
  return parts;
}

void add_part(Connection& connection, SpanKind kind, std::int64_t split, std::string_view digests) {
  const std::array<Parameter, 1> parameters{Parameter{digests, true}};
  connection.run_ledger(fmt::format("INSERT INTO {} (split, digests) VALUES ({}, $1::bytea)", parts_of(kind), split),
                        parameters);
}

void publish_parts(Connection& connection, std::span<const std::int64_t> sources) {
  const std::string array = array_text(sources);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  connection.run_ledger(
      "INSERT INTO pgfeed.parts (split, digests) SELECT s.split, p.digests FROM pgfeed.staged_parts p JOIN "
      "pgfeed.staged_splits t USING (split) JOIN pgfeed.splits s ON s.source = t.source AND s.span = t.span WHERE t.source "
      "= "
      "ANY ($1::bigint[])",
      parameters);
  connection.run_ledger(
      "DELETE FROM pgfeed.parts WHERE split IN (SELECT p.split FROM pgfeed.splits p JOIN pgfeed.sources s USING (source) "
      "WHERE s.content_size IS NOT NULL AND s.source = ANY ($1::bigint[]))",
      parameters);
}

void complete_partition(Connection& connection, SpanKind kind, std::int64_t source, std::uint64_t size) {
  connection.run_ledger(fmt::format("UPDATE pgfeed.sources SET content_size = {} WHERE source = {}", size, source));
  connection.run_ledger(fmt::format("DELETE FROM {} WHERE split IN (SELECT split FROM {} WHERE source = {})", parts_of(kind),
                                    splits_of(kind), source));
}

std::vector<KnownPartition> read_partitions(Connection& connection, const std::string& feed, const std::string& prefix,
                                            std::int64_t load) {
  const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{prefix}};
  const Result rows = connection.run_ledger(
      fmt::format("SELECT source, uri, content_size IS NOT NULL AND (SELECT bool_and(p.load <> {}) FROM pgfeed.splits p "
                  "WHERE p.source = s.source) IS TRUE FROM pgfeed.sources s WHERE feed = $1 AND starts_with(uri, $2) AND "
                  "substr(uri, length($2) + 1) ~ '^[0-9]+$' ORDER BY length(uri), uri",
                  load),
      parameters);
  std::vector<KnownPartition> partitions;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    partitions.push_back({rows.number(i, 0), rows.text(i, 1), rows.is_true(i, 2)});
  return partitions;
}

}  // namespace pgfeed
