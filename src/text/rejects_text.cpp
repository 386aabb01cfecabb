#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "text/numbers.hpp"
#include "text/report_text.hpp"
#include "text/text_table.hpp"

namespace pgfeed {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWidth = 200;  // of a line: a reason may be long

std::string place_of(const std::string& table, const std::string& column) {
  return column.empty() ? table : table + "." + column;
}

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::string rejects_text(const RejectList& list) {
  if (!list.has_ledger) {
    return fmt::format("There is no ledger (schema {}) in {}: nothing was rejected with one.\n", printable(list.schema),
                       printable(list.database));
  }
  if (list.total == 0) return "no rejects\n";
  std::vector<std::vector<std::string>> groups{{"count", "state", "sqlstate", "column", "newest reason"}};
  for (const RejectGroup& group : list.groups)
    groups.push_back({grouped(group.count), group.state, or_dash(group.sqlstate),
                      or_dash(place_of(group.table, group.column)), group.reason});
  std::string text = text_table(groups, "rllll", kWidth);
  if (list.rejects.empty()) return text;
  std::vector<std::vector<std::string>> rows{{"reject", "load", "state", "sqlstate", "column", "where and why"}};
  for (const KeptReject& reject : list.rejects) {
    const RejectReport& report = reject.report;
    const std::string line = report.line < 0 ? "" : fmt::format(", line {}", report.line);
    rows.push_back({std::to_string(reject.reject), std::to_string(reject.load), reject.state, or_dash(report.sqlstate),
                    or_dash(place_of(report.table, report.column)),
                    fmt::format("{}{}: {}", report.source, line, report.reason)});
  }
  text += "\n" + text_table(rows, "rrllll", kWidth);
  const std::int64_t more = list.total - static_cast<std::int64_t>(list.rejects.size());
  if (more > 0) text += fmt::format("and {} more: --limit shows more, pgfeed rejects export all\n", grouped(more));
  return text;
}

std::string rejects_json(const RejectList& list) {
  Json groups = Json::array();
  for (const RejectGroup& group : list.groups) {
    groups.push_back({{"count", group.count},
                      {"state", group.state},
                      {"table", or_null(group.table)},
                      {"column", or_null(group.column)},
                      {"sqlstate", or_null(group.sqlstate)},
                      {"newest_reason", group.reason}});
  }
  Json rejects = Json::array();
  for (const KeptReject& reject : list.rejects) {
    const RejectReport& report = reject.report;
    rejects.push_back({{"reject", reject.reject},
                       {"load", reject.load},
                       {"feed", reject.feed},
                       {"state", reject.state},
                       {"source", report.source},
                       {"offset", report.offset},
                       {"line", report.line < 0 ? Json() : Json(report.line)},
                       {"table", or_null(report.table)},
                       {"column", or_null(report.column)},
                       {"reason", report.reason},
                       {"sqlstate", or_null(report.sqlstate)},
                       {"document_size", reject.document_size},
                       {"tries", reject.tries},
                       {"rejected_at", reject.rejected_at},
                       {"settled_by", reject.settled_by == 0 ? Json() : Json(reject.settled_by)},
                       {"settled_at", or_null(reject.settled_at)}});
  }
  constexpr int kIndent = 2;
  return Json{{"total", list.total}, {"by_reason", groups}, {"rejects", rejects}}.dump(kIndent, ' ', false,
                                                                                       Json::error_handler_t::replace) +
         "\n";
}

}  // namespace pgfeed
