#include <pgfeed/partitions.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <optional>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

using std::chrono::milliseconds;
using TaskPointer = std::unique_ptr<PartitionTask>;

constexpr milliseconds kWhile{300};  ///< in which who need not wait is done

constexpr const char* kMapping = R"yaml(version: 1
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
)yaml";

/// Tasks that join a load which lets in so many at a time.
class PlacesTest : public FreshDatabase {
 protected:
  std::string task(int connections, const std::string& name = "p") const {
    LoadOptions options;
    options.mapping_text = kMapping;
    options.partitions = name;
    options.connections = connections;
    options.session.connect_timeout = {};
    return joining_task(options);
  }
  TaskPointer join(const std::string& task, const std::string& attempt) const {
    return std::make_unique<PartitionTask>(task, conninfo(), attempt);
  }
  std::future<TaskPointer> join_later(const std::string& task, const std::string& attempt) const {
    return std::async(std::launch::async, [=, this] { return join(task, attempt); });
  }
  template <class Result>
  static bool waits(const std::future<Result>& future) {
    return future.wait_for(kWhile) == std::future_status::timeout;
  }
};

TEST_F(PlacesTest, WhoFindsNoneWaitsWithoutASession) {
  const std::string task = this->task(2);
  TaskPointer first = join(task, "a");
  const TaskPointer second = join(task, "b");
  std::future<TaskPointer> third = join_later(task, "c");
  EXPECT_TRUE(waits(third));
  EXPECT_EQ(rows("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load %' AND datname = "
                 "current_database()"),
            Strings{"(2)"});
  first.reset();
  EXPECT_NE(third.get(), nullptr);
}

TEST_F(PlacesTest, LoadsHaveTheirOwn) {
  const TaskPointer first = join(task(1), "a");
  const TaskPointer second = join(task(1, "q"), "a");
  EXPECT_NE(second, nullptr);
}

TEST_F(PlacesTest, AStopEndsTheWait) {
  const std::string task = this->task(1);
  const TaskPointer first = join(task, "a");
  std::stop_source stop;
  std::future<ErrorKind> second = std::async(std::launch::async, [&] {
    try {
      PartitionTask(task, conninfo(), "b", stop.get_token());
    } catch (const Error& error) {
      return error.kind;
    }
    return ErrorKind::usage;
  });
  EXPECT_TRUE(waits(second));
  stop.request_stop();
  EXPECT_EQ(second.get(), ErrorKind::interrupted);
}

TEST_F(PlacesTest, OneThatWasLostWithItsSessionIsWaitedFor) {
  const std::string task = this->task(1);
  const TaskPointer first = join(task, "a");
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load % task a%'");
  TaskPointer second = join(task, "b");
  std::future<bool> begun = std::async(std::launch::async, [&] { return first->begin(0); });
  EXPECT_TRUE(waits(begun));
  second.reset();
  EXPECT_TRUE(begun.get());
  first->end();
}

TEST_F(PlacesTest, AServerWithoutRoomIsWaitedFor) {
  run("CREATE ROLE " + database() + " LOGIN CONNECTION LIMIT 1");
  run("GRANT ALL ON DATABASE " + database() + " TO " + database());
  run("GRANT ALL ON SCHEMA public TO " + database());
  const std::string task = this->task(0);
  const std::string conninfo = this->conninfo() + " user=" + database();
  auto first = std::make_unique<PartitionTask>(task, conninfo, "a");
  std::future<TaskPointer> second =
      std::async(std::launch::async, [&] { return std::make_unique<PartitionTask>(task, conninfo, "b"); });
  EXPECT_TRUE(waits(second));
  first.reset();
  EXPECT_NE(second.get(), nullptr);
  run("REASSIGN OWNED BY " + database() + " TO CURRENT_USER");
  run("DROP OWNED BY " + database());
  run("DROP ROLE " + database());
}

}  // namespace
}  // namespace pgfeed
