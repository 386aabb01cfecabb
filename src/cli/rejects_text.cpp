#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/progress.hpp"
#include "cli/report_text.hpp"

namespace pgfeed {
namespace {

using Json = nlohmann::ordered_json;

/// On one line, and without what a terminal would obey: reasons hold what stood in documents.
std::string one_line(std::string text) {
  constexpr std::size_t kMost = 100;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  if (text.size() <= kMost) return text;
  std::size_t size = kMost;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size) + "…";
}

/// Columns as wide as they need to be; the last is as long as it is.
std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line + row.back() + "\n";
  }
  return text;
}

std::string place_of(const std::string& table, const std::string& column) {
  return one_line(column.empty() ? table : table + "." + column);
}

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::string rejects_text(const RejectList& list) {
  if (list.total == 0) return "no rejects\n";
  std::vector<std::vector<std::string>> groups{{"count", "state", "sqlstate", "column", "newest reason"}};
  for (const RejectGroup& group : list.groups)
    groups.push_back({grouped(group.count), group.state, or_dash(group.sqlstate),
                      or_dash(place_of(group.table, group.column)), one_line(group.reason)});
  std::string text = table_text(groups);
  if (list.rejects.empty()) return text;
  std::vector<std::vector<std::string>> rows{{"reject", "load", "state", "sqlstate", "column", "where and why"}};
  for (const KeptReject& reject : list.rejects) {
    const RejectReport& report = reject.report;
    const std::string line = report.line < 0 ? "" : fmt::format(", line {}", report.line);
    rows.push_back({std::to_string(reject.reject), std::to_string(reject.load), reject.state, or_dash(report.sqlstate),
                    or_dash(place_of(report.table, report.column)),
                    fmt::format("{}{}: {}", one_line(report.source), line, one_line(report.reason))});
  }
  text += "\n" + table_text(rows);
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
