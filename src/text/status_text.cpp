#include "text/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/numbers.hpp"
#include "text/text_table.hpp"

namespace pgfeed {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Whole up to a million, then `1.23M`: a line has so much room.
std::string short_number(std::int64_t number) {
  constexpr std::int64_t kMillion = 1'000'000;
  if (number < kMillion) return grouped(number);
  const double millions = static_cast<double>(number) / 1e6;
  return millions < 1000 ? fmt::format("{:.4g}M", millions) : fmt::format("{:.4g}G", millions / 1e3);
}

std::string counted(std::int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

/// `2024-05-01 10:00:00`, or to the minute.
std::string moment(const std::string& iso, std::size_t length) {
  std::string text = iso.substr(0, length);
  std::ranges::replace(text, 'T', ' ');
  return text;
}
constexpr std::size_t kToTheMinute = 16;
constexpr std::size_t kToTheSecond = 19;

std::string megabytes_of(std::int64_t bytes) { return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6); }

std::string rate_text(std::int64_t bytes, const std::optional<double>& seconds) {
  return seconds && *seconds > 0 ? fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6 / *seconds) : "";
}

std::string rejects_text(const std::vector<RejectCount>& rejects) {
  if (rejects.empty()) return "";
  Rows rows{{"rejects", "state", "SQLSTATE", "table, column", "for example"}};
  for (const RejectCount& count : rejects) {
    std::string place = count.table.empty() ? "the document" : count.table;
    if (!count.column.empty()) place += ", " + count.column;
    rows.push_back({grouped(count.documents), count.state, count.sqlstate, place, count.example});
  }
  return text_table(rows, "rllll");
}

std::string loads_text(const FeedStatus& feed) {
  const bool some_atomic = std::ranges::any_of(feed.loads, [](const LoadStatus& load) { return load.publish != "split"; });
  Rows rows{{"load", "state", "started (UTC)", "seconds", "loaded", "skipped", "rejected", "rows", "MB", "MB/s"}};
  if (some_atomic) rows.front().emplace_back("publish");
  for (const LoadStatus& load : feed.loads) {
    rows.push_back({std::to_string(load.load), load.state, moment(load.started, kToTheMinute),
                    load.seconds ? fmt::format("{:.1f}", *load.seconds) : "", short_number(load.loaded),
                    short_number(load.skipped), short_number(load.rejected), short_number(load.rows),
                    megabytes_of(load.bytes), rate_text(load.bytes, load.seconds)});
    if (some_atomic) rows.back().push_back(load.publish);
  }
  std::string text = text_table(rows, some_atomic ? "rllrrrrrrrl" : "rllrrrrrrr");
  const std::int64_t more = feed.loads_known - static_cast<std::int64_t>(feed.loads.size());
  if (more > 0) text += fmt::format("{:>4}  and {} before (--loads)\n", "…", counted(more, "load"));
  return text;
}

std::string missing_text(const FeedStatus& feed) {
  std::string text;
  for (const MissingSource& source : feed.missing) {
    const std::string of = source.size < 0 ? "an unknown number" : grouped(source.size);
    text += fmt::format("missing    {}: {} of {} bytes in\n", printable(source.uri), grouped(source.in), of);
  }
  const std::int64_t more = feed.sources_in_part + feed.sources_not_begun - static_cast<std::int64_t>(feed.missing.size());
  if (more > 0) text += fmt::format("           and {} more (--json names all)\n", counted(more, "source"));
  return text;
}

std::string staged_text(const StagedSplits& staged) {
  return fmt::format("staged     {} of load {}, {}, {}: staged, not published\n", counted(staged.splits, "split"),
                     staged.load, megabytes(staged.bytes), counted(staged.documents, "document"));
}

std::string keys_text(const std::vector<PendingTable>& pending) {
  if (pending.empty()) return "";
  std::string tables;
  for (const PendingTable& table : pending) tables += (tables.empty() ? "" : ", ") + printable(table.table);
  return fmt::format("keys       still to be made on {}: the next load of the feed makes them\n", tables);
}

std::string feed_text(const FeedStatus& feed) {
  std::string text = fmt::format("feed       {}\n", printable(feed.feed));
  text += fmt::format("sources    {} in whole, {} in part, {} not begun; {} in, {} missing{}\n",
                      grouped(feed.sources_in_whole), grouped(feed.sources_in_part), grouped(feed.sources_not_begun),
                      megabytes(feed.bytes_in), megabytes(feed.bytes_missing),
                      feed.sources_without_end > 0
                          ? fmt::format(" and what {} may hold", counted(feed.sources_without_end, "unfinished pipe"))
                          : "");
  text += missing_text(feed);
  for (const StagedSplits& staged : feed.staged) text += staged_text(staged);
  return text + keys_text(feed.keys_pending) + loads_text(feed) + rejects_text(feed.rejects);
}

