#include "text/report_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/numbers.hpp"
#include "text/text_table.hpp"

namespace pgfeed {
namespace {

/// `1 file`, `2 files`.
std::string counted(std::int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string documents_text(const Counts& counts) {
  return fmt::format("documents  {} read = {} loaded + {} skipped + {} rejected\n", grouped(counts.read),
                     grouped(counts.loaded), grouped(counts.skipped), grouped(counts.rejected));
}

std::string table_lines(const std::vector<TableReport>& tables) {
  const auto number = [](std::int64_t count) { return fmt::format("{:>12}", grouped(count)); };
  std::vector<std::vector<std::string>> rows{{"table", "inserted", "merged", "already there"}};
  for (const TableReport& table : tables)
    rows.push_back({table.name, number(table.inserted), number(table.merged), number(table.already_there)});
  return text_table(rows, "lrrr");
}

/// Where the workers' time went: they work at the same time, so shares say more than seconds.
std::string time_text(const Report& report) {
  const Counts& counts = report.counts;
  const double all = std::max(counts.read_seconds + counts.parse_seconds + counts.server_seconds, 1e-9);
  const double seconds = std::max(report.seconds, 1e-9);
  std::string text = fmt::format(
      "time       {:.1f} s, {:.1f} MB/s, {}: read {:.0f} %, parse {:.0f} %, wait for the server {:.0f} %\n", report.seconds,
      static_cast<double>(counts.bytes) / 1e6 / seconds, counted(report.connections, "connection"),
      100 * counts.read_seconds / all, 100 * counts.parse_seconds / all, 100 * counts.server_seconds / all);
  if (report.key_seconds >= 0.1) text += fmt::format("keys       {:.1f} s of it, after the rows\n", report.key_seconds);
  return text;
}

}  // namespace

void print_warning(const std::string& warning) { fmt::print(stderr, "pgfeed: warning: {}\n", printable(warning)); }

std::string reject_text(const RejectReport& reject) {
  std::string text = reject.source;
  if (reject.line >= 0) text += fmt::format(", line {}", reject.line);
  text += fmt::format(" (byte {})", reject.offset);
  if (!reject.table.empty()) text += fmt::format(", table {}", reject.table);
  if (!reject.column.empty()) text += fmt::format(", column {}", reject.column);
  text += ": " + reject.reason;
  if (!reject.sqlstate.empty()) text += fmt::format(" [{}]", reject.sqlstate);
  return printable(text);
}

std::string report_text(const Report& report) {
  const std::string number = report.load == 0 ? "" : fmt::format("{} ", report.load);
  std::string text = fmt::format("load       {}of feed {} into {}{}\n", number, printable(report.feed),
                                 printable(report.database), report.dry_run ? " (dry run: everything was rolled back)" : "");
  const std::string in = report.files_in > 0 ? fmt::format(" ({} in already)", grouped(report.files_in)) : "";
  if (report.of_rejects) {
    text += fmt::format("rejects    {} tried again\n", megabytes(report.counts.bytes));
  } else {
    const char* const source = report.of_partitions ? "partition" : "file";
    text += fmt::format("sources    {}{}, {} in {}\n", counted(report.files, source), in, megabytes(report.counts.bytes),
                        counted(report.counts.splits, "split"));
  }
  text += documents_text(report.counts) + table_lines(report.tables) + time_text(report);
  for (const std::string& warning : report.warnings) text += "warning    " + printable(warning) + "\n";
  for (const RejectReport& reject : report.first_rejects) text += "reject     " + reject_text(reject) + "\n";
  const auto more = report.counts.rejected - static_cast<std::int64_t>(report.first_rejects.size());
  const std::string where =
      report.load == 0 || report.dry_run ? "" : fmt::format(": pgfeed rejects list --load {}", report.load);
  if (more > 0) text += fmt::format("           and {} more{}\n", grouped(more), where);
  return text;
}

std::string check_text(const CheckReport& report) {
  std::string text;
  for (const CheckTable& table : report.tables) {
    text += fmt::format("{}: {}{}\n", printable(table.name), counted(table.rows, "row"),
                        table.is_there ? "" : " (the table is not there: a load creates it)");
    for (const CheckRow& row : table.first_rows) {
      std::string fields;
      for (const auto& [column, value] : row) {
        constexpr std::size_t kMost = 60;
        std::string shown = value ? value->substr(0, kMost) : "NULL";
        while (!shown.empty() && shown.size() == kMost && (static_cast<unsigned char>(shown.back()) & 0x80) != 0)
          shown.pop_back();
        for (char& c : shown) {
          if (static_cast<unsigned char>(c) < ' ') c = ' ';
        }
        if (value && value->size() > shown.size()) shown += "…";
        fields += fmt::format("{}{}={}", fields.empty() ? "" : ", ", column, shown);
      }
      text += "    " + fields + "\n";
    }
  }
  text +=
      fmt::format("documents  {} read = {} fit + {} skipped + {} with a problem\n", grouped(report.read),
                  grouped(report.loaded), grouped(report.skipped), grouped(report.read - report.loaded - report.skipped));
  for (const std::string& warning : report.warnings) text += "warning    " + printable(warning) + "\n";
  for (const RejectReport& reject : report.rejects) text += "problem    " + reject_text(reject) + "\n";
  text += fmt::format("Nothing was written to {}.\n", report.database);
  return text;
}

}  // namespace pgfeed
