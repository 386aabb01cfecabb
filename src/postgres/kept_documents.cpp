#include "postgres/kept_documents.hpp"

#include <fmt/format.h>

#include <array>

#include "postgres/array_text.hpp"
#include "postgres/base64.hpp"

namespace pgfeed {
namespace {

RejectState state_of(std::string_view name) noexcept {
  for (const RejectState state : {RejectState::parked, RejectState::stopped, RejectState::settled}) {
    if (name == name_of(state)) return state;
  }
  return RejectState::rejected;
}

/// A base64 text that someone has spoilt is no document.
void put_document(KeptDocument& kept, std::string text, bool is_base64) {
  if (!is_base64) {
    kept.document = std::move(text);
  } else if (std::optional<std::string> bytes = from_base64(text)) {
    kept.document = *std::move(bytes);
  } else {
    kept.fault = "the document that is kept is not in base64";
  }
}

/// From the columns reject, load, tries, state, source, byte_offset, line, document, whether that is base64, document_size.
KeptDocument kept_at(const Result& rows, std::size_t row) {
  KeptDocument kept;
  kept.reject = rows.number(row, 0);
  kept.load = rows.number(row, 1);
  kept.tries = rows.number(row, 2);
  kept.state = state_of(rows.at(row, 3));
  kept.source = rows.text(row, 4);
  kept.offset = rows.number(row, 5);
  kept.line = rows.number(row, 6);
  kept.document_size = static_cast<std::uint64_t>(rows.number(row, 9));
  put_document(kept, rows.text(row, 7), rows.is_true(row, 8));
  return kept;
}

}  // namespace

const char* const kIsSuperseded =
    "EXISTS (SELECT FROM pgfeed.sources s JOIN pgfeed.splits p USING (source) WHERE s.feed = r.feed AND s.uri = r.source "
    "AND p.load > r.load AND p.span @> r.byte_offset)";

KeptSelection select_parked(Connection& connection, const std::string& feed, std::int64_t load) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  const Result rows = connection.run_ledger(
      fmt::format("SELECT load FROM (SELECT DISTINCT load FROM pgfeed.rejects WHERE feed = $1 AND state = 'parked') parked "
                  "JOIN pgfeed.loads USING (load) WHERE load = {} OR state <> 'running' OR NOT EXISTS (SELECT FROM "
                  "pg_stat_activity WHERE datname = current_database() AND application_name ~ ('^pgfeed load ' || load || "
                  "'( |$)'))",
                  load),
      parameters);
  std::vector<std::int64_t> loads{load};
  for (std::size_t i = 0; i < rows.rows(); ++i) loads.push_back(rows.number(i, 0));
  return {"r.feed = $1 AND r.state = 'parked' AND r.load = ANY ($2::bigint[])", {feed, array_text(loads)}};
}

void drop_superseded_parked(Connection& connection, const std::string& feed) {
  const std::array<Parameter, 1> parameters{Parameter{feed}};
  connection.run_ledger(
      fmt::format("DELETE FROM pgfeed.rejects r WHERE r.feed = $1 AND r.state = 'parked' AND {}", kIsSuperseded),
      parameters);
}

std::vector<KeptDocument> read_kept(Connection& connection, const KeptSelection& selection, std::int64_t after,
                                    std::uint64_t bytes) {
  constexpr int kMost = 1000;
  const Result rows = connection.run_ledger(
      fmt::format("WITH page AS (SELECT r.reject, octet_length(r.document) AS size FROM pgfeed.rejects r WHERE {} AND "
                  "r.reject > {} ORDER BY r.reject LIMIT {}) SELECT r.reject, r.load, r.tries, r.state, r.source, "
                  "r.byte_offset, coalesce(r.line, -1), r.document, r.encoding = 'base64', r.document_size FROM (SELECT "
                  "reject, sum(size) OVER (ORDER BY reject) - size AS before FROM page) p JOIN pgfeed.rejects r USING "
                  "(reject) WHERE p.before < {} ORDER BY r.reject",
                  selection.condition, after, kMost, bytes),
      parameters_of(selection));
  std::vector<KeptDocument> documents;
  for (std::size_t i = 0; i < rows.rows(); ++i) documents.push_back(kept_at(rows, i));
  return documents;
}

