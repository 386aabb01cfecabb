#include <pgfeed/documents.hpp>
#include <pgfeed/partitions.hpp>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

/// No key, so that a document that is loaded twice shows.
constexpr const char* kMapping = R"yaml(version: 1
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
)yaml";

constexpr int kDocuments = 300;  ///< of each of three partitions

/// Loads of documents that this process has, up to a limit.
class DocumentsTest : public FreshDatabase, public testing::WithParamInterface<Publish> {
 protected:
  LoadOptions options(std::int64_t limit) const {
    LoadOptions options;
    options.mapping = "seen.yaml";
    options.mapping_text = kMapping;
    options.session.conninfo = conninfo();
    options.partitions = "p";
    options.split_size = 512;  // some forty documents
    options.connections = 1;
    options.limit = limit;
    options.publish = GetParam();
    return options;
  }

  /// Of a partition.
  static Strings documents(int partition) {
    Strings documents;
    for (int i = 0; i < kDocuments; ++i) documents.push_back("{\"id\": " + std::to_string(partition * kDocuments + i) + "}");
    return documents;
  }

  static void hand_over(DocumentSink& sink) {
    for (int partition = 0; partition < 3 && !sink.is_full(); ++partition) {
      if (!sink.begin(partition)) continue;
      for (const std::string& document : documents(partition)) sink.add(document);
      sink.end();
    }
  }
  std::int64_t loaded(const LoadOptions& options) { return load_documents(options, hand_over, {}).counts.loaded; }

  void expect_first(int count) {
    EXPECT_EQ(rows("SELECT count(*), count(DISTINCT id), max(id) FROM seen"),
              Strings{"(" + std::to_string(count) + "," + std::to_string(count) + "," + std::to_string(count - 1) + ")"});
  }
};

TEST_P(DocumentsTest, AreGoneOnWithBehindALimit) {
  EXPECT_EQ(loaded(options(100)), 100);
  EXPECT_EQ(loaded(options(100)), 0);
  expect_first(100);
  EXPECT_EQ(loaded(options(kDocuments)), 200);
  EXPECT_EQ(loaded(options(450)), 150);
  expect_first(450);
  EXPECT_EQ(loaded(options(-1)), 450);
  expect_first(3 * kDocuments);
  EXPECT_EQ(rows("SELECT FROM pgfeed.parts UNION ALL SELECT FROM pgfeed.staged_parts"), Strings{});
}

TEST_P(DocumentsTest, OfALoadThatNoOtherGoesOnWithAreAllBehindALimit) {
  LoadOptions once = options(100);
  once.once = true;
  EXPECT_EQ(loaded(once), 100);
  expect_first(100);
  EXPECT_EQ(rows("SELECT FROM pgfeed.parts UNION ALL SELECT FROM pgfeed.staged_parts"), Strings{});
  EXPECT_EQ(rows("SELECT FROM pgfeed.sources WHERE content_size IS NULL"), Strings{});
}

TEST_P(DocumentsTest, AreNoMoreThanTheLimitAfterAnAttemptThatWasLost) {
  const RunTasks run = [this](const Strings& tasks) {
    {
      PartitionTask lost(tasks.at(0), conninfo(), "lost");
      lost.begin(0);
      for (const std::string& document : documents(0)) lost.add(document);
      lost.end();
      lost.begin(1);
      for (int i = 0; i < 100; ++i) lost.add(documents(1)[static_cast<std::size_t>(i)]);
    }
    PartitionTask again(tasks.at(0), conninfo(), "again");
    hand_over(again);
    return Strings{again.outcome()};
  };
  EXPECT_EQ(load_by_partitions(options(450), run, {}).counts.loaded, 450);
  expect_first(450);
}

TEST_P(DocumentsTest, LeaveNothingAfterADryRun) {
  LoadOptions dry = options(450);
  dry.dry_run = true;
  EXPECT_EQ(loaded(dry), 450);
  EXPECT_EQ(rows("SELECT to_regclass('seen'), to_regnamespace('pgfeed')"), Strings{"(,)"});
  dry.limit = -1;
  EXPECT_EQ(loaded(options(100)), 100);
  EXPECT_EQ(loaded(dry), 3 * kDocuments - 100);
  expect_first(100);
}

INSTANTIATE_TEST_SUITE_P(Publish, DocumentsTest, testing::Values(Publish::split, Publish::atomic),
                         [](const auto& way) { return way.param == Publish::atomic ? "atomic" : "split"; });

}  // namespace
}  // namespace pgfeed
