#include <pgfeed/forget.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "postgres/connection.hpp"
#include "postgres/ledger_removal.hpp"
#include "postgres/ledger_schema.hpp"
#include "postgres/staged_splits.hpp"
#include "source/source_name.hpp"

namespace pgfeed {
namespace {

Error unknown(const Connection& connection, const std::string& what) {
  return {ErrorKind::usage,
          fmt::format("the ledger in {} has no {}: `pgfeed status` shows what it has", connection.where(), what)};
}

Removal removal_of_sources(Connection& connection, const ForgetOptions& options) {
  SourceName name = name_source(options.source);
  const std::vector<std::string> feeds = feeds_with_sources(connection, name.uris, name.folder);
  Removal removal{options.feed, 0, std::move(name.uris), std::move(name.folder)};
  if (!options.feed.empty()) {
    if (std::ranges::find(feeds, options.feed) == feeds.end())
      throw unknown(connection, fmt::format("source {} of feed {}", options.source, options.feed));
    return removal;
  }
  if (feeds.empty()) throw unknown(connection, "source " + options.source);
  if (feeds.size() > 1) {
    throw Error(ErrorKind::usage, fmt::format("{} was loaded into several feeds ({}): --feed says which one is to forget it",
                                              options.source, fmt::join(feeds, ", ")));
  }
  removal.feed = feeds.front();
  return removal;
}

Removal removal_of_load(Connection& connection, const ForgetOptions& options) {
  const std::string feed = feed_of_load(connection, options.load);
  if (feed.empty()) throw unknown(connection, fmt::format("load {}", options.load));
  if (!options.feed.empty() && options.feed != feed)
    throw Error(ErrorKind::usage, fmt::format("load {} is one of feed {}, not of {}", options.load, feed, options.feed));
  if (!read_staged_of(connection, options.load).empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("load {} has splits that are staged, not published: `pgfeed drop {}` takes them "
                            "away",
                            options.load, options.load));
  }
  return {feed, options.load, std::vector<std::string>(), ""};
}

Removal removal_of(Connection& connection, const ForgetOptions& options) {
  const int wanted = (options.source.empty() ? 0 : 1) + (options.load != 0 ? 1 : 0) + (options.all ? 1 : 0);
  if (wanted != 1 || (options.all && options.feed.empty()))
    throw Error(ErrorKind::usage, "one thing is to be forgotten: a source, or a load by its number, or --all of a --feed");
  if (!options.source.empty()) return removal_of_sources(connection, options);
  if (options.load != 0) return removal_of_load(connection, options);
  if (!has_feed(connection, options.feed)) throw unknown(connection, "feed " + options.feed);
  return {options.feed, 0, std::nullopt, ""};
}

}  // namespace

Forgotten forget(const ForgetOptions& options, const std::function<bool(const Forgotten&)>& is_meant) {
  Connection connection(options.session, "pgfeed forget");
  if (!require_known_ledger(connection)) {
    throw Error(ErrorKind::database, fmt::format("there is no ledger (schema {}) in {}, so there is nothing to forget",
                                                 options.session.schema, connection.where()));
  }
  const Removal removal = removal_of(connection, options);
  if (!is_meant(count_removal(connection, removal))) return {};
  return remove_from_ledger(connection, removal);
}

}  // namespace pgfeed
