#include <pgfeed/load.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

/// Small documents that share users and URLs, so that all workers write the same rows of two tables.
constexpr const char* kMapping = R"yaml(version: 1
feed: posts
root: posts
tables:
  urls:
    key: [url]
    surrogate: id_urls
    columns: {url: {type: text}}
  users:
    key: [id]
    on_duplicate: {latest: seen}
    columns:
      id: {path: $.user.id, type: bigint}
      seen: {path: $.id, type: bigint}
      id_urls: {ref: urls, path: $.user.url}
  posts:
    key: [id]
    on_duplicate: skip
    columns:
      id: {path: $.id, type: bigint}
      user_id: {path: $.user.id, type: bigint}
  tags:
    from: $.tags[*]
    columns: {post: {path: $.id, type: bigint}, tag: "@", at: {meta: position, type: integer}}
)yaml";

constexpr int kDocuments = 4000;
constexpr int kUsers = 37;
constexpr int kUrls = 11;

class LoadTest : public FreshDatabase {
 protected:
  LoadTest() : folder_(std::filesystem::path(testing::TempDir()) / database()) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "posts.yaml") << kMapping;
  }
  ~LoadTest() override { std::filesystem::remove_all(folder_); }

  void write_documents() const {
    std::ofstream file(folder_ / "posts.ndjson");
    for (int i = 0; i < kDocuments; ++i) {
      file << R"({"id":)" << i << R"(,"user":{"id":)" << i % kUsers << R"(,"url":"https://u/)" << i % kUrls
           << R"("},"tags":["a","t)" << i % 5 << "\"]}\n";
    }
  }

  LoadOptions options() const {
    LoadOptions options;
    options.mapping = folder_ / "posts.yaml";
    options.session.conninfo = conninfo();
    options.sources = {folder_ / "posts.ndjson"};
    options.connections = 4;
    options.split_size = 8 << 10;  // about a hundred documents: dozens of splits
    return options;
  }

  /// What must be in the tables, told from how the documents were made.
  void expect_all_rows() {
    EXPECT_EQ(rows("SELECT count(*), count(DISTINCT url) FROM urls"), Strings{"(11,11)"});
    EXPECT_EQ(rows("SELECT count(*), sum(id), count(*) FILTER (WHERE user_id = id % 37) FROM posts"),
              Strings{"(4000,7998000,4000)"});
    EXPECT_EQ(
        rows("SELECT count(*), count(*) FILTER (WHERE tag = CASE at WHEN 0 THEN 'a' ELSE 't' || post % 5 END) FROM tags"),
        Strings{"(8000,8000)"});
    std::map<int, int> last;  // of each user
    for (int i = 0; i < kDocuments; ++i) last[i % kUsers] = i;
    Strings users;
    for (const auto& [id, seen] : last)
      users.push_back("(" + std::to_string(id) + "," + std::to_string(seen) + ",https://u/" + std::to_string(seen % kUrls) +
                      ")");
    EXPECT_EQ(rows("SELECT id, seen, url FROM users JOIN urls USING (id_urls) ORDER BY id"), users);
  }

  std::filesystem::path folder_;
};

TEST_F(LoadTest, FourWorkersThatShareRowsLoadEverythingOnce) {
  write_documents();
  std::atomic<std::int64_t> told = 0;
  const Report report =
      load(options(),
           [&](const Report& so_far) {
             EXPECT_LE(told.exchange(so_far.counts.read), so_far.counts.read);
             EXPECT_EQ(so_far.counts.read, so_far.counts.loaded + so_far.counts.skipped + so_far.counts.rejected);
           },
           {});
  EXPECT_EQ(report.counts.read, kDocuments);
  EXPECT_EQ(report.counts.loaded, kDocuments);
  EXPECT_GT(report.counts.splits, 8);
  EXPECT_EQ(report.connections, 4);
  EXPECT_EQ(static_cast<std::uintmax_t>(report.counts.bytes), std::filesystem::file_size(folder_ / "posts.ndjson"));
  EXPECT_EQ(std::ranges::find(report.tables, "posts", &TableReport::name)->inserted, kDocuments);
  EXPECT_EQ(std::ranges::find(report.tables, "urls", &TableReport::name)->inserted, kUrls);
  expect_all_rows();
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(done)"});
}

