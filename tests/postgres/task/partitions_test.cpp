#include <pgfeed/partitions.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include <nlohmann/json.hpp>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

/// No key, so that a document that is loaded twice shows; and none that keeps equal documents apart.
constexpr const char* kMapping = R"yaml(version: 1
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
)yaml";

constexpr int kDocuments = 1000;
constexpr int kDifferent = 700;  ///< the others are equal to some of these

/// Partitions handed over by attempts that may end at any place: each document is in once.
class PartitionsTest : public FreshDatabase {
 protected:
  LoadOptions options() const {
    LoadOptions options;
    options.mapping = "seen.yaml";
    options.mapping_text = kMapping;
    options.session.conninfo = conninfo();
    options.partitions = "p";
    options.split_size = 512;  // some forty documents: dozens of splits
    return options;
  }

  static Strings documents() {
    Strings documents;
    for (int i = 0; i < kDocuments; ++i) documents.push_back("{\"id\": " + std::to_string(i % kDifferent) + "}");
    return documents;
  }
  static Strings shuffled(unsigned seed) {
    Strings documents = PartitionsTest::documents();
    std::ranges::shuffle(documents, std::mt19937(seed));
    return documents;
  }

  /// The first documents of a partition; then the attempt is lost.
  void lose(const std::string& task, const std::string& attempt, const Strings& documents, std::size_t count,
            std::int64_t partition = 0) const {
    PartitionTask lost(task, conninfo(), attempt);
    ASSERT_TRUE(lost.begin(partition));
    for (std::size_t i = 0; i < count; ++i) lost.add(documents[i]);
  }

  /// A whole attempt; what it came to.
  std::string hand_over(const std::string& task, const std::string& attempt, const Strings& documents,
                        std::int64_t partition = 0) const {
    PartitionTask handed(task, conninfo(), attempt);
    if (handed.begin(partition)) {
      for (const std::string& document : documents) handed.add(document);
      handed.end();
    }
    return handed.outcome();
  }

  static std::int64_t read_by(const std::string& outcome) { return nlohmann::json::parse(outcome)["read"]; }

  void leave(const std::string& task, const std::string& attempt) const { PartitionTask(task, conninfo(), attempt).leave(); }

  std::int64_t committed_splits() { return std::stoll(session().run("SELECT count(*) FROM pgfeed.splits").text(0, 0)); }

  /// What must be in the table, told from how the documents were made.
  void expect_each_once() {
    EXPECT_EQ(rows("SELECT count(*), count(DISTINCT id), sum(id) FROM seen"), Strings{"(1000,700,289500)"});
    EXPECT_EQ(rows("SELECT sum(loaded) FROM pgfeed.splits"), Strings{"(1000)"});
    expect_nothing_kept();
  }
  void expect_nothing_kept() {
    EXPECT_EQ(rows("SELECT FROM pgfeed.parts"), Strings{});
    EXPECT_EQ(rows("SELECT FROM pgfeed.staged_parts"), Strings{});
    EXPECT_EQ(rows("SELECT FROM pgfeed.sources WHERE content_size IS NULL"), Strings{});
  }

  static std::string sentence_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(PartitionsTest, GoOnInAnyOrderAfterAttemptsThatWereLost) {
  const std::string task = joining_task(options());
  lose(task, "a", documents(), 450);
  const std::int64_t splits = committed_splits();
  EXPECT_GT(splits, 3);
  EXPECT_EQ(rows("SELECT count(*) > 0 FROM pgfeed.parts"), Strings{"(t)"});
  lose(task, "b", shuffled(1), 700);
  EXPECT_GT(committed_splits(), splits);
  lose(task, "c", shuffled(2), kDocuments);
  hand_over(task, "d", shuffled(3));
  expect_each_once();
}

TEST_F(PartitionsTest, OfTwoAttemptsAtTheSameTimeEachDocumentGoesInOnce) {
  const std::string task = joining_task(options());
  for (unsigned round = 0; round < 5; ++round) {
    std::vector<std::jthread> attempts;
    for (unsigned i = 0; i < 3; ++i)
      attempts.emplace_back([&, i] {
        const std::string attempt = std::to_string(round) + "." + std::to_string(i);
        EXPECT_EQ(sentence_of([&] { hand_over(task, attempt, shuffled(10 * round + i), round); }), "");
      });
  }
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT id), sum(id) FROM seen"), Strings{"(5000,700,1447500)"});
  expect_nothing_kept();
}

