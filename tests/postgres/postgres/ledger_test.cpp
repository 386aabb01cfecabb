#include "postgres/ledger.hpp"

#include <array>
#include <thread>

#include "postgres/fresh_database.hpp"
#include "postgres/ledger_schema.hpp"

namespace pgfeed {
namespace {

class LedgerTest : public FreshDatabase {
 protected:
  void SetUp() override {
    FreshDatabase::SetUp();
    create_ledger_schema(session());
    begin_feed(session(), "feed", "hash");
    load_ = begin_load(session(), "feed", "hash");
  }
  std::int64_t add(const std::string& uri, std::int64_t content_size = 100) {
    const std::array<NewSource, 1> sources{NewSource{uri, 1, 100, "v", content_size}};
    add_sources(session(), "feed", load_, sources);
    return entry(uri).source;
  }
  SourceEntry entry(const std::string& uri) {
    const std::array<std::string, 1> uris{uri};
    return read_sources(session(), "feed", uris)[0];
  }
  bool claims(std::int64_t source, const Spans& spans) {
    session().begin();
    const bool whole = claim_spans(session(), SpanKind::committed, source, load_, "worker", spans).size() == spans.size();
    whole ? session().commit() : session().rollback();
    return whole;
  }
  std::int64_t load_ = 0;
};

TEST_F(LedgerTest, TellsTheLastHashOfAFeed) {
  EXPECT_EQ(begin_feed(session(), "feed", "other"), "hash");
  set_mapping_hash(session(), "feed", "other");
  EXPECT_EQ(begin_feed(session(), "feed", "other"), "other");
  EXPECT_EQ(begin_feed(session(), "new", "other"), "");
}

TEST_F(LedgerTest, SourcesComeBackInTheOrderOfTheQuestion) {
  std::vector<NewSource> sources;
  std::vector<std::string> uris;
  constexpr std::size_t kMany = 12'345;  // more than one statement takes
  for (std::size_t i = 0; i < kMany; ++i) {
    uris.push_back("file:///" + std::to_string(kMany - i) + R"(/"odd\)");
    if (i % 3 != 0) sources.push_back({uris.back(), 1, static_cast<std::int64_t>(i), "v" + std::to_string(i), -1});
  }
  add_sources(session(), "feed", load_, sources);
  const std::vector<SourceEntry> entries = read_sources(session(), "feed", uris);
  ASSERT_EQ(entries.size(), kMany);
  for (std::size_t i = 0; i < kMany; ++i) {
    EXPECT_EQ(entries[i].source != 0, i % 3 != 0);
    if (i % 3 == 0) continue;
    EXPECT_EQ(entries[i].size, static_cast<std::int64_t>(i));
    EXPECT_EQ(entries[i].version, "v" + std::to_string(i));
    EXPECT_EQ(entries[i].content_size, -1);
  }
  EXPECT_EQ(read_sources(session(), "other", uris)[1].source, 0);
}

TEST_F(LedgerTest, AGenerationIsWrittenOnceHoweverManyWriteIt) {
  const std::int64_t first = add("a");
  EXPECT_EQ(add("a"), first);  // as another load does that has looked before
  const std::array<NewSource, 1> next{NewSource{"a", 2, 7, "w", 7}};
  add_sources(session(), "feed", load_, next);
  EXPECT_NE(entry("a").source, first);
  EXPECT_EQ(entry("a").generation, 2);
  EXPECT_EQ(entry("a").size, 7);
}

TEST_F(LedgerTest, SpansOfASourceCannotOverlap) {
  const std::int64_t a = add("a");
  const std::int64_t b = add("b");
  EXPECT_TRUE(claims(a, {{10, 20}, {30, 40}}));
  EXPECT_TRUE(claims(a, {{20, 30}}));
  EXPECT_TRUE(claims(b, {{0, 100}}));
  EXPECT_FALSE(claims(a, {{39, 41}}));
  EXPECT_FALSE(claims(a, {{0, 10}, {12, 13}}));
  EXPECT_FALSE(claims(a, {{0, 100}}));
  EXPECT_TRUE(claims(a, {{0, 10}, {40, 100}}));
  EXPECT_EQ(read_spans(session(), a), (Spans{{0, 100}}));
  EXPECT_TRUE(entry("a").is_complete());
  EXPECT_EQ(are_complete(session(), std::array<std::int64_t, 3>{b, a, 999}), (std::vector<bool>{true, true, false}));
}

TEST_F(LedgerTest, AClaimWaitsForTheOneBefore) {
  const std::int64_t a = add("a");
  for (const bool commits : {false, true}) {
    session().begin();
    EXPECT_EQ(claim_spans(session(), SpanKind::committed, a, load_, "first", {{0, 10}}).size(), 1U);
    std::size_t claimed = 99;
    std::jthread second([&] {
      Connection other(session_of(conninfo()), "second");
      other.begin();
      claimed = claim_spans(other, SpanKind::committed, a, load_, "second", {{5, 15}}).size();
      other.rollback();
    });
    Connection watcher(session_of(conninfo()), "watcher");
    const std::string waits =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'second' AND wait_event_type = 'Lock'";
    while (watcher.run(waits).number(0, 0) == 0) std::this_thread::yield();
    commits ? session().commit() : session().rollback();
    second.join();
    EXPECT_EQ(claimed, commits ? 0U : 1U);
  }
  const std::vector<CommittedSplit> splits = read_splits(session(), SpanKind::committed, a, {9, 12});
  ASSERT_EQ(splits.size(), 1U);
  EXPECT_EQ(splits[0].worker, "first");
  EXPECT_EQ(splits[0].load, load_);
  EXPECT_EQ(splits[0].span, (Span{0, 10}));
  EXPECT_TRUE(read_splits(session(), SpanKind::committed, a, {10, 12}).empty());
}

TEST_F(LedgerTest, ASplitIsWrittenDownWithWhatItCameTo) {
  const std::int64_t a = add("a");
  session().begin();
  const std::int64_t split = claim_spans(session(), SpanKind::committed, a, load_, "w", {{0, 10}}).at(0);
  finish_split(session(), split, {5, 6, 7, {{R"(odd "table")", 1, 2, 3}, {"t", 4, 0, 0}}});
  session().commit();
  EXPECT_EQ(rows("SELECT loaded, skipped, rejected, rows ->> 't', rows -> 'odd \"table\"' ->> 'merged', ended >= claimed "
                 "FROM pgfeed.splits"),
            Strings{R"((5,6,7,"{""merged"": 0, ""inserted"": 4, ""already_there"": 0}",2,t))"});
}

TEST_F(LedgerTest, TablesAreRememberedByOid) {
  const std::array<FeedTable, 2> tables{FeedTable{"t", "17"}, FeedTable{"u", "18"}};
  write_feed_tables(session(), "feed", tables);
  write_feed_tables(session(), "feed", std::array<FeedTable, 1>{FeedTable{"t", "19"}});
  EXPECT_EQ(rows("SELECT * FROM pgfeed.feed_tables ORDER BY table_name"), (Strings{"(feed,t,19)", "(feed,u,18)"}));
  EXPECT_EQ(read_feed_tables(session(), "feed").size(), 2U);
  EXPECT_FALSE(has_splits(session(), "feed"));
  EXPECT_TRUE(claims(add("a"), {{0, 1}}));
  EXPECT_TRUE(has_splits(session(), "feed"));
}

}  // namespace
}  // namespace pgfeed