TEST_F(LoadTest, TheSameDocumentsAgainAreSkipped) {
  write_documents();
  load(options(), {}, {});
  LoadOptions again = options();
  again.reload = true;
  const Report report = load(again, {}, {});
  EXPECT_EQ(report.counts.read, kDocuments);
  EXPECT_EQ(report.counts.skipped, kDocuments);
  EXPECT_EQ(report.counts.loaded, 0);
  expect_all_rows();
}

TEST_F(LoadTest, AStopInMidwayLeavesWholeSplitsAndTheNextLoadFinishes) {
  write_documents();
  load(
      [this] {
        LoadOptions first = options();
        first.limit = 1;
        return first;
      }(),
      {}, {});
  // The workers wait for this lock, so the load is under way and cannot end before the stop.
  Connection holder(session_of(conninfo()), "holder");
  holder.run("BEGIN; LOCK TABLE posts IN EXCLUSIVE MODE");
  std::stop_source stop;
  std::jthread stopper([&] {
    while (rows("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'posts'::regclass").empty())
      std::this_thread::yield();
    stop.request_stop();
  });
  Report partial;
  try {
    load(
        options(), [](const Report&) {}, stop.get_token(), &partial);
    ADD_FAILURE() << "the load went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::interrupted) << error.what();
  }
  stopper.join();
  holder.run("COMMIT");
  EXPECT_EQ(partial.counts.read, partial.counts.loaded + partial.counts.skipped + partial.counts.rejected);
  EXPECT_LT(partial.counts.read, kDocuments);
  EXPECT_EQ(rows("SELECT count(*) FROM posts"), Strings{"(" + std::to_string(1 + partial.counts.loaded) + ")"});
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads ORDER BY load DESC LIMIT 1"), Strings{"(interrupted)"});
  EXPECT_EQ(
      rows("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load%' AND state <> 'idle' AND datname = "
           "current_database()"),
      Strings{});
  load(options(), {}, {});
  expect_all_rows();
}

TEST_F(LoadTest, TheFirstErrorStopsAllWorkers) {
  write_documents();
  load(
      [this] {
        LoadOptions first = options();
        first.limit = 1;
        return first;
      }(),
      {}, {});
  run("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no more' USING ERRCODE = "
      "'53100'; END $$");
  run("CREATE TRIGGER fail BEFORE INSERT ON posts FOR EACH ROW WHEN (new.id = 2000) EXECUTE FUNCTION fail()");
  Report partial;
  try {
    load(options(), {}, {}, &partial);
    ADD_FAILURE() << "the load went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::database);
    EXPECT_EQ(error.sqlstate, "53100") << error.what();
  }
  EXPECT_EQ(rows("SELECT count(*) FROM posts"), Strings{"(" + std::to_string(1 + partial.counts.loaded) + ")"});
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads ORDER BY load DESC LIMIT 1"), Strings{"(failed)"});
  run("DROP TRIGGER fail ON posts");
  load(options(), {}, {});
  expect_all_rows();
}

TEST_F(LoadTest, TooManyRejectsStopAllWorkersAndKeepTheEvidence) {
  write_documents();
  std::ofstream(folder_ / "posts.ndjson", std::ios::app) << R"({"id":"x"})" << '\n' << R"({"id":"y"})" << '\n';
  LoadOptions strict = options();
  strict.max_rejects.documents = 1;
  try {
    load(strict, {}, {});
    ADD_FAILURE() << "the load went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::rejects);
  }
  EXPECT_EQ(rows("SELECT line, table_name, column_name, document, state FROM pgfeed.rejects ORDER BY line"),
            (Strings{R"x((4001,users,seen,"{""id"":""x""}",stopped))x", R"x((4002,users,seen,"{""id"":""y""}",stopped))x"}));
  EXPECT_EQ(rows("SELECT state FROM pgfeed.loads"), Strings{"(stopped)"});
  strict.max_rejects.documents = 2;
  EXPECT_EQ(load(strict, {}, {}).counts.rejected, 2);
  expect_all_rows();
}

TEST_F(LoadTest, ADryRunLeavesNothing) {
  write_documents();
  LoadOptions dry = options();
  dry.dry_run = true;
  const Report report = load(dry, [](const Report&) {}, {});
  EXPECT_EQ(report.counts.loaded, kDocuments);
  EXPECT_EQ(report.connections, 1);
  EXPECT_EQ(rows("SELECT relname FROM pg_class WHERE relname IN ('posts', 'users', 'tags', 'urls', 'loads')"), Strings{});
}

}  // namespace
}  // namespace pgfeed