std::vector<NamedReject> read_named(Connection& connection, std::span<const std::int64_t> rejects) {
  const std::string array = array_text(rejects);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  const Result rows = connection.run_ledger(
      fmt::format(
          "SELECT r.reject, r.load, r.tries, r.state, r.source, r.byte_offset, coalesce(r.line, -1), CASE WHEN "
          "r.document_size > CASE r.encoding WHEN 'utf8' THEN octet_length(r.document) ELSE octet_length(r.document) "
          "/ 4 * 3 - 2 END THEN r.document END, r.encoding = 'base64', r.document_size, r.feed, {} FROM "
          "pgfeed.rejects r WHERE r.reject = ANY ($1::bigint[]) ORDER BY r.reject",
          kIsSuperseded),
      parameters);
  std::vector<NamedReject> named;
  for (std::size_t i = 0; i < rows.rows(); ++i) named.push_back({kept_at(rows, i), rows.text(i, 10), rows.is_true(i, 11)});
  return named;
}

std::vector<KeptState> look_at_kept(Connection& connection, std::span<const std::int64_t> rejects, bool lock) {
  const std::string array = array_text(rejects);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  const Result rows = connection.run_ledger(
      fmt::format("SELECT reject, load, tries, settled_by, state FROM pgfeed.rejects WHERE reject = ANY ($1::bigint[]) "
                  "ORDER BY reject{}",
                  lock ? " FOR UPDATE" : ""),
      parameters);
  std::vector<KeptState> states;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    states.push_back({rows.number(i, 0), rows.number(i, 1), rows.number(i, 2), rows.number(i, 3), rows.text(i, 4)});
  return states;
}

void settle_kept(Connection& connection, std::int64_t load, std::span<const std::int64_t> rejects) {
  if (rejects.empty()) return;
  const std::string array = array_text(rejects);
  const std::array<Parameter, 1> parameters{Parameter{array}};
  connection.run_ledger(
      "DELETE FROM pgfeed.rejects WHERE reject = ANY ($1::bigint[]) AND state = 'parked' AND NOT was_rejected", parameters);
  connection.run_ledger(fmt::format("UPDATE pgfeed.rejects SET state = 'settled', settled_by = {}, settled_at = "
                                    "clock_timestamp(), tries = tries + 1 WHERE reject = ANY ($1::bigint[])",
                                    load),
                        parameters);
}

void keep_again(Connection& connection, std::int64_t load, std::span<const KeptFailure> failures) {
  if (failures.empty()) return;
  std::vector<std::int64_t> rejects;
  std::array<std::vector<std::string>, 5> texts;
  for (const KeptFailure& failure : failures) {
    rejects.push_back(failure.reject);
    texts[0].emplace_back(failure.table);
    texts[1].emplace_back(failure.column);
    texts[2].emplace_back(failure.reason);
    texts[3].emplace_back(failure.sqlstate);
    texts[4].emplace_back(name_of(failure.state));
  }
  const std::array<std::string, 6> arrays{array_text(rejects),  array_text(texts[0]), array_text(texts[1]),
                                          array_text(texts[2]), array_text(texts[3]), array_text(texts[4])};
  const std::array<Parameter, 6> parameters{Parameter{arrays[0]}, Parameter{arrays[1]}, Parameter{arrays[2]},
                                            Parameter{arrays[3]}, Parameter{arrays[4]}, Parameter{arrays[5]}};
  connection.run_ledger(
      fmt::format(
          "UPDATE pgfeed.rejects r SET load = {}, table_name = nullif(n.table_name, ''), column_name = "
          "nullif(n.column_name, ''), reason = n.reason, sqlstate = nullif(n.sqlstate, ''), state = n.state, tries = "
          "r.tries + 1, was_rejected = r.was_rejected OR r.state = 'rejected', rejected_at = clock_timestamp() FROM "
          "unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) n (reject, table_name, "
          "column_name, reason, sqlstate, state) WHERE r.reject = n.reject",
          load),
      parameters);
  for (const KeptFailure& failure : failures) {
    if (!failure.mended) continue;
    const bool text = is_text(*failure.mended);
    const std::string number = std::to_string(failure.reject);
    const std::string size = std::to_string(failure.mended->size());
    const std::string document = text ? std::string(*failure.mended) : to_base64(*failure.mended);
    const std::array<Parameter, 4> mended{Parameter{number}, Parameter{document}, Parameter{text ? "utf8" : "base64"},
                                          Parameter{size}};
    connection.run_ledger(
        "UPDATE pgfeed.rejects SET document = $2, encoding = $3, document_size = $4::bigint WHERE reject = $1::bigint",
        mended);
  }
}

}  // namespace pgfeed
