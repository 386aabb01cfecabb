#include "load/load_entry.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "mapping/utf8.hpp"
#include "postgres/ledger.hpp"
#include "postgres/load_sessions.hpp"

namespace pgfeed {
namespace {

// Of a folder that the shell has spelled out, the first are enough to know it by.
constexpr std::size_t kMostSources = 100;

std::string json_string(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const std::size_t valid = valid_utf8_prefix(text);
    for (const char byte : text.substr(0, valid)) {
      if (byte == '"' || byte == '\\') {
        json += {'\\', byte};
      } else if (static_cast<unsigned char>(byte) < ' ') {
        json += fmt::format("\\u{:04x}", static_cast<unsigned char>(byte));
      } else {
        json += byte;
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    constexpr std::uint32_t kReplacement = 0xfffd;
    append_utf8(kReplacement, json);
    text.remove_prefix(1);
  }
  return json + '"';
}

/// One JSON object, member by member.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, const std::string& json) {
    text_ += fmt::format("{}\"{}\": {}", text_.empty() ? "" : ", ", name, json);
    return *this;
  }
  JsonObject& add_text(std::string_view name, std::string_view text) { return add(name, json_string(text)); }
  JsonObject& add_text_if_any(std::string_view name, std::string_view text) {
    return text.empty() ? *this : add_text(name, text);
  }
  [[nodiscard]] std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string sources_json(const std::vector<std::string>& sources) {
  std::string json;
  for (std::size_t i = 0; i < std::min(sources.size(), kMostSources); ++i)
    json += (i == 0 ? "" : ", ") + json_string(sources[i]);
  return "[" + json + "]";
}

std::string limit_json(const RejectLimit& limit) {
  return limit.percent ? json_string(fmt::format("{}%", *limit.percent)) : std::to_string(limit.documents);
}

std::string host_name() {
  constexpr std::size_t kLongest = 256;
  std::array<char, kLongest> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string user_name() {
  constexpr std::size_t kBuffer = 16384;
  std::vector<char> buffer(kBuffer);
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(geteuid());
}

std::string folder() {
  std::error_code failed;
  return std::filesystem::current_path(failed).string();
}

std::string client_json() {
  return JsonObject()
      .add_text("host", host_name())
      .add("pid", std::to_string(getpid()))
      .add_text("user", user_name())
      .add_text("folder", folder())
      .add_text("version", PGFEED_VERSION)
      .text();
}

}  // namespace

LoadDescription describe_load(const LoadOptions& options, int connections) {
  JsonObject json;
  json.add_text("mapping", options.mapping).add("sources", sources_json(options.sources));
  if (options.sources.size() > kMostSources) json.add("source_arguments", std::to_string(options.sources.size()));
  json.add("connections", std::to_string(connections))
      .add("split_size", std::to_string(options.split_size))
      .add("max_rejects", limit_json(options.max_rejects));
  if (options.limit >= 0) json.add("limit", std::to_string(options.limit));
  if (options.publish == Publish::atomic) json.add_text("publish", "atomic");
  if (options.overwrite) json.add("overwrite", "true");
  if (options.reload) json.add("reload", "true");
  if (options.strict_json) json.add("strict_json", "true");
  json.add_text_if_any("documents", options.documents)
      .add_text_if_any("partitions", options.partitions)
      .add_text_if_any("stream", options.stream)
      .add_text_if_any("source_id", options.source_id)
      .add_text_if_any("rejects_file", options.rejects_name.empty() ? options.rejects_file : options.rejects_name);
  return {json.text(), client_json()};
}

std::int64_t write_load_down(Connection& connection, const Plan& plan, const LoadOptions& options, int connections) {
  const LoadDescription description = describe_load(options, connections);
  const std::int64_t load = begin_load(connection, plan.feed, plan.hash, description.options, description.client);
  if (!options.dry_run) abandon_lost_loads(connection, plan.feed);
  return load;
}

}  // namespace pgfeed
