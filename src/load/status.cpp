#include <pgfeed/status.hpp>

#include <fmt/format.h>

#include "postgres/connection.hpp"
#include "postgres/feed_report.hpp"
#include "postgres/load_report.hpp"

namespace pgfeed {

StatusReport status(const StatusOptions& options) {
  Connection connection(options.session, "pgfeed status");
  LedgerSnapshot ledger(connection);
  StatusReport report{connection.where(), options.session.schema, ledger.is_there(), {}};
  if (!report.has_ledger) return report;
  report.feeds = read_feeds(ledger, options.feed, options.loads, options.missing);
  if (report.feeds.empty() && !options.feed.empty()) {
    throw Error(ErrorKind::usage, fmt::format("the ledger in {} has no feed \"{}\": `pgfeed status` lists them",
                                              report.database, options.feed));
  }
  return report;
}

LoadDetail load_status(const SessionOptions& session, std::int64_t load) {
  Connection connection(session, "pgfeed status");
  LedgerSnapshot ledger(connection);
  LoadDetail detail;
  if (ledger.is_there()) detail = read_load(ledger, load);
  if (detail.load.load == 0) {
    throw Error(ErrorKind::usage, fmt::format("{} has no load {}: `pgfeed status` lists the last ones",
                                              ledger.is_there() ? "the ledger in " + connection.where()
                                                                : connection.where() + " has no ledger, so it",
                                              load));
  }
  detail.database = connection.where();
  return detail;
}

}  // namespace pgfeed
