#include <nlohmann/json.hpp>

#include "text/status_text.hpp"

namespace pgfeed {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  constexpr int kIndent = 2;
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json known(std::int64_t number) { return number < 0 ? Json() : Json(number); }
Json known(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json rate(std::int64_t number, const std::optional<double>& seconds) {
  return seconds && *seconds > 0 ? Json(static_cast<double>(number) / *seconds) : Json();
}

Json load_json(const LoadStatus& load) {
  return {
      {"load", load.load},
      {"feed", load.feed},
      {"state", load.state},
      {"publish", load.publish},
      {"role", load.role},
      {"started", load.started},
      {"ended", known(load.ended)},
      {"seconds", load.seconds ? Json(*load.seconds) : Json()},
      {"splits", load.splits},
      {"bytes", load.bytes},
      {"documents", {{"read", load.read}, {"loaded", load.loaded}, {"skipped", load.skipped}, {"rejected", load.rejected}}},
      {"rows", load.rows},
      {"bytes_per_second", rate(load.bytes, load.seconds)},
      {"documents_per_second", rate(load.read, load.seconds)}};
}

Json rejects_json(const std::vector<RejectCount>& rejects) {
  Json array = Json::array();
  for (const RejectCount& count : rejects) {
    array.push_back({{"table", known(count.table)},
                     {"column", known(count.column)},
                     {"sqlstate", known(count.sqlstate)},
                     {"state", count.state},
                     {"documents", count.documents},
                     {"example", count.example}});
  }
  return array;
}

Json staged_json(const StagedSplits& staged) {
  return {{"load", staged.load}, {"splits", staged.splits}, {"bytes", staged.bytes}, {"documents", staged.documents}};
}

Json missing_json(const FeedStatus& feed) {
  Json array = Json::array();
  for (const MissingSource& source : feed.missing)
    array.push_back({{"source", source.uri}, {"bytes_in", source.in}, {"bytes", known(source.size)}});
  return array;
}

Json feed_json(const FeedStatus& feed) {
  Json loads = Json::array();
  for (const LoadStatus& load : feed.loads) loads.push_back(load_json(load));
  Json staged = Json::array();
  for (const StagedSplits& splits : feed.staged) staged.push_back(staged_json(splits));
  Json pending = Json::array();
  for (const PendingTable& table : feed.keys_pending)
    pending.push_back({{"table", table.table}, {"statements", table.statements}});
  return {{"feed", feed.feed},
          {"mapping_hash", feed.mapping_hash},
          {"sources",
           {{"in_whole", feed.sources_in_whole},
            {"in_part", feed.sources_in_part},
            {"not_begun", feed.sources_not_begun},
            {"without_end", feed.sources_without_end}}},
          {"bytes_in", feed.bytes_in},
          {"bytes_missing", feed.bytes_missing},
          {"missing", missing_json(feed)},
          {"staged", std::move(staged)},
          {"keys_pending", std::move(pending)},
          {"rejects", rejects_json(feed.rejects)},
          {"loads_known", feed.loads_known},
          {"loads", std::move(loads)}};
}

Json workers_json(const std::vector<WorkerStatus>& workers) {
  Json array = Json::array();
  for (const WorkerStatus& worker : workers) {
    array.push_back({{"worker", worker.worker},
                     {"splits", worker.splits},
                     {"documents", worker.documents},
                     {"bytes", worker.bytes},
                     {"seconds", worker.seconds},
                     {"first", worker.first},
                     {"last", worker.last}});
  }
  return array;
}

Json sources_json(const std::vector<LoadSource>& sources) {
  Json array = Json::array();
  for (const LoadSource& source : sources) {
    array.push_back({{"source", source.uri},
                     {"generation", source.generation},
                     {"version", source.version},
                     {"bytes", known(source.size)},
                     {"splits", source.splits},
                     {"covered", source.covered},
                     {"missing", source.missing}});
  }
  return array;
}

}  // namespace

std::string status_json(const StatusReport& report) {
  Json feeds = Json::array();
  for (const FeedStatus& feed : report.feeds) feeds.push_back(feed_json(feed));
  return dumped({{"database", report.database},
                 {"ledger_schema", report.schema},
                 {"has_ledger", report.has_ledger},
                 {"feeds", std::move(feeds)}});
}

std::string status_json(const LoadDetail& detail) {
  Json tables = Json::array();
  for (const TableReport& table : detail.tables) {
    tables.push_back({{"name", table.name},
                      {"inserted", table.inserted},
                      {"merged", table.merged},
                      {"already_there", table.already_there}});
  }
  Json json = load_json(detail.load);
  json["database"] = detail.database;
  json["mapping_hash"] = detail.mapping_hash;
  json["options"] = Json::parse(detail.options, nullptr, false);
  json["client"] = Json::parse(detail.client, nullptr, false);
  json["tables"] = std::move(tables);
  json["workers"] = workers_json(detail.workers);
  json["sources"] = sources_json(detail.sources);
  json["staged"] = staged_json(detail.staged);
  json["rejects"] = rejects_json(detail.rejects);
  return dumped(json);
}

}  // namespace pgfeed
