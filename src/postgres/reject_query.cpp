#include "postgres/reject_query.hpp"

#include <fmt/format.h>

#include "postgres/array_text.hpp"

namespace pgfeed {
namespace {

constexpr const char* kIso = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

}  // namespace

KeptSelection select_rejects(const RejectFilter& filter) {
  KeptSelection selection{"true", {}};
  const auto add = [&](const std::string& value, fmt::format_string<std::size_t&> condition) {
    if (value.empty()) return;
    selection.values.emplace_back(value);
    std::size_t number = selection.values.size();
    selection.condition += " AND " + fmt::format(condition, number);
  };
  add(filter.feed, "r.feed = ${}");
  add(filter.load == 0 ? "" : std::to_string(filter.load), "r.load = ${}::bigint");
  add(filter.reason, "(r.sqlstate = ${0} OR position(lower(${0}) IN lower(r.reason)) > 0)");
  add(filter.table, "r.table_name = ${}");
  add(filter.state, "r.state = ${}");
  return selection;
}

KeptSelection select_retried(const RejectFilter& filter, std::int64_t load) {
  KeptSelection selection = select_rejects(filter);
  selection.condition +=
      fmt::format(" AND r.state = 'rejected' AND r.load <> {} AND r.document <> '' AND NOT {}", load, kIsSuperseded);
  return selection;
}

std::vector<std::string> why_not_retried(Connection& connection, const RejectFilter& filter) {
  const KeptSelection selection = select_rejects(filter);
  const Result counts = connection.run_ledger(
      fmt::format("SELECT count(*) FILTER (WHERE r.document = ''), count(*) FILTER (WHERE r.document <> '' AND {}) FROM "
                  "pgfeed.rejects r WHERE {} AND r.state = 'rejected'",
                  kIsSuperseded, selection.condition),
      parameters_of(selection));
  std::vector<std::string> sentences;
  if (counts.number(0, 0) > 0)
    sentences.push_back(fmt::format("{} rejects have no bytes, such as a missing comma, so nothing of them can be loaded",
                                    counts.number(0, 0)));
  if (counts.number(0, 1) > 0)
    sentences.push_back(fmt::format("{} rejects are left out: their sources were loaded again since", counts.number(0, 1)));
  return sentences;
}

KeptSelection select_exported(std::int64_t load, const std::string& feed, const std::vector<std::string>& uris) {
  return {fmt::format("(r.load = {} OR (r.feed = $1 AND r.state = 'rejected' AND r.source = ANY ($2::text[]) AND NOT {}))",
                      load, kIsSuperseded),
          {feed, array_text(uris)}};
}

RejectList read_rejects(Connection& connection, const KeptSelection& selection, std::int64_t limit) {
  RejectList list;
  const std::vector<Parameter> parameters = parameters_of(selection);
  const Result groups = connection.run_ledger(
      fmt::format("SELECT count(*), r.state, r.table_name, r.column_name, r.sqlstate, (array_agg(r.reason ORDER BY r.reject "
                  "DESC))[1] FROM pgfeed.rejects r WHERE {} GROUP BY 2, 3, 4, 5 ORDER BY 1 DESC, 2, 3, 4, 5",
                  selection.condition),
      parameters);
  for (std::size_t i = 0; i < groups.rows(); ++i) {
    list.groups.push_back({groups.number(i, 0), groups.text(i, 1), groups.text(i, 2), groups.text(i, 3), groups.text(i, 4),
                           groups.text(i, 5)});
    list.total += groups.number(i, 0);
  }
  const Result rows = connection.run_ledger(
      fmt::format(
          "SELECT r.reject, r.load, r.feed, r.state, r.source, r.byte_offset, coalesce(r.line, -1), r.table_name, "
          "r.column_name, r.reason, r.sqlstate, r.document_size, r.tries, {}, r.settled_by, {} FROM pgfeed.rejects r "
          "WHERE {} ORDER BY r.reject DESC LIMIT {}",
          fmt::format(fmt::runtime(kIso), "r.rejected_at"), fmt::format(fmt::runtime(kIso), "r.settled_at"),
          selection.condition, limit),
      parameters);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    RejectReport report{rows.text(i, 4), rows.number(i, 5), rows.number(i, 6), rows.text(i, 7),
                        rows.text(i, 8), rows.text(i, 9),   rows.text(i, 10)};
    list.rejects.push_back({rows.number(i, 0), rows.number(i, 1), rows.text(i, 2), rows.text(i, 3), std::move(report),
                            rows.number(i, 11), rows.number(i, 12), rows.text(i, 13), rows.number(i, 14), rows.text(i, 15)});
  }
  return list;
}

}  // namespace pgfeed