TEST_F(PartitionsTest, AWholePartitionIsNotWantedAgain) {
  const std::string task = joining_task(options());
  hand_over(task, "a", documents());
  PartitionTask again(task, conninfo(), "b");
  EXPECT_FALSE(again.begin(0));
  EXPECT_TRUE(again.begin(1));
  again.end();
  EXPECT_FALSE(again.begin(1));
  expect_each_once();
}

TEST_F(PartitionsTest, OtherDocumentsThanBeforeAreAnError) {
  const std::string task = joining_task(options());
  lose(task, "a", documents(), 450);
  Strings others = documents();
  others[350] = "{\"id\": 100007}";
  const std::string said = sentence_of([&] { hand_over(task, "b", others); });
  EXPECT_NE(said.find("partition:p/0: 1 document that another attempt of this partition has loaded did not come again, so "
                      "another came in its place"),
            std::string::npos)
      << said;
}

/// Documents of which a split holds a round number: what is handed over last may be nothing.
Strings equally_long(int count) {
  Strings documents;
  constexpr int kFirst = 10'000'000;  // 16 bytes each
  for (int i = 0; i < count; ++i) documents.push_back("{\"id\": " + std::to_string(kFirst + i) + "}");
  return documents;
}

class PartitionsAtTheSameTimeTest : public PartitionsTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(DocumentsLeftForTheEnd, PartitionsAtTheSameTimeTest, testing::Values(0, 5));

TEST_P(PartitionsAtTheSameTimeTest, OtherDocumentsAreAnErrorAtTheEndToo) {
  const std::string task = joining_task(options());
  const Strings whole = equally_long(64 + GetParam());
  PartitionTask slow(task, conninfo(), "a");
  ASSERT_TRUE(slow.begin(0));
  for (const std::string& document : whole) slow.add(document);
  Strings others = equally_long(64);
  others[10] = R"({"id": 20000000})";
  while (session().run("SELECT count(*) FROM pgfeed.splits").number(0, 0) < 2) std::this_thread::yield();
  PartitionTask quick(task, conninfo(), "b");
  ASSERT_TRUE(quick.begin(0));
  for (const std::string& document : others) quick.add(document);
  while (session().run("SELECT count(*) FROM seen WHERE id = 20000000").number(0, 0) == 0) std::this_thread::yield();
  const std::string said = sentence_of([&] { slow.end(); });
  EXPECT_NE(said.find("did not come again"), std::string::npos) << said;
  EXPECT_TRUE(PartitionTask(task, conninfo(), "c").begin(0)) << "not all of it is in";
}

TEST_P(PartitionsAtTheSameTimeTest, WhatIsInTwiceOverIsWholeOnce) {
  const std::string task = joining_task(options());
  const Strings whole = equally_long(64 + GetParam());
  PartitionTask slow(task, conninfo(), "a");
  ASSERT_TRUE(slow.begin(0));
  for (const std::string& document : whole) slow.add(document);
  hand_over(task, "b", whole);
  EXPECT_EQ(sentence_of([&] { slow.end(); }), "");
  EXPECT_FALSE(PartitionTask(task, conninfo(), "c").begin(0));
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT id) FROM seen"),
            Strings{"(" + std::to_string(whole.size()) + "," + std::to_string(whole.size()) + ")"});
}

TEST_F(PartitionsTest, ASessionThatIsLostIsOpenedAgain) {
  const std::string task = joining_task(options());
  PartitionTask cut(task, conninfo(), "a");
  ASSERT_TRUE(cut.begin(0));
  const Strings all = documents();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 150 == 0)
      run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load % task a%'");
    cut.add(all[i]);
  }
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load % task a%'");
  cut.end();
  expect_each_once();
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load % task a%'");
  cut.leave();
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(done)"});
}

TEST_F(PartitionsTest, EmptyOnesAndBlankTextsHaveNoDocuments) {
  const std::string task = joining_task(options());
  hand_over(task, "a", {});
  hand_over(task, "b", {"", " \t\r\n", "\n"}, 1);
  hand_over(task, "c", {"", "  {\"id\": 1}\n", ""}, 2);
  EXPECT_EQ(rows("SELECT id FROM seen"), Strings{"(1)"});
  EXPECT_EQ(rows("SELECT uri FROM pgfeed.sources ORDER BY uri"),
            (Strings{"(partition:p/0)", "(partition:p/1)", "(partition:p/2)"}));
  expect_nothing_kept();
}

