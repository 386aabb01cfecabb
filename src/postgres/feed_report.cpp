#include "postgres/feed_report.hpp"

#include <algorithm>
#include <array>

#include "postgres/load_report.hpp"

namespace pgfeed {
namespace {

// The last generation of each source of which something is in, and how much.
const std::string kSources = R"sql(
WITH known AS (
  SELECT DISTINCT ON (feed, uri) feed, source, uri, content_size, coalesce(c.bytes, 0) AS covered,
    coalesce(content_size = coalesce(c.bytes, 0), false) AS whole
  FROM pgfeed.sources
  LEFT JOIN (SELECT source, sum(upper(span) - lower(span)) AS bytes FROM pgfeed.splits GROUP BY source) c USING (source)
  WHERE $1::text IS NULL OR feed = $1 ORDER BY feed, uri, c.bytes IS NOT NULL DESC, generation DESC
)
)sql";

Parameter text_or_null(const std::string& text) { return text.empty() ? Parameter{} : Parameter{text}; }

class FeedReader {
 public:
  FeedReader(LedgerSnapshot& ledger, const std::string& feed) : ledger_(ledger), feed_(feed), wanted_{text_or_null(feed)} {}

  void read_names() {
    const Result rows =
        run("SELECT f.feed, f.mapping_hash, (SELECT count(*) FROM pgfeed.loads l WHERE l.feed = f.feed) FROM pgfeed.feeds f "
            "WHERE $1::text IS NULL OR f.feed = $1");
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      FeedStatus status;
      status.feed = rows.text(i, 0);
      status.mapping_hash = rows.text(i, 1);
      status.loads_known = rows.number(i, 2);
      feeds_.push_back(std::move(status));
    }
    std::ranges::sort(feeds_, {}, &FeedStatus::feed);
  }

  void count_sources() {
    const Result rows =
        run(kSources +
            "SELECT feed, count(*) FILTER (WHERE whole), count(*) FILTER (WHERE NOT whole AND covered > 0), "
            "count(*) FILTER (WHERE NOT whole AND covered = 0), count(*) FILTER (WHERE content_size IS NULL), "
            "sum(covered), coalesce(sum(content_size - covered), 0) FROM known GROUP BY feed");
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      FeedStatus* status = find(rows.text(i, 0));
      if (status == nullptr) continue;
      status->sources_in_whole = rows.number(i, 1);
      status->sources_in_part = rows.number(i, 2);
      status->sources_not_begun = rows.number(i, 3);
      status->sources_without_end = rows.number(i, 4);
      status->bytes_in = rows.number(i, 5);
      status->bytes_missing = rows.number(i, 6);
    }
  }

  /// Those that were begun first: they are the fewest.
  void name_missing(std::int64_t most) {
    const std::string number = most < 0 ? "" : std::to_string(most);
    const std::array<Parameter, 2> parameters{wanted_[0], text_or_null(number)};
    const Result rows = ledger_.connection().run_ledger(
        kSources +
            "SELECT feed, uri, covered, coalesce(content_size, -1) FROM (SELECT *, row_number() OVER (PARTITION BY feed "
            "ORDER BY "
            "covered = 0, source) AS place FROM known WHERE NOT whole) k WHERE $2::bigint IS NULL OR place <= $2 "
            "ORDER BY feed, place",
        parameters);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (FeedStatus* status = find(rows.text(i, 0)))
        status->missing.push_back({rows.text(i, 1), rows.number(i, 2), rows.number(i, 3)});
    }
  }

  void read_pending() {
    const Result rows =
        run("SELECT feed, table_name, count(*) FROM pgfeed.pending_keys WHERE $1::text IS NULL OR feed = $1 GROUP BY 1, 2 "
            "ORDER BY "
            "1, 2");
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (FeedStatus* status = find(rows.text(i, 0))) status->keys_pending.push_back({rows.text(i, 1), rows.number(i, 2)});
    }
  }

  void read_others(std::int64_t loads) {
    for (LoadStatus& load : read_loads(ledger_, feed_, loads)) {
      if (FeedStatus* status = find(load.feed)) status->loads.push_back(std::move(load));
    }
    for (auto& [feed, staged] : read_staged(ledger_, feed_, 0)) {
      if (FeedStatus* status = find(feed)) status->staged.push_back(staged);
    }
    for (auto& [feed, count] : read_reject_counts(ledger_, feed_, 0)) {
      if (FeedStatus* status = find(feed)) status->rejects.push_back(std::move(count));
    }
  }

  std::vector<FeedStatus> take() { return std::move(feeds_); }

 private:
  Result run(const std::string& sql) { return ledger_.connection().run_ledger(sql, wanted_); }

  FeedStatus* find(const std::string& feed) {
    const auto found = std::ranges::lower_bound(feeds_, feed, {}, &FeedStatus::feed);
    return found != feeds_.end() && found->feed == feed ? &*found : nullptr;
  }

  LedgerSnapshot& ledger_;
  const std::string& feed_;
  std::array<Parameter, 1> wanted_;
  std::vector<FeedStatus> feeds_;
};

}  // namespace

std::vector<FeedStatus> read_feeds(LedgerSnapshot& ledger, const std::string& feed, std::int64_t loads,
                                   std::int64_t missing) {
  FeedReader reader(ledger, feed);
  reader.read_names();
  reader.count_sources();
  reader.name_missing(missing);
  reader.read_pending();
  reader.read_others(loads);
  return reader.take();
}

}  // namespace pgfeed
