#include "postgres/staged_splits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "postgres/array_text.hpp"
#include "postgres/load_sessions.hpp"

namespace pgfeed {
namespace {

constexpr const char* kTurn = "SELECT pg_advisory_xact_lock(7090218, hashtext($1))";  // 7090217: see staging.cpp

std::vector<std::int64_t> first_column(const Result& rows) {
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < rows.rows(); ++i) numbers.push_back(rows.number(i, 0));
  return numbers;
}

std::vector<StagedSplit> staged_where(Connection& connection, const std::string& condition,
                                      std::span<const Parameter> parameters) {
  const Result rows = connection.run_ledger(
      "SELECT split, source, load, lower(span), upper(span), documents, rejected, format FROM pgfeed.staged_splits WHERE " +
          condition + " ORDER BY source, span",
      parameters);
  std::vector<StagedSplit> splits;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto unsigned_at = [&](int column) { return static_cast<std::uint64_t>(rows.number(i, column)); };
    splits.push_back({rows.number(i, 0), rows.number(i, 1), rows.number(i, 2), Span{unsigned_at(3), unsigned_at(4)},
                      rows.number(i, 5), rows.number(i, 6), rows.text(i, 7)});
  }
  return splits;
}

}  // namespace

std::vector<StagedSplit> read_staged(Connection& connection, std::span<const std::int64_t> sources) {
  const std::string array = array_text(sources);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  return staged_where(connection, "source = ANY ($1::bigint[])", parameters);
}

std::vector<StagedSplit> read_staged_of(Connection& connection, std::int64_t load) {
  const std::string number = std::to_string(load);
  const std::array<Parameter, 1> parameters{Parameter{number}};
  return staged_where(connection, "load = $1::bigint", parameters);
}

std::vector<std::int64_t> find_loads_with_staged(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  return first_column(connection.run_ledger(
      "SELECT DISTINCT p.load FROM pgfeed.staged_splits p JOIN pgfeed.loads l USING (load) WHERE l.feed = $1 ORDER BY 1",
      parameters));
}

std::vector<std::int64_t> find_superseded_staged(Connection& connection, const std::string& feed) {
  const std::string live = array_text(find_live_loads(connection));
  const std::array<Parameter, 2> parameters{Parameter{feed}, Parameter{live}};
  const Result rows = connection.run_ledger(R"sql(
SELECT split FROM pgfeed.staged_splits WHERE source IN (
  SELECT s.source FROM (SELECT DISTINCT source FROM pgfeed.staged_splits) staged JOIN pgfeed.sources s USING (source)
  WHERE s.feed = $1 AND (
    EXISTS (SELECT FROM pgfeed.sources later WHERE later.feed = s.feed AND later.uri = s.uri
            AND later.generation > s.generation
            AND (later.version <> s.version OR EXISTS (SELECT FROM pgfeed.splits p WHERE p.source = later.source)))
    OR s.content_size = (SELECT sum(upper(span) - lower(span)) FROM pgfeed.splits p WHERE p.source = s.source)
    OR (strpos(s.uri, '#') > 0 AND NOT starts_with(s.uri, 'id:') AND s.load <> ALL ($2::bigint[]))))
)sql",
                                            parameters);
  return first_column(rows);
}

void put_staged(Connection& connection, const StagedSplit& split, std::string_view bytes) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  const std::array<Parameter, 1> format{Parameter{split.format}};
  connection.run_ledger(fmt::format("UPDATE pgfeed.staged_splits SET documents = {}, rejected = {}, format = $1 WHERE split "
                                    "= {}",
                                    split.documents, split.rejected, split.split),
                        format);
  for (std::size_t at = 0, piece = 0; at < bytes.size(); at += kPiece, ++piece) {
    const std::array<Parameter, 1> part{Parameter{bytes.substr(at, kPiece), true}};
    connection.run_ledger(
        fmt::format("INSERT INTO pgfeed.staged_pieces (split, piece, bytes) VALUES ({}, {}, $1)", split.split, piece), part);
  }
}

void read_staged_bytes(Connection& connection, std::int64_t split, ByteBuffer& bytes) {
  bytes.clear();
  const std::string number = std::to_string(split);
  const std::array<Parameter, 1> parameters{Parameter{number}};
  const Result pieces =
      connection.run(connection.in_ledger("SELECT bytes FROM pgfeed.staged_pieces WHERE split = $1::bigint ORDER BY piece"),
                     parameters, true);
  for (std::size_t i = 0; i < pieces.rows(); ++i) bytes.put(pieces.at(i, 0));
}

void adopt_staged(Connection& connection, std::span<const std::int64_t> splits, std::int64_t load) {
  const std::string array = array_text(splits);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  connection.run_ledger(fmt::format("UPDATE pgfeed.staged_splits SET load = {} WHERE split = ANY ($1::bigint[])", load),
                        parameters);
}

void drop_staged(Connection& connection, std::span<const std::int64_t> splits) {
  const std::string array = array_text(splits);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  connection.run_ledger("DELETE FROM pgfeed.staged_splits WHERE split = ANY ($1::bigint[])", parameters);
}

void take_publication_turn(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  connection.run(kTurn, parameters);
}

bool is_publication_turn(const std::string& statement) { return statement == kTurn; }

}  // namespace pgfeed