TEST_F(PartitionsTest, BadDocumentsAreRejectsWithTheirTexts) {
  LoadOptions options = this->options();
  options.max_rejects.documents = 9;
  options.max_document = 100;
  hand_over(joining_task(options), "a",
            {R"({"id": 1})", R"({"id": })", R"({"id": "x"})", "{\"id\": 2, \"text\": \"" + std::string(200, 'x') + "\"}",
             "[", R"({"id": 3})"});
  EXPECT_EQ(rows("SELECT id FROM seen ORDER BY id"), (Strings{"(1)", "(3)"}));
  EXPECT_EQ(rows("SELECT source, line, byte_offset, document FROM pgfeed.rejects WHERE line <> 4 ORDER BY line"),
            (Strings{R"((partition:p/0,2,10,"{""id"": }"))", R"((partition:p/0,3,19,"{""id"": ""x""}"))",
                     R"((partition:p/0,5,253,[))"}));
  EXPECT_EQ(
      rows("SELECT line, reason LIKE '%bytes, more than --max-document allows (100)' FROM pgfeed.rejects WHERE line = 4"),
      Strings{"(4,t)"});
  expect_nothing_kept();
}

TEST_F(PartitionsTest, RejectsOverTheLimitAreAnErrorAndStay) {
  LoadOptions options = this->options();
  options.max_rejects.documents = 3;
  Strings bad = documents();
  for (std::size_t i = 100; i < bad.size(); i += 100) bad[i] = "{";
  const std::string task = joining_task(options);
  try {
    hand_over(task, "a", bad);
    ADD_FAILURE() << "the partition went in";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::rejects) << error.what();
    EXPECT_FALSE(error.retryable);
  }
  EXPECT_EQ(rows("SELECT state, count(*) FROM pgfeed.rejects GROUP BY state ORDER BY state"),
            (Strings{"(rejected,3)", "(stopped,1)"}));
}

TEST_F(PartitionsTest, TheLimitHoldsForAllPartitionsTogether) {
  LoadOptions options = this->options();
  options.max_rejects.documents = 3;
  const std::string task = joining_task(options);
  hand_over(task, "a", {"{", "{"}, 0);
  EXPECT_NE(sentence_of([&] { hand_over(task, "b", {"{", "{"}, 1); }), "");
}

TEST_F(PartitionsTest, DocumentsInsideTextsAreFound) {
  LoadOptions options = this->options();
  options.documents = "$.all[*]";
  Strings texts;
  for (int i = 0; i < kDocuments; i += 10) {
    std::string text = "{\"all\": [";
    for (int j = i; j < i + 10; ++j)
      text += (j > i ? ", " : "") + std::string("{\"id\": ") + std::to_string(j % kDifferent) + "}";
    texts.push_back(text + "]}");
  }
  const std::string task = joining_task(options);
  lose(task, "a", texts, 50);
  std::ranges::reverse(texts);
  hand_over(task, "b", texts);
  expect_each_once();
}

TEST_F(PartitionsTest, TheLastOneOutEndsTheLoad) {
  LoadOptions options = this->options();
  options.mapping_text = R"yaml(version: 1
feed: seen
tables:
  seen:
    key: [id]
    on_duplicate: skip
    columns: {id: {path: $.id, type: bigint}}
)yaml";
  const std::string task = joining_task(options);
  PartitionTask first(task, conninfo(), "a");
  ASSERT_TRUE(first.begin(0));
  first.add("{\"id\": 1}");
  first.end();
  PartitionTask second(task, conninfo(), "b");
  first.leave();
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(running)"});
  ASSERT_TRUE(second.begin(1));
  second.add("{\"id\": 2}");
  second.end();
  second.leave();
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(done)"});
  EXPECT_EQ(rows("SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = 'seen'::regclass"),
            Strings{"(seen_pkey)"});
  expect_nothing_kept();
}

