#include "postgres/table_sql.hpp"

#include <array>

#include "postgres/fresh_database.hpp"

namespace pgfeed {
namespace {

/// Merges of staged rows into `t (id, at, name)`, by a rule.
class MergeTest : public FreshDatabase {
 protected:
  SqlTable table(DuplicateRule rule) {
    SqlTable table;
    table.name = "public.t";
    table.stage = "pg_temp.stage";
    table.columns = {{"id", "integer", "integer"}, {"at", "integer", "integer"}, {"\"Name\"", "text", "text"}};
    table.key = {0};
    table.latest = 1;
    table.rule = rule;
    return table;
  }

  /// Creates `t` with some rows, unless it is there.
  void given(const std::string& values, const std::string& more = "") {
    run(R"(CREATE TABLE t (id integer PRIMARY KEY, at integer, "Name" text))" + more);
    if (!more.empty()) run("CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t DEFAULT");
    run("INSERT INTO t VALUES " + values);
  }

  /// Stages rows of (document, id, at, name) and merges them; returns rows inserted and merged.
  Strings merged(const SqlTable& table, const std::string& values) {
    session().begin();
    run(create_stage_sql(table));
    run("INSERT INTO " + table.stage + " VALUES " + values);
    const Result counts = session().run(merge_sql(table));
    session().commit();
    EXPECT_EQ(rows("SELECT * FROM " + table.stage), Strings{}) << "the stage is not emptied";
    return {counts.text(0, 0), counts.text(0, 1)};
  }
  Strings content() { return rows("SELECT * FROM t ORDER BY id"); }
  /// Where each row is stored: a row that stays as it is stays there.
  Strings places() { return rows("SELECT id, ctid, xmax FROM t ORDER BY id"); }
};

TEST_F(MergeTest, SkipLeavesWhatIsThere) {
  given("(1, 1, 'old')");
  EXPECT_EQ(merged(table(DuplicateRule::skip), "(0, 1, 9, 'new'), (1, 2, 1, 'a'), (2, 2, 2, 'b')"), (Strings{"1", "0"}));
  EXPECT_EQ(content(), (Strings{"(1,1,old)", "(2,1,a)"}));
}

TEST_F(MergeTest, UpdateTakesTheLastAndDoesNotTouchEqualRows) {
  given("(1, 1, 'old'), (2, 2, 'same'), (3, NULL, NULL)");
  const Strings before = places();
  EXPECT_EQ(merged(table(DuplicateRule::update),
                   "(0, 1, 5, 'x'), (1, 1, NULL, 'new'), (2, 2, 2, 'same'), (3, 3, NULL, NULL), (4, 4, 4, 'd')"),
            (Strings{"1", "1"}));
  EXPECT_EQ(content(), (Strings{"(1,,new)", "(2,2,same)", "(3,,)", "(4,4,d)"}));
  EXPECT_EQ(places()[1], before[1]);
  EXPECT_EQ(places()[2], before[2]);
}

TEST_F(MergeTest, FillTakesOnlyWhatIsMissing) {
  given("(1, NULL, 'old'), (2, 2, 'full'), (3, NULL, NULL)");
  const Strings before = places();
  EXPECT_EQ(merged(table(DuplicateRule::fill), "(0, 1, 7, 'new'), (1, 2, 9, 'new'), (2, 3, NULL, NULL), (3, 4, NULL, 'x')"),
            (Strings{"1", "1"}));
  EXPECT_EQ(content(), (Strings{"(1,7,old)", "(2,2,full)", "(3,,)", "(4,,x)"}));
  EXPECT_EQ(places()[1], before[1]);
  EXPECT_EQ(places()[2], before[2]);
}

TEST_F(MergeTest, LatestTakesTheGreaterWhole) {
  given("(1, 5, 'old'), (2, 5, 'old'), (3, NULL, 'old'), (4, 5, 'old')");
  const Strings before = places();
  EXPECT_EQ(
      merged(table(DuplicateRule::latest),
             "(0, 1, 6, NULL), (1, 2, 4, 'new'), (2, 3, 0, 'new'), (3, 4, NULL, 'new'), (4, 5, 1, 'a'), (5, 5, 2, 'b')"),
      (Strings{"1", "2"}));
  EXPECT_EQ(content(), (Strings{"(1,6,)", "(2,5,old)", "(3,0,new)", "(4,5,old)", "(5,2,b)"}));
  EXPECT_EQ(places()[1], before[1]);
  EXPECT_EQ(places()[3], before[3]);
}

TEST_F(MergeTest, LatestOfEqualTimesIsTheSameInEitherOrder) {
  for (const char* others : {"('b', 'a')", "('a', 'b')", "('a', NULL)", "(NULL, 'a')"}) {
    run("DROP TABLE IF EXISTS t, names");
    run("CREATE TABLE names AS SELECT * FROM (VALUES " + std::string(others) + ") AS v(first, second)");
    given("(9, 9, 'x')");
    const SqlTable latest = table(DuplicateRule::latest);
    // One after another, and both in one split.
    session().begin();
    run(create_stage_sql(latest));
    run("INSERT INTO pg_temp.stage SELECT 0, 1, 5, first FROM names");
    run(merge_sql(latest));
    run("DELETE FROM pg_temp.stage");
    run("INSERT INTO pg_temp.stage SELECT 0, 1, 5, second FROM names UNION ALL SELECT 1, 2, 5, first FROM names UNION ALL "
        "SELECT 2, 2, 5, second FROM names");
    run(merge_sql(latest));
    session().commit();
    run("DROP TABLE pg_temp.stage");
    const std::string greatest = rows("SELECT greatest(first, second) FROM names")[0];
    EXPECT_EQ(rows(R"(SELECT "Name" FROM t WHERE id < 9 ORDER BY id)"), (Strings{greatest, greatest})) << others;
  }
}

TEST_F(MergeTest, ATableOfNothingButItsKeyTakesNewKeys) {
  run("CREATE TABLE t (a integer, b text, PRIMARY KEY (b, a)); INSERT INTO t VALUES (1, 'x')");
  for (const DuplicateRule rule : {DuplicateRule::skip, DuplicateRule::update, DuplicateRule::fill}) {
    SqlTable table;
    table.name = "public.t";
    table.stage = "pg_temp.stage";
    table.columns = {{"a", "integer", "integer"}, {"b", "text", "text"}};
    table.key = {1, 0};
    table.rule = rule;
    const std::string next = std::to_string(static_cast<int>(rule) + 10);
    EXPECT_EQ(merged(table, "(0, 1, 'x'), (1, " + next + ", 'x'), (2, " + next + ", 'x')"), (Strings{"1", "0"}));
  }
  EXPECT_EQ(rows("SELECT count(*) FROM t"), Strings{"(4)"});
}

TEST_F(MergeTest, APartitionedTableIsMergedInto) {
  given("(1, 1, 'old'), (2, 5, 'old')", " PARTITION BY LIST (id)");
  SqlTable latest = table(DuplicateRule::latest);
  latest.partitioned = true;
  EXPECT_EQ(merged(latest, "(0, 1, 2, 'new'), (1, 2, 3, 'new'), (2, 3, 1, 'new'), (3, 4, 1, 'new')"), (Strings{"2", "1"}));
  EXPECT_EQ(content(), (Strings{"(1,2,new)", "(2,5,old)", "(3,1,new)", "(4,1,new)"}));
}

TEST_F(MergeTest, TextsAreCastByTheServerAndItsEqualityCounts) {
  run("CREATE TABLE t (id numeric PRIMARY KEY, p point); INSERT INTO t VALUES (1.0, '(1,1)')");
  SqlTable table;
  table.name = "public.t";
  table.stage = "pg_temp.stage";
  table.columns = {{"id", "numeric", "numeric"}, {"p", "point", "point", true, false}};
  table.key = {0};
  table.rule = DuplicateRule::update;
  ASSERT_TRUE(needs_stage(table));
  EXPECT_EQ(merged(table, "(0, 1.00, '(2,2)'), (1, 2, '3,3'), (2, 2.0, '(4,4)')"), (Strings{"1", "1"}));
  EXPECT_EQ(rows("SELECT trim_scale(id), p::text FROM t ORDER BY id"), (Strings{R"x((1,"(2,2)"))x", R"x((2,"(4,4)"))x"}));
}

TEST_F(MergeTest, InsertedAsTheyCameWhereThereIsNoKey) {
  run("CREATE TABLE t (id integer, at integer, \"Name\" text, place serial)");
  const SqlTable t = table(DuplicateRule::error);
  session().begin();
  run(create_stage_sql(t));
  run("INSERT INTO pg_temp.stage VALUES (0, 3, 1, 'c'), (1, 1, 1, 'a'), (2, 3, 1, 'c')");
  EXPECT_EQ(session().run(insert_staged_sql(t)).affected(), 3);
  session().commit();
  EXPECT_EQ(rows("SELECT id FROM t ORDER BY place"), (Strings{"(3)", "(1)", "(3)"}));
}

TEST_F(MergeTest, KeysThatAreThereAndTheirIdsAreFound) {
  run("CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, a integer, b text, UNIQUE (a, b)); "
      "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')");
  SqlTable keyed;
  keyed.name = "public.t";
  keyed.columns = {{"b", "text", "text"}, {"a", "integer", "integer"}};
  keyed.key = {1, 0};
  keyed.surrogate = "id";
  const std::array<Parameter, 2> keys{Parameter{"{2,1,1}"}, Parameter{"{y,y,x}"}};
  const Result there =
      session().run("SELECT string_agg(i::text, ' ' ORDER BY i) FROM (" + existing_keys_sql(keyed) + ") k", keys);
  EXPECT_EQ(there.text(0, 0), "1 3");
  const Result ids =
      session().run("SELECT string_agg(i || ':' || id, ' ' ORDER BY i) FROM (" + ids_sql(keyed) + ") k", keys);
  EXPECT_EQ(ids.text(0, 0), "1:2 3:1");
}

TEST_F(MergeTest, DocumentsThatLoseAreTold) {
  given("(1, 5, 'there'), (2, 5, 'there'), (3, 5, 'there')");
  const SqlTable latest = table(DuplicateRule::latest);
  session().begin();
  run(create_stage_sql(latest));
  // Newer; older; the same; new but not the latest of two; new.
  run("INSERT INTO pg_temp.stage VALUES (10, 1, 6, 'n'), (11, 2, 4, 'n'), (12, 3, 5, 'there'), (13, 4, 1, 'n'), (14, 4, "
      "2, 'n')");
  EXPECT_EQ(rows(staged_losers_sql(latest) + " ORDER BY 1"), (Strings{"(11)", "(12)", "(13)"}));
  session().rollback();
}

}  // namespace
}  // namespace pgfeed
