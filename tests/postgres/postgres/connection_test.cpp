#include "postgres/connection.hpp"
#include "postgres/server_error.hpp"

#include <array>
#include <cstdlib>
#include <thread>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

class ConnectionTest : public FreshDatabase {
 protected:
  Error error_of_connect(const std::string& more) const {
    try {
      const Connection connection(session_of(conninfo() + " " + more), "test");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::database);
      return error;
    }
    ADD_FAILURE() << "connected with " << more;
    return {ErrorKind::usage, ""};
  }
};

TEST_F(ConnectionTest, HasItsNameAndUtf8AndSetsNothingElse) {
  Connection connection(session_of(conninfo()), "pgfeed load 7 worker 2");
  EXPECT_EQ(rows_of(connection, "SELECT current_setting('application_name'), current_setting('client_encoding')"),
            Strings{R"(("pgfeed load 7 worker 2",UTF8))"});
  EXPECT_EQ(rows_of(connection, "SELECT name FROM pg_settings WHERE source = 'session'"), Strings{});
  EXPECT_NE(connection.where().find(database()), std::string::npos);
}

TEST_F(ConnectionTest, ARefusedPasswordHasItsSqlstateAndIsNotTriedAgain) {
  run("CREATE ROLE " + database() + " LOGIN PASSWORD 'right'");
  const Error error = error_of_connect("host=127.0.0.1 user=" + database() + " password=wrong");
  EXPECT_EQ(error.sqlstate, "28P01") << error.what();
  EXPECT_FALSE(error.retryable);
  EXPECT_EQ(std::string(error.what()).find("wrong"), std::string::npos);
  run("DROP ROLE " + database());
}

TEST_F(ConnectionTest, AMissingDatabaseHasItsSqlstate) {
  const Error error = error_of_connect("dbname=no_such_database_here");
  EXPECT_EQ(error.sqlstate, "3D000") << error.what();
  EXPECT_FALSE(error.retryable);
}

TEST_F(ConnectionTest, TooManyConnectionsIsTriedAgain) {
  run("CREATE ROLE " + database() + " LOGIN CONNECTION LIMIT 0");
  const Error error = error_of_connect("user=" + database());
  EXPECT_EQ(error.sqlstate, "53300") << error.what();
  EXPECT_TRUE(error.retryable);
  run("DROP ROLE " + database());
}

TEST_F(ConnectionTest, AServerThatIsNotThereIsOneSentenceWithoutSqlstate) {
  const Error error = error_of_connect("host=127.0.0.1 port=1");
  EXPECT_EQ(error.sqlstate, "");
  EXPECT_TRUE(error.retryable);
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
}

TEST_F(ConnectionTest, AStatementsErrorSaysWhatTheServerSays) {
  run("CREATE TABLE t (id integer CONSTRAINT small CHECK (id < 10), name text NOT NULL)");
  try {
    run("INSERT INTO t VALUES (1, NULL)");
    FAIL() << "NULL went in";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, "23502");
    EXPECT_EQ(error.table, "t");
    EXPECT_EQ(error.column, "name");
  }
  try {
    run("INSERT INTO t VALUES (10, '')");
    FAIL() << "10 went in";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, "23514");
    EXPECT_EQ(error.constraint, "small");
    EXPECT_FALSE(error.retryable);
  }
}

TEST_F(ConnectionTest, ParametersAreTextOrBinaryOrNull) {
  const std::string four("\0\0\1\2", 4);
  const std::string text = "it's \\ \"x\"";
  const std::array<Parameter, 3> parameters{Parameter{text}, Parameter{std::nullopt}, Parameter{four, true}};
  const Result result = session().run("SELECT $1::text, $2::text, $3::integer", parameters);
  EXPECT_EQ(result.at(0, 0), text);
  EXPECT_TRUE(result.is_null(0, 1));
  EXPECT_EQ(result.number(0, 2), 258);
  const Result binary = session().run("SELECT $3::integer, $1::text, $2::text", parameters, true);
  EXPECT_EQ(binary.at(0, 0), four);
}

TEST_F(ConnectionTest, SettingsOfALoadEndWithItsTransaction) {
  session().begin();
  EXPECT_EQ(rows("SELECT current_setting('synchronous_commit'), current_setting('TimeZone')"), Strings{"(off,UTC)"});
  session().commit();
  EXPECT_EQ(rows("SELECT name FROM pg_settings WHERE source = 'session'"), Strings{});
}

TEST_F(ConnectionTest, RollbackEndsAFailedTransactionAndIsHarmlessWithoutOne) {
  run("CREATE TABLE t (id integer)");
  session().begin();
  run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(sqlstate_of([&] { run("SELECT 1 / 0"); }), "22012");
  session().rollback();
  session().rollback();
  EXPECT_EQ(rows("SELECT * FROM t"), Strings{});
}

TEST_F(ConnectionTest, EnclosedTransactionsAreCommittedNever) {
  run("CREATE TABLE t (id integer)");
  session().enclose();
  session().begin();
  run("INSERT INTO t VALUES (1)");
  session().commit();
  session().begin();
  run("INSERT INTO t VALUES (2)");
  session().rollback();
  session().begin_maintenance();
  run("INSERT INTO t VALUES (3)");
  session().commit();
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), (Strings{"(1)", "(3)"}));
  Connection other(session_of(conninfo()), "other");
  EXPECT_EQ(rows_of(other, "SELECT * FROM t"), Strings{});
  session().abandon();
  EXPECT_EQ(rows("SELECT * FROM t"), Strings{});
  session().begin();
  run("INSERT INTO t VALUES (4)");
  session().commit();
  EXPECT_EQ(rows_of(other, "SELECT * FROM t"), Strings{"(4)"});
}

TEST_F(ConnectionTest, ALostSessionIsRetryableAndCanBeOpenedAnew) {
  Connection other(session_of(conninfo()), "other");
  const std::string victim = other.run("SELECT pg_backend_pid()").text(0, 0);
  run("SELECT pg_terminate_backend(" + victim + ")");
  while (!rows("SELECT 1 FROM pg_stat_activity WHERE pid = " + victim).empty()) std::this_thread::yield();
  try {
    other.run("SELECT 1");
    FAIL() << "the session is still there";
  } catch (const Error& error) {
    EXPECT_TRUE(error.retryable) << error.sqlstate;
  }
  EXPECT_TRUE(other.is_lost());
  other.rollback();
  other.reopen();
  EXPECT_EQ(rows_of(other, "SELECT current_setting('application_name')"), Strings{"(other)"});
}

TEST_F(ConnectionTest, CancelEndsAStatementFromAnotherThread) {
  Connection other(session_of(conninfo()), "other");
  const std::string pid = other.run("SELECT pg_backend_pid()").text(0, 0);
  run("SELECT pg_advisory_lock(1)");
  std::jthread canceller([&] {
    // Only a session that waits can be cancelled: so until it does.
    while (rows("SELECT 1 FROM pg_locks WHERE NOT granted AND pid = " + pid).empty()) std::this_thread::yield();
    other.cancel();
  });
  EXPECT_EQ(sqlstate_of([&] { other.run("SELECT pg_advisory_lock(1)"); }), "57014");
}

TEST(IsRetryable, GoesBySqlstateAlone) {
  for (const char* yes : {"40P01", "40001", "08006", "08000", "57P01", "57P02", "57P03", "53300"})
    EXPECT_TRUE(is_retryable(yes));
  for (const char* no : {"08P01", "23505", "28P01", "57014", "57P04", "53100", ""}) EXPECT_FALSE(is_retryable(no)) << no;
}

}  // namespace
}  // namespace pgfeed