/// `a: 1, b: [x, y]` of a JSON object, without its quotes.
std::string members_text(const std::string& object) {
  const auto json = nlohmann::ordered_json::parse(object, nullptr, false);
  std::string text;
  for (const auto& [name, value] : json.items()) {
    std::string shown;
    if (value.is_array()) {
      for (const auto& element : value) {
        shown +=
            (shown.empty() ? "" : " ") + (element.is_string() ? element.get<std::string>() : element.dump(-1, ' ', false));
      }
    } else {
      shown = value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false);
    }
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, shown);
  }
  return printable(text);
}

std::string tables_text(const std::vector<TableReport>& tables) {
  if (tables.empty()) return "";
  Rows rows{{"table", "inserted", "merged", "already there"}};
  for (const TableReport& table : tables)
    rows.push_back({table.name, grouped(table.inserted), grouped(table.merged), grouped(table.already_there)});
  return text_table(rows, "lrrr");
}

std::string workers_text(const std::vector<WorkerStatus>& workers) {
  if (workers.empty()) return "";
  Rows rows{{"session", "splits", "documents", "MB", "busy for s", "first split (UTC)", "last split (UTC)"}};
  for (const WorkerStatus& worker : workers) {
    rows.push_back({worker.worker.empty() ? "its own" : worker.worker, grouped(worker.splits), grouped(worker.documents),
                    megabytes_of(worker.bytes), fmt::format("{:.1f}", worker.seconds), moment(worker.first, kToTheSecond),
                    moment(worker.last, kToTheSecond)});
  }
  return text_table(rows, "lrrrrll");
}

std::string ranges_text(const std::vector<ByteRange>& ranges) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(ranges.size(), kMost); ++i)
    text += fmt::format("{}{}–{}", text.empty() ? "" : ", ", grouped(ranges[i].first), grouped(ranges[i].second));
  if (ranges.size() > kMost)
    text += fmt::format(" and {} more", counted(static_cast<std::int64_t>(ranges.size() - kMost), "run"));
  return text.empty() ? "none" : text;
}

std::string sources_text(const std::vector<LoadSource>& sources) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(sources.size(), kMost); ++i) {
    const LoadSource& source = sources[i];
    text += fmt::format("source     {}{}\n", printable(source.uri),
                        source.generation > 1 ? fmt::format(" (time {})", source.generation) : "");
    text += fmt::format("           {}: bytes {} of {}", counted(source.splits, "split"), ranges_text(source.covered),
                        source.size < 0 ? "an unknown number" : grouped(source.size));
    text += source.missing.empty() ? "\n" : fmt::format("; no load has brought {}\n", ranges_text(source.missing));
  }
  if (sources.size() > kMost) {
    text += fmt::format("           and {} more (--json names all)\n",
                        counted(static_cast<std::int64_t>(sources.size() - kMost), "source"));
  }
  return text;
}

std::string when_text(const LoadStatus& load) {
  std::string text = "when       " + moment(load.started, kToTheSecond) + " UTC";
  if (!load.ended.empty()) text += " to " + moment(load.ended, kToTheSecond);
  if (load.seconds) {
    text += fmt::format(", {:.1f} s", *load.seconds);
    if (*load.seconds > 0)
      text += fmt::format(", {} MB/s, {:.0f} documents/s", rate_text(load.bytes, load.seconds),
                          static_cast<double>(load.read) / *load.seconds);
  }
  return text + "\n";
}

}  // namespace

std::string status_text(const StatusReport& report) {
  if (!report.has_ledger) {
    return fmt::format("There is no ledger (schema {}) in {}: nothing was loaded with one.\n", printable(report.schema),
                       printable(report.database));
  }
  std::string text = fmt::format("database   {}\n", printable(report.database));
  if (report.feeds.empty()) text += "           The ledger is there, and has no feeds.\n";
  for (const FeedStatus& feed : report.feeds) text += "\n" + feed_text(feed);
  return text;
}

std::string status_text(const LoadDetail& detail) {
  const LoadStatus& load = detail.load;
  std::string text = fmt::format("load       {} of feed {} into {}: {}\n", load.load, printable(load.feed),
                                 printable(detail.database), load.state);
  text += when_text(load);
  text += fmt::format("role       {}\n", printable(load.role));
  if (detail.client != "{}") text += "client     " + members_text(detail.client) + "\n";
  if (detail.options != "{}") text += "options    " + members_text(detail.options) + "\n";
  text += fmt::format("mapping    hash {}\n", printable(detail.mapping_hash));
  text += fmt::format("documents  {} read = {} loaded + {} skipped + {} rejected\n", grouped(load.read),
                      grouped(load.loaded), grouped(load.skipped), grouped(load.rejected));
  text +=
      fmt::format("splits     {}, {}, publish {}\n", grouped(load.splits), megabytes(load.bytes), printable(load.publish));
  if (detail.staged.splits > 0) text += staged_text(detail.staged);
  return text + tables_text(detail.tables) + workers_text(detail.workers) + sources_text(detail.sources) +
         rejects_text(detail.rejects);
}

}  // namespace pgfeed
