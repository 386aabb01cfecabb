#include "postgres/copy_in.hpp"

#include "postgres/fresh_database.hpp"
#include "postgres/row_stream.hpp"

namespace pgfeed {
namespace {

class CopyInTest : public FreshDatabase {
 protected:
  CopyInTest() { run("CREATE TABLE pair (id integer PRIMARY KEY, name text)"); }
};

TEST_F(CopyInTest, FinishReturnsTheRowsThatTheServerTook) {
  CopyIn copy(session(), "COPY pair FROM STDIN");
  copy.write("1\ton");
  copy.write("e\n2\ttwo\n");
  EXPECT_EQ(copy.finish(), 2);
  EXPECT_EQ(rows("SELECT * FROM pair ORDER BY id"), (Strings{"(1,one)", "(2,two)"}));
}

TEST_F(CopyInTest, LeavingTheScopeWithoutFinishTakesNoRowAndKeepsTheConnection) {
  {
    CopyIn copy(session(), "COPY pair FROM STDIN");
    copy.write("1\tone\n");
  }
  EXPECT_EQ(rows("SELECT count(*) FROM pair"), Strings{"(0)"});
}

TEST_F(CopyInTest, ADuplicateKeyIsAnErrorWithItsPlaceAndNotRetryable) {
  CopyIn copy(session(), "COPY pair FROM STDIN");
  copy.write("1\tone\n2\ttwo\n1\tagain\n");
  try {
    copy.finish();
    FAIL() << "a duplicate key went in";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::database);
    EXPECT_EQ(error.sqlstate, "23505");
    EXPECT_EQ(error.table, "pair");
    EXPECT_EQ(error.constraint, "pair_pkey");
    EXPECT_EQ(error.copy_row, 3);
    EXPECT_FALSE(error.retryable);
  }
  EXPECT_EQ(rows("SELECT count(*) FROM pair"), Strings{"(0)"});
}

TEST_F(CopyInTest, TheRowIsFoundInTheMessageWhateverTheTableIsCalled) {
  run(R"(CREATE TABLE "a, line 7, column 8" (id integer CHECK (id < 10)))");
  CopyIn copy(session(), R"(COPY "a, line 7, column 8" FROM STDIN)");
  copy.write("1\n2\n30\n");
  try {
    copy.finish();
    FAIL() << "the constraint did not hold";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, "23514");
    EXPECT_EQ(error.table, "a, line 7, column 8");
    EXPECT_EQ(error.copy_row, 3);
  }
}

TEST_F(CopyInTest, AMissingTableIsRefusedBeforeAnyRow) {
  EXPECT_EQ(sqlstate_of([&] { CopyIn(session(), "COPY no_such_table FROM STDIN"); }), "42P01");
  EXPECT_EQ(rows("SELECT 1 AS x"), Strings{"(1)"});
}

/// A row of (integer, text) in binary form.
void put_pair(ByteBuffer& out, std::int32_t id, const std::string& name) {
  out.put_int(std::int16_t{2});
  out.put_int(std::int32_t{4});
  out.put_int(id);
  out.put_int(static_cast<std::int32_t>(name.size()));
  out.put(name);
}

class RowStreamTest : public CopyInTest {
 protected:
  static constexpr const char* kCopy = "COPY pair FROM STDIN (FORMAT binary)";

  /// Rows of all sizes, some of which are longer than what is gathered.
  void make_rows() {
    for (std::int32_t id = 0; id < 400; ++id) {
      const std::size_t begin = bytes_.size();
      put_pair(bytes_, id, std::string(static_cast<std::size_t>(id % 50 == 7 ? 200'000 : id * 13 % 997), 'a'));
      places_.emplace_back(begin, bytes_.size() - begin);
    }
  }
  std::string_view row(std::size_t index) const { return bytes_.view(places_[index].first, places_[index].second); }

  void expect_all() {
    EXPECT_EQ(
        rows("SELECT count(*), count(*) FILTER (WHERE name = repeat('a', CASE WHEN id % 50 = 7 THEN 200000 ELSE id * 13 "
             "% 997 END)) FROM pair"),
        Strings{"(400,400)"});
  }

  ByteBuffer bytes_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

TEST_F(RowStreamTest, RowsThatLieTogetherGoInAsTheyAre) {
  make_rows();
  RowStream stream(session(), kCopy);
  for (std::size_t i = 0; i < places_.size(); ++i) stream.send(row(i));
  EXPECT_EQ(stream.finish(), 400);
  expect_all();
}

TEST_F(RowStreamTest, RowsGoInWhereverTheyLie) {
  make_rows();
  RowStream stream(session(), kCopy);
  for (std::size_t i = 0; i < places_.size(); ++i) stream.send(row(i * 7 % 400));
  EXPECT_EQ(stream.finish(), 400);
  expect_all();
}

TEST_F(RowStreamTest, AFieldInFrontCountsAsOneMore) {
  run("CREATE TABLE staged (document integer, id integer, name text)");
  make_rows();
  RowStream stream(session(), "COPY staged FROM STDIN (FORMAT binary)");
  for (std::size_t i = 0; i < places_.size(); ++i) stream.send(static_cast<std::int32_t>(i) - 5, row(i));
  EXPECT_EQ(stream.finish(), 400);
  EXPECT_EQ(rows("SELECT count(*) FROM staged WHERE document = id - 5"), Strings{"(400)"});
  run("INSERT INTO pair SELECT id, name FROM staged");
  expect_all();
}

TEST_F(RowStreamTest, NoRowsAreACopyToo) {
  RowStream stream(session(), kCopy);
  EXPECT_EQ(stream.finish(), 0);
}

TEST_F(RowStreamTest, LeavingTheScopeTakesNoRow) {
  make_rows();
  {
    RowStream stream(session(), kCopy);
    for (std::size_t i = 0; i < places_.size(); ++i) stream.send(row(i));
  }
  EXPECT_EQ(rows("SELECT count(*) FROM pair"), Strings{"(0)"});
}

}  // namespace
}  // namespace pgfeed
