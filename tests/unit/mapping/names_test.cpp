#include "mapping/names.hpp"

#include <gtest/gtest.h>

#include <pgfeed/error.hpp>

namespace pgfeed {
namespace {

const Diagnostic kDiagnostic("m.yaml");

TableName table(const std::string& text) { return parse_table_name(text, kDiagnostic, 3); }
std::string type(const std::string& text) { return check_type_name(text, kDiagnostic, 3); }

TEST(TableNames, AreATableOrASchemaAndATable) {
  EXPECT_EQ(table("tweets"), (TableName{"", "tweets"}));
  EXPECT_EQ(table("staging.Tweets"), (TableName{"staging", "Tweets"}));
  EXPECT_EQ(table("two words"), (TableName{"", "two words"}));
}

TEST(TableNames, AreQuotedAsInSqlWhereAPartHoldsADotOrAQuote) {
  EXPECT_EQ(table(R"("odd.name")"), (TableName{"", "odd.name"}));
  EXPECT_EQ(table(R"(staging."odd.name")"), (TableName{"staging", "odd.name"}));
  EXPECT_EQ(table(R"("a.b"."say ""hi""")"), (TableName{"a.b", R"(say "hi")"}));
}

TEST(TableNames, OfAnotherFormAreRefused) {
  for (const std::string text : {"a.b.c", "", ".a", "a.", "a..b", R"("a)", R"("a"b)", R"(a"b)", R"("")", R"("a".)"}) {
    EXPECT_THROW(table(text), Error) << text;
  }
  EXPECT_THROW(table(std::string("a\0b", 3)), Error);
}

TEST(Identifiers, HaveAtMost63Bytes) {
  EXPECT_EQ(table(std::string(63, 'x')).table.size(), 63u);
  try {
    table(std::string(62, 'x') + "é");
    FAIL() << "a name was taken that PostgreSQL would cut off";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "m.yaml:3: a table name has 64 bytes, and PostgreSQL's names have at most 63: \"" +
                                             std::string(62, 'x') + "é\"");
  }
}

TEST(TypeNames, AreReturnedWithSingleSpaces) {
  EXPECT_EQ(type("bigint"), "bigint");
  EXPECT_EQ(type("  numeric ( 12 , 2 ) "), "numeric(12,2)");
  EXPECT_EQ(type("numeric(5,-2)"), "numeric(5,-2)");
  EXPECT_EQ(type("double  precision"), "double precision");
  EXPECT_EQ(type("Character Varying(20)[]"), "character varying(20)[]");
  EXPECT_EQ(type("timestamp(3) WITH TIME ZONE"), "timestamp(3) with time zone");
  EXPECT_EQ(type("time without time zone []"), "time without time zone[]");
  EXPECT_EQ(type("character"), "character");
  EXPECT_EQ(type("pg_catalog.int4"), "pg_catalog.int4");
  EXPECT_EQ(type(R"(audit."Level ""x""")"), R"(audit."Level ""x""")");
  EXPECT_EQ(type("geometry(Point,4326)"), "geometry(Point,4326)");
}

TEST(TypeNames, AreNothingElse) {
  for (const std::string text : {"",
                                 "text NOT NULL",
                                 "text DEFAULT 1",
                                 "text PRIMARY KEY",
                                 "text; DROP TABLE x",
                                 "text)",
                                 "text, b int",
                                 "text COLLATE \"C\"",
                                 "text -- x",
                                 "text/**/",
                                 "\"text",
                                 "numeric(1;2)",
                                 "numeric(12",
                                 "numeric('a')",
                                 "varchar()",
                                 "int[3]",
                                 "int[][]",
                                 "a.b.c",
                                 "bigint with time zone",
                                 "timestamp with",
                                 "1",
                                 "'text'",
                                 "numeric(-x)",
                                 "interval to second",
                                 "interval year to day",
                                 "interval day(3)",
                                 "interval second to day",
                                 "interval(3) second",
                                 "text\n"}) {
    EXPECT_THROW(type(text), Error) << text;
  }
  EXPECT_THROW(type(std::string("text\0", 5)), Error);
}

TEST(TypeNames, HaveInBracketsWhatPostgresTakes) {
  for (const std::string text : {"varchar(1)",
                                 "varchar(10485760)",
                                 "char(1)[]",
                                 "bit varying(83886080)",
                                 "numeric(1)",
                                 "numeric(1000,1000)",
                                 "numeric(3,-1000)",
                                 "float(53)",
                                 "timestamp(0)",
                                 "timestamptz(9)",
                                 "interval(6)",
                                 "interval year",
                                 "interval day to second",
                                 "interval day to second(3)",
                                 "interval year to month[]",
                                 "interval minute to second(0)[]",
                                 "mine.varchar(0)",
                                 "vector(0)",
                                 "\"varchar\"(0)",
                                 "bigints(20)"}) {
    EXPECT_EQ(type(text), text);
  }
}

TEST(TypeNames, WithNumbersOutOfRangeAreRefused) {
  const std::vector<std::pair<std::string, std::string>> faults{
      {"varchar(0)", "its length is 1 to 10485760"},
      {"Character Varying(10485761)", "its length is 1 to 10485760"},
      {"char(-1)[]", "its length is 1 to 10485760"},
      {"varchar(1,2)", "varchar takes one number in brackets"},
      {"varchar(max)", "its length is a number"},
      {"bit(0)", "its length is 1 to 83886080"},
      {"numeric(0)", "its precision is 1 to 1000"},
      {"NUMERIC(1001,2)", "its precision is 1 to 1000"},
      {"decimal(5,1001)", "its scale is -1000 to 1000"},
      {"numeric(5,2,1)", "numeric takes two numbers at most in brackets"},
      {"float(54)", "its precision is 1 to 53"},
      {"timestamp(-1) with time zone", "its precision is not negative"},
      {"bigint(20)", "bigint takes nothing in brackets"},
      {"text(100)", "text takes nothing in brackets"}};
  for (const auto& [text, fault] : faults) {
    try {
      type(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()), "m.yaml:3: \"" + text + "\" is no type name: " + fault);
    }
  }
}

TEST(TypeNames, OfSeveralWordsThatAreMisspeltAreTold) {
  for (const std::string text : {"double precison", "Double Precisionn"}) {
    try {
      type(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const Error& error) {
      EXPECT_TRUE(std::string_view(error.what()).ends_with("did you mean \"double precision\"?")) << error.what();
    }
  }
}

TEST(TypeNames, ThatMakeASequenceAreRefusedWithTheWayOut) {
  try {
    type("bigserial");
    FAIL() << "bigserial is no type";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "m.yaml:3: \"bigserial\" is no type name: it makes a sequence; for a generated id give the table a "
                 "surrogate, else write the integer type");
  }
}

}  // namespace
}  // namespace pgfeed
