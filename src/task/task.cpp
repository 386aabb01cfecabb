#include "task/task.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace pgfeed {

using Json = nlohmann::json;

namespace {

// File names may hold any bytes, JSON texts may not: each byte travels as the code point of its number.
std::string to_text(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    constexpr unsigned kAscii = 0x80;
    if (code < kAscii) {
      text += byte;
    } else {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

std::string to_bytes(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    constexpr unsigned kAscii = 0x80;
    if (code < kAscii) {
      bytes += text[i];
    } else {
      ++i;
      bytes += static_cast<char>((code & 0x03) << 6 | (static_cast<unsigned char>(text[i]) & 0x3f));
    }
  }
  return bytes;
}

Json spans_json(const Spans& spans) {
  Json json = Json::array();
  for (const Span& span : spans) json.push_back({span.begin, span.end});
  return json;
}

Spans spans_of(const Json& json) {
  Spans spans;
  for (const Json& span : json) spans.push_back({span[0], span[1]});
  return spans;
}

Json session_json(const SessionOptions& session) {
  return {{"schema", to_text(session.schema)},
          {"connect_timeout", session.connect_timeout.count()},
          {"retry_for", session.retry_for.count()},
          {"lock_timeout", session.lock_timeout.count()},
          {"answer_timeout", session.answer_timeout.count()}};
}

SessionOptions session_of(const Json& json) {
  using std::chrono::milliseconds;
  SessionOptions session;
  session.schema = to_bytes(json["schema"]);
  session.connect_timeout = milliseconds(json["connect_timeout"].get<std::int64_t>());
  session.retry_for = milliseconds(json["retry_for"].get<std::int64_t>());
  session.lock_timeout = milliseconds(json["lock_timeout"].get<std::int64_t>());
  session.answer_timeout = milliseconds(json["answer_timeout"].get<std::int64_t>());
  return session;
}

Json options_json(const LoadOptions& options) {
  Json json{{"mapping", to_text(options.mapping)},
            {"mapping_text", to_text(options.mapping_text)},
            {"session", session_json(options.session)},
            {"partitions", to_text(options.partitions)},
            {"stream", to_text(options.stream)},
            {"joins", options.joins},
            {"connections", options.connections},
            {"once", options.once},
            {"limit", options.limit},
            {"dry_run", options.dry_run},
            {"overwrite", options.overwrite},
            {"documents", to_text(options.documents)},
            {"publish", static_cast<int>(options.publish)},
            {"max_rejects", options.max_rejects.documents},
            {"split_size", options.split_size},
            {"max_document", options.max_document},
            {"max_depth", options.max_depth},
            {"strict_json", options.strict_json}};
  if (options.max_rejects.percent) json["max_rejects_percent"] = *options.max_rejects.percent;
  return json;
}

LoadOptions options_of(const Json& json) {
  LoadOptions options;
  options.mapping = to_bytes(json["mapping"]);
  options.mapping_text = to_bytes(json["mapping_text"]);
  options.session = session_of(json["session"]);
  options.partitions = to_bytes(json["partitions"]);
  options.stream = to_bytes(json["stream"]);
  options.joins = json["joins"];
  options.connections = json["connections"];
  options.once = json["once"];
  options.limit = json["limit"];
  options.dry_run = json["dry_run"];
  options.overwrite = json["overwrite"];
  options.documents = to_bytes(json["documents"]);
  options.publish = static_cast<Publish>(json["publish"].get<int>());
  options.max_rejects.documents = json["max_rejects"];
  if (json.contains("max_rejects_percent")) options.max_rejects.percent = json["max_rejects_percent"].get<double>();
  options.split_size = json["split_size"];
  options.max_document = json["max_document"];
  options.max_depth = json["max_depth"];
  options.strict_json = json["strict_json"];
  return options;
}

Json source_json(const TaskSource& task) {
  return {{"uri", to_text(task.source.uri)},         {"path", to_text(task.source.path)}, {"size", task.source.size},
          {"version", to_text(task.source.version)}, {"seekable", task.source.seekable},  {"entry", task.entry},
          {"others", spans_json(task.others)}};
}

TaskSource source_of(const Json& json) {
  return {{to_bytes(json["uri"]), to_bytes(json["path"]), json["size"], to_bytes(json["version"]), json["seekable"]},
          json["entry"],
          spans_of(json["others"])};
}

Json error_json(const Error& error) {
  return {{"kind", static_cast<int>(error.kind)},
          {"sentence", to_text(error.what())},
          {"sqlstate", error.sqlstate},
          {"source", to_text(error.source)},
          {"byte", error.byte},
          {"line", error.line},
          {"table", to_text(error.table)},
          {"column", to_text(error.column)},
          {"constraint", to_text(error.constraint)},
          {"retryable", error.retryable}};
}

Error error_of(const Json& json) {
  Error error(static_cast<ErrorKind>(json["kind"].get<int>()), to_bytes(json["sentence"]));
  error.sqlstate = json["sqlstate"];
  error.source = to_bytes(json["source"]);
  error.byte = json["byte"];
  error.line = json["line"];
  error.table = to_bytes(json["table"]);
  error.column = to_bytes(json["column"]);
  error.constraint = to_bytes(json["constraint"]);
  error.retryable = json["retryable"];
  return error;
}

Json texts_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push_back(to_text(text));
  return json;
}

std::vector<std::string> texts_of(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& text : json) texts.push_back(to_bytes(text));
  return texts;
}

