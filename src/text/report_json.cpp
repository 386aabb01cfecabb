#include <nlohmann/json.hpp>

#include "text/report_text.hpp"

namespace pgfeed {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  constexpr int kIndent = 2;
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json reject_json(const RejectReport& reject) {
  return {{"source", reject.source},    {"offset", reject.offset}, {"line", reject.line < 0 ? Json() : Json(reject.line)},
          {"table", reject.table},      {"column", reject.column}, {"reason", reject.reason},
          {"sqlstate", reject.sqlstate}};
}

Json rejects_json(const std::vector<RejectReport>& rejects) {
  Json array = Json::array();
  for (const RejectReport& reject : rejects) array.push_back(reject_json(reject));
  return array;
}

}  // namespace

std::string report_json(const Report& report) {
  const Counts& counts = report.counts;
  Json tables = Json::array();
  for (const TableReport& table : report.tables) {
    tables.push_back({{"name", table.name},
                      {"inserted", table.inserted},
                      {"merged", table.merged},
                      {"already_there", table.already_there}});
  }
  return dumped(
      {{"load", report.load == 0 ? Json() : Json(report.load)},
       {"feed", report.feed},
       {"database", report.database},
       {"dry_run", report.dry_run},
       {"publish", report.publish == Publish::atomic ? "atomic" : "split"},
       {"of_rejects", report.of_rejects},
       {"of_partitions", report.of_partitions},
       {"files", report.files},
       {"files_in", report.files_in},
       {"bytes", counts.bytes},
       {"splits", counts.splits},
       {"connections", report.connections},
       {"documents",
        {{"read", counts.read}, {"loaded", counts.loaded}, {"skipped", counts.skipped}, {"rejected", counts.rejected}}},
       {"tables", tables},
       {"seconds",
        {{"all", report.seconds},
         {"keys", report.key_seconds},
         {"read", counts.read_seconds},
         {"parse", counts.parse_seconds},
         {"server", counts.server_seconds}}},
       {"first_rejects", rejects_json(report.first_rejects)},
       {"warnings", report.warnings}});
}

std::string check_json(const CheckReport& report) {
  Json tables = Json::array();
  for (const CheckTable& table : report.tables) {
    Json rows = Json::array();
    for (const CheckRow& row : table.first_rows) {
      Json object = Json::object();
      for (const auto& [column, value] : row) object[column] = value ? Json(*value) : Json();
      rows.push_back(std::move(object));
    }
    tables.push_back(
        {{"name", table.name}, {"is_there", table.is_there}, {"rows", table.rows}, {"first_rows", std::move(rows)}});
  }
  return dumped({{"feed", report.feed},
                 {"database", report.database},
                 {"read", report.read},
                 {"loaded", report.loaded},
                 {"skipped", report.skipped},
                 {"tables", std::move(tables)},
                 {"rejects", rejects_json(report.rejects)},
                 {"warnings", report.warnings}});
}

}  // namespace pgfeed