TEST_F(PartitionsTest, WhoLeavesDoesNotWaitForAnAttemptWhosePartitionIsIn) {
  const std::string task = joining_task(options());
  PartitionTask slow(task, conninfo(), "0.slow");
  PartitionTask other(task, conninfo(), "1.other");
  PartitionTask quick(task, conninfo(), "0.quick");
  ASSERT_TRUE(slow.begin(0));
  ASSERT_TRUE(other.begin(1));
  ASSERT_TRUE(quick.begin(0));
  quick.end();
  quick.leave();
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(running)"});
  other.end();
  other.leave();
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(done)"});
}

/// With a driver: the load is begun and ended by it.
class DrivenPartitionsTest : public PartitionsTest {
 protected:
  Report load(const LoadOptions& options, const RunTasks& run) { return load_by_partitions(options, run, {}); }

  RunTasks run_all() const {
    return [this](const std::vector<std::string>& tasks) {
      return Strings{hand_over(tasks.at(0), "0", shuffled(1), 0), hand_over(tasks.at(0), "1", shuffled(2), 1)};
    };
  }
  /// Loses one attempt of the first partition, and then the driver's patience.
  RunTasks run_and_fail() const {
    return [this](const std::vector<std::string>& tasks) -> Strings {
      lose(tasks.at(0), "0", documents(), 450, 0);
      hand_over(tasks.at(0), "1", documents(), 1);
      throw Error(ErrorKind::source, "the cluster is gone");
    };
  }
  void expect_both_once() {
    EXPECT_EQ(rows("SELECT count(*), count(DISTINCT id), sum(id) FROM seen"), Strings{"(2000,700,579000)"});
    expect_nothing_kept();
  }
};

TEST_F(DrivenPartitionsTest, GoOnUnderTheirName) {
  EXPECT_EQ(sentence_of([&] { load(options(), run_and_fail()); }), "the cluster is gone");
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(failed)"});
  const Report report = load(options(), run_all());
  EXPECT_GT(report.counts.loaded, 0);
  EXPECT_LT(report.counts.loaded, kDocuments);
  expect_both_once();
  const Report again = load(options(), run_all());
  EXPECT_EQ(again.counts.read, 0);
  expect_both_once();
}

TEST_F(DrivenPartitionsTest, GoOnUnderTheirNameUnseenUntilAllIsIn) {
  LoadOptions options = this->options();
  options.publish = Publish::atomic;
  EXPECT_EQ(sentence_of([&] { load(options, run_and_fail()); }), "the cluster is gone");
  EXPECT_EQ(rows("SELECT to_regclass('seen') IS NULL, (SELECT count(*) FROM pgfeed.staged_splits) > 3"), Strings{"(t,t)"});
  const Report report = load(options, run_all());
  EXPECT_EQ(report.counts.loaded, 2 * kDocuments);
  expect_both_once();
  EXPECT_EQ(load(options, run_all()).counts.read, 0);
  expect_both_once();
}

TEST_F(DrivenPartitionsTest, RejectsThatAreTooManyEndAnAtomicLoadAsSuch) {
  LoadOptions options = this->options();
  options.publish = Publish::atomic;
  options.max_rejects.documents = 3;
  Strings bad = documents();
  for (std::size_t i = 0; i < bad.size(); i += 10) bad[i] = "{";
  try {
    load(options, [&](const Strings& tasks) { return Strings{hand_over(tasks.at(0), "0", bad)}; });
    ADD_FAILURE() << "the load went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::rejects) << error.what();
  }
  EXPECT_EQ(rows("SELECT to_regclass('seen') IS NULL"), Strings{"(t)"});
}

TEST_F(DrivenPartitionsTest, APartitionThatIsNotWholeFailsTheLoad) {
  EXPECT_NE(sentence_of([&] {
              load(options(), [&](const Strings& tasks) {
                lose(tasks.at(0), "0", documents(), 450);
                return Strings{};
              });
            }),
            "");
}

TEST_F(DrivenPartitionsTest, ANameMayBeTheBeginningOfAnother) {
  LoadOptions longer = options();
  longer.partitions = "p/1";
  EXPECT_EQ(sentence_of([&] { load(longer, run_and_fail()); }), "the cluster is gone");
  EXPECT_EQ(load(options(), run_all()).counts.loaded, 2 * kDocuments);
}

}  // namespace
}  // namespace pgfeed