void require_same_version(const Json& json) {
  const std::string other = json["pgfeed"];
  if (other == PGFEED_VERSION) return;
  throw Error(ErrorKind::usage, fmt::format("the driver has pgfeed {}, and here it is {}: install the same on all nodes",
                                            other, PGFEED_VERSION));
}

}  // namespace

std::string write_task(const Task& task) {
  Json sources = Json::array();
  for (const TaskSource& source : task.sources) sources.push_back(source_json(source));
  return Json{{"pgfeed", PGFEED_VERSION},
              {"load", task.terms.load},
              {"load_time", task.terms.load_time},
              {"feed", to_text(task.terms.feed)},
              {"key_comes_later", task.terms.key_comes_later},
              {"options", options_json(task.terms.options)},
              {"sources", sources}}
      .dump();
}

Task read_task(const std::string& text) {
  const Json json = Json::parse(text);
  require_same_version(json);
  Task task{{json["load"], json["load_time"], to_bytes(json["feed"]), json["key_comes_later"], options_of(json["options"])},
            {}};
  for (const Json& source : json["sources"]) task.sources.push_back(source_of(source));
  return task;
}

std::string write_outcome(const TaskOutcome& outcome) {
  Json ends = Json::array();
  for (const SeenEnd& end : outcome.findings.ends) ends.push_back({end.entry, end.content_size});
  const Counts& counts = outcome.counts;
  Json json{{"ends", ends},
            {"without_documents", texts_json(outcome.findings.without_documents)},
            {"empty", texts_json(outcome.findings.empty)},
            {"is_limited", outcome.findings.is_limited},
            {"bytes", counts.bytes},
            {"splits", counts.splits},
            {"read", counts.read},
            {"loaded", counts.loaded},
            {"skipped", counts.skipped},
            {"rejected", counts.rejected},
            {"read_seconds", counts.read_seconds},
            {"parse_seconds", counts.parse_seconds},
            {"server_seconds", counts.server_seconds}};
  if (outcome.error) json["error"] = error_json(*outcome.error);
  return json.dump();
}

TaskOutcome read_outcome(const std::string& text) {
  const Json json = Json::parse(text);
  TaskOutcome outcome;
  for (const Json& end : json["ends"]) outcome.findings.ends.push_back({end[0], end[1]});
  outcome.findings.without_documents = texts_of(json["without_documents"]);
  outcome.findings.empty = texts_of(json["empty"]);
  outcome.findings.is_limited = json["is_limited"];
  outcome.counts = {json["bytes"],    json["splits"],       json["read"],          json["loaded"],        json["skipped"],
                    json["rejected"], json["read_seconds"], json["parse_seconds"], json["server_seconds"]};
  if (json.contains("error")) outcome.error = error_of(json["error"]);
  return outcome;
}

}  // namespace pgfeed
