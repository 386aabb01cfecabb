#include <pgfeed/partitions.hpp>

#include <fmt/format.h>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

/// No key, so that a batch that is published twice shows.
constexpr const char* kMapping = R"yaml(version: 1
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
)yaml";

/// Batches of a stream, each of which may be run several times.
class StreamsTest : public FreshDatabase {
 protected:
  LoadOptions options(int batch, const std::string& run, const std::string& stream = "q") const {
    LoadOptions options;
    options.mapping_text = kMapping;
    options.session.conninfo = conninfo();
    options.publish = Publish::atomic;
    options.stream = stream;
    options.batch = batch;
    options.partitions = fmt::format("{}/{}/{}", stream, batch, run);
    options.connections = 1;
    return options;
  }

  Strings stage(const LoadOptions& options, const Strings& documents) const {
    const std::string task = joining_task(options);
    Strings outcomes;
    for (std::size_t partition = 0; partition < documents.size(); ++partition) {
      PartitionTask handed(task, conninfo(), std::to_string(partition));
      if (handed.begin(static_cast<std::int64_t>(partition))) {
        handed.add(documents[partition]);
        handed.end();
      }
      outcomes.push_back(handed.outcome());
    }
    return outcomes;
  }

  Report commit(LoadOptions options, const Strings& outcomes) const {
    options.joins = true;
    return load_by_partitions(options, [&](const std::vector<std::string>&) { return outcomes; }, {});
  }
  Report run_batch(int batch, const std::string& run, const Strings& documents, const std::string& stream = "q") const {
    const LoadOptions options = this->options(batch, run, stream);
    return commit(options, stage(options, documents));
  }
};

TEST_F(StreamsTest, ABatchThatIsRunAgainIsPublishedOnce) {
  EXPECT_EQ(run_batch(0, "a", {"{\"id\": 1}", "{\"id\": 2}"}).counts.loaded, 2);
  const Report again = run_batch(0, "b", {"{\"id\": 1}{\"id\": 2}"});
  EXPECT_EQ(again.counts.loaded, 0);
  EXPECT_EQ(again.warnings, Strings{"batch 0 of stream q is in already"});
  EXPECT_EQ(run_batch(1, "c", {"{\"id\": 3}"}).counts.loaded, 1);
  EXPECT_EQ(run_batch(0, "d", {"{\"id\": 4}"}).counts.loaded, 0);
  EXPECT_EQ(run_batch(0, "e", {"{\"id\": 5}"}, "another").counts.loaded, 1);
  EXPECT_EQ(rows("SELECT id FROM seen ORDER BY 1"), (Strings{"(1)", "(2)", "(3)", "(5)"}));
  EXPECT_EQ(rows("SELECT DISTINCT state FROM pgfeed.loads"), Strings{"(done)"});
  EXPECT_EQ(rows("SELECT FROM pgfeed.staged_splits"), Strings{});
}

TEST_F(StreamsTest, ARunThatWasLostLeavesNothing) {
  stage(options(0, "lost"), {"{\"id\": 1}", "{\"id\": 2}"});
  EXPECT_EQ(rows("SELECT to_regclass('seen') IS NULL, count(*) FROM pgfeed.staged_splits"), Strings{"(t,2)"});
  EXPECT_EQ(run_batch(0, "a", {"{\"id\": 2}{\"id\": 1}"}).counts.loaded, 2);
  EXPECT_EQ(rows("SELECT id FROM seen ORDER BY 1"), (Strings{"(1)", "(2)"}));
  EXPECT_EQ(rows("SELECT FROM pgfeed.staged_splits"), Strings{});
}

TEST_F(StreamsTest, ARunThatIsGivenUpLeavesNothing) {
  const LoadOptions options = this->options(0, "a");
  stage(options, {"{\"id\": 1}"});
  give_up_partitions(options, true);
  EXPECT_EQ(rows("SELECT count(*) FROM pgfeed.staged_splits"), Strings{"(1)"});
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(failed)"});
  give_up_partitions(options, false);
  EXPECT_EQ(rows("SELECT count(*) FROM pgfeed.staged_splits"), Strings{"(0)"});
  EXPECT_THROW(stage(options, {"{\"id\": 1}"}), Error);  // an attempt that comes too late
  EXPECT_EQ(rows("SELECT count(*) FROM pgfeed.staged_splits"), Strings{"(0)"});
  give_up_partitions(this->options(1, "none"), false);
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(failed)"});
}

TEST_F(StreamsTest, OneThatOverwritesTakesThePlaceOfTheBatchBefore) {
  for (int batch = 0; batch < 2; ++batch) {
    LoadOptions options = this->options(batch, "a");
    options.overwrite = true;
    commit(options, stage(options, {fmt::format("{{\"id\": {}}}", batch)}));
  }
  EXPECT_EQ(rows("SELECT id FROM seen"), Strings{"(1)"});
}

}  // namespace
}  // namespace pgfeed
