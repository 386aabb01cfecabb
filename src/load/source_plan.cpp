#include "load/source_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/source_change.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {
namespace {

// Pipes and standard input are something else each time.
bool has_lasting_name(const Source& source) noexcept { return source.seekable; }

void check_source_id(const std::vector<Source>& sources, const LoadOptions& options) {
  if (options.source_id.empty()) return;
  if (std::ranges::count_if(sources, [](const Source& source) { return !has_lasting_name(source); }) == 1) return;
  throw Error(ErrorKind::usage,
              "--source-id names standard input or a pipe: just one of the sources must be one (a file has its own name)");
}

std::string ledger_uri(const Source& source, std::int64_t load, const LoadOptions& options) {
  if (has_lasting_name(source)) return source.uri;
  return options.source_id.empty() ? fmt::format("{}#{}", source.uri, load) : "id:" + options.source_id;
}

/// The generation after those that were seen: another load may be writing the same at this moment.
NewSource new_source(const Source& source, std::string uri, const SourceEntry& entry) {
  return {std::move(uri), entry.last_generation + 1, source.size, source.version, source.seekable ? source.size : -1};
}

class Planner {
 public:
  Planner(Connection& connection, const std::string& feed, std::int64_t load, const std::vector<Source>& sources,
          const LoadOptions& options)
      : connection_(connection), feed_(feed), load_(load), sources_(sources), options_(options) {}

  SourcePlan run() {
    for (const Source& source : sources_) uris_.push_back(ledger_uri(source, load_, options_));
    entries_ = read_sources(connection_, feed_, uris_, options_.reload ? Generation::last : Generation::with_something_in);
    add_new();
    for (std::size_t i = 0; i < sources_.size(); ++i) plan(i);
    if (reloads_ > 0)
      plan_.warnings.push_back(
          fmt::format("{} of the sources: goes on with a --reload that did not come to its end", reloads_));
    return std::move(plan_);
  }

 private:
  /// A reload that did not come to its end is gone on with: one of which something is in by any load, one of which nothing
  /// is in, such as an atomic one, by `--reload` alone.
  bool is_wanted_anew(std::size_t i) const {
    const SourceEntry& entry = entries_[i];
    if (entry.source == 0) return true;
    const bool has_changed = is_changed(entry.version, sources_[i].version);
    if (entry.covered == 0) return has_changed;
    return options_.reload && (has_changed || !is_unfinished_reload(entry));
  }
  static bool is_unfinished_reload(const SourceEntry& entry) noexcept {
    return entry.generation > 1 && !entry.is_complete();
  }

  void add_new() {
    std::vector<NewSource> added;
    std::vector<std::size_t> places;
    std::vector<std::string> uris;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (!is_wanted_anew(i)) {
        if (is_unfinished_reload(entries_[i])) ++reloads_;
        continue;
      }
      added.push_back(new_source(sources_[i], uris_[i], entries_[i]));
      places.push_back(i);
      uris.push_back(uris_[i]);
    }
    add_sources(connection_, feed_, load_, added);
    const std::vector<SourceEntry> entries = read_sources(connection_, feed_, uris, Generation::last);
    for (std::size_t i = 0; i < places.size(); ++i) entries_[places[i]] = entries[i];
  }

  void plan(std::size_t i) {
    const Source& source = sources_[i];
    const SourceEntry& entry = entries_[i];
    if (is_changed(entry.version, source.version)) throw changed_since_loaded(source, entry, feed_);
    if (entry.is_complete() && entry.content_size > 0) {
      ++plan_.files_in;
      return;
    }
    plan_.sources.push_back({&source, entry.source, entry.covered > 0 ? read_spans(connection_, entry.source) : Spans{}});
    if (!has_lasting_name(source) && options_.source_id.empty()) {
      plan_.warnings.push_back(fmt::format("{} has no name that lasts, so another load takes it again: --source-id names it",
                                           source.path == "-" ? "standard input" : source.path));
    }
  }

  Connection& connection_;
  const std::string& feed_;
  const std::int64_t load_;
  const std::vector<Source>& sources_;
  const LoadOptions& options_;
  std::vector<std::string> uris_;
  std::vector<SourceEntry> entries_;
  std::int64_t reloads_ = 0;  ///< sources of which an earlier reload goes on
  SourcePlan plan_;
};

}  // namespace

SourcePlan plan_sources(Connection& connection, const std::string& feed, std::int64_t load,
                        const std::vector<Source>& sources, const LoadOptions& options) {
  check_source_id(sources, options);
  connection.begin();
  // Splits refer to what is written here: a crash of the server must not leave them with numbers that are nobody's.
  connection.run("SET LOCAL synchronous_commit = on");
  SourcePlan plan = Planner(connection, feed, load, sources, options).run();
  connection.commit();
  return plan;
}

std::vector<std::int64_t> entries_of(const std::vector<PlannedSource>& sources) {
  std::vector<std::int64_t> entries;
  for (const PlannedSource& source : sources) entries.push_back(source.entry);
  return entries;
}

std::vector<PlannedSource> all_of(const std::vector<Source>& sources) {
  std::vector<PlannedSource> planned;
  for (const Source& source : sources) planned.push_back({&source, 0, {}});
  return planned;
}

std::vector<PlannedSource> find_holes(Connection& connection, const std::vector<PlannedSource>& planned) {
  const std::vector<bool> complete = are_complete(connection, entries_of(planned));
  std::vector<PlannedSource> holes;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (!complete[i]) holes.push_back({planned[i].source, planned[i].entry, read_spans(connection, planned[i].entry)});
  }
  return holes;
}

}  // namespace pgfeed
