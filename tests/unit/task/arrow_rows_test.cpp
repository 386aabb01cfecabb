#include "task/arrow_rows.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "unit/load/offline_target.hpp"
#include "unit/record/arrow_sample.hpp"

namespace pgfeed {
namespace {

/// A table with one column, which takes the member `v`.
std::string table_of(const std::string& type, const std::string& more = "") {
  return "version: 1\ntables:\n  t:\n    columns:\n      v: {path: $.v, type: \"" + type + "\"" + more + "}\n";
}

/// Which rows of a batch are made without JSON: "110". Those are what the documents' would be, or the test fails.
std::string made_of(const std::string& mapping, ArrowSample batch) {
  const OfflineTarget target(mapping);
  std::optional<ArrowRows> rows = ArrowRows::of(batch.schema(), target.target());
  if (!rows) return "none";
  const ArrowArray& array = batch.array();
  rows->bind(array);
  ArrowDocuments documents(batch.schema());
  documents.bind(array);
  std::string made;
  for (std::int64_t row = 0; row < array.length; ++row) {
    ByteBuffer bytes;
    const bool is_made = rows->append(row, bytes);
    made += is_made ? '1' : '0';
    PaddedBytes text;
    documents.append(row, text);
    OfflineBatch expected(target, {std::string(text.view())});
    if (!is_made) continue;
    if (expected.rows(0).rows.empty()) {
      ADD_FAILURE() << "the document is rejected: " << text.view();
      continue;
    }
    EXPECT_EQ(bytes.view(), expected.rows(0).bytes.view()) << text.view();
  }
  return made;
}

std::string made_of_column(const std::string& type, ArrowSample column, const std::string& more = "") {
  const std::int64_t rows = column.length();
  return made_of(table_of(type, more), batch(rows).child("v", std::move(column)));
}

TEST(ArrowRows, IntegersThatFit) {
  EXPECT_EQ(made_of_column("smallint", fixed<std::int64_t>("l", {32'767, 32'768, -32'768, -32'769})), "1010");
  EXPECT_EQ(made_of_column("integer", fixed<std::uint32_t>("I", {0, 2'147'483'647, 2'147'483'648})), "110");
  EXPECT_EQ(made_of_column("bigint", fixed<std::uint64_t>("L", {1, std::numeric_limits<std::uint64_t>::max()})), "10");
  EXPECT_EQ(made_of_column("bigint", fixed<std::int8_t>("c", {-128, 127})), "11");
  EXPECT_EQ(made_of_column("integer", fixed<std::uint16_t>("S", {65'535})), "1");
}

TEST(ArrowRows, NumbersAndBooleansForOtherTypes) {
  EXPECT_EQ(made_of_column("double precision", fixed<std::int32_t>("i", {-7})), "1");
  EXPECT_EQ(made_of_column("text", fixed<std::int64_t>("l", {-7})), "1");
  EXPECT_EQ(made_of_column("bigint", fixed<double>("g", {1e5, 1.5})), "10");
  EXPECT_EQ(made_of_column("text", ArrowSample("b", 2).buffer(ArrowSample::bits("10"))), "11");
  EXPECT_EQ(made_of_column("integer", ArrowSample("b", 1).buffer(ArrowSample::bits("1"))), "0");
  EXPECT_EQ(made_of_column("boolean", ArrowSample("b", 2).buffer(ArrowSample::bits("10"))), "11");
}

TEST(ArrowRows, Floats) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(made_of_column("double precision", fixed<double>("g", {0.1, -0.0, 1e300, 5e-324, kInfinity, -kInfinity, nan})),
            "1111111");
  EXPECT_EQ(made_of_column("real", fixed<float>("f", {0.1F, 16'777'216.0F})), "11");
  EXPECT_EQ(made_of_column("double precision", fixed<float>("f", {0.1F})), "1");  // as its digits say it
  EXPECT_EQ(made_of_column("real", fixed<double>("g", {0.1, 1e300})), "10");
  EXPECT_EQ(made_of_column("numeric", fixed<double>("g", {0.1})), "1");
}

TEST(ArrowRows, TextsInUtf8WithoutNul) {
  const std::vector<std::string> values{"", "plain", "é \"\\ \n\x01", std::string("a\0b", 3), "\xff", "long enough, \xc3"};
  EXPECT_EQ(made_of_column("text", texts("u", values)), "111000");
  EXPECT_EQ(made_of_column("text", texts<std::int64_t>("U", values)), "111000");
  EXPECT_EQ(made_of_column("text", views("vu", values)), "111000");
  EXPECT_EQ(made_of_column("text", texts("u", values), ", nul: escape"), "111100");
  EXPECT_EQ(made_of_column("integer", texts("u", {"1"})), "none");
}

TEST(ArrowRows, DatesAndTimes) {
  const std::int64_t first = -62'135'596'800'000'000;  // of the year 1
  const std::int64_t end = 253'402'300'800'000'000;    // the first of 10000
  EXPECT_EQ(made_of_column("timestamp", fixed<std::int64_t>("tsu:", {0, -1, first, first - 1, end - 1, end})), "111010");
  EXPECT_EQ(made_of_column("timestamptz", fixed<std::int64_t>("tsu:UTC", {1'700'000'000'123'456})), "1");
  EXPECT_EQ(made_of_column("timestamptz", fixed<std::int64_t>("tss:UTC", {1'700'000'000})), "1");
  EXPECT_EQ(made_of_column("timestamp", fixed<std::int64_t>("tsn:", {1'000, 1})), "10");
  EXPECT_EQ(made_of_column("timestamp", fixed<std::int64_t>("tsu:UTC", {0})), "0");
  EXPECT_EQ(made_of_column("timestamp", fixed<std::int64_t>("tsu:", {std::numeric_limits<std::int64_t>::min()})), "0");
  EXPECT_EQ(made_of_column("date", fixed<std::int32_t>("tdD", {0, 20'000, -719'162, -719'163})), "1110");
  EXPECT_EQ(made_of_column("date", fixed<std::int32_t>("tdD", {std::numeric_limits<std::int32_t>::min()})), "0");
  EXPECT_EQ(made_of_column("time", fixed<std::int64_t>("ttu", {1, 86'400'000'001})), "10");
  EXPECT_EQ(made_of_column("interval", fixed<std::int64_t>("tDu", {-1'500'000})), "1");
  // A format says how a text is to be read: these are none of it.
  EXPECT_EQ(made_of_column("date", fixed<std::int32_t>("tdD", {0}), ", format: \"%d.%m.%Y\""), "0");
}

TEST(ArrowRows, Decimals) {
  EXPECT_EQ(made_of_column("numeric", ArrowSample("d:5,2", 1).buffer(std::vector<std::int64_t>{-12'345, -1})), "1");
}

TEST(ArrowRows, NullsAndSlices) {
  const auto column = [] { return fixed<std::int32_t>("i", {1, 2, 3, 4}).valid("1011"); };
  EXPECT_EQ(made_of_column("integer", column()), "1111");
  EXPECT_EQ(made_of(table_of("integer"), batch(4).child("v", column()).slice(1, 3)), "11");
  EXPECT_EQ(made_of(table_of("bigint"), batch(2).child("v", fixed<std::int32_t>("i", {1, 2, 3, 4}).slice(1, 3))), "11");
  EXPECT_EQ(made_of(table_of("double precision"), batch(3).child("v", column().slice(1, 4)).slice(1, 3)), "11");
  EXPECT_EQ(made_of(table_of("integer"), batch(4).valid("1101").child("v", column())), "1101");
  const std::string keyed = "version: 1\ntables:\n  t:\n    key: [v]\n    columns: {v: {path: $.v, type: integer}}\n";
  EXPECT_EQ(made_of(keyed, batch(4).child("v", column())), "1011");
}

TEST(ArrowRows, ColumnsByTheirNames) {
  const std::string two = R"yaml(version: 1
tables:
  t:
    columns: {b: {path: $.b, type: bigint}, missing: {path: $.missing, type: text}, a: {path: $.a, type: bigint}}
)yaml";
  const auto number = [](std::int64_t value) { return fixed<std::int64_t>("l", {value}); };
  EXPECT_EQ(made_of(two, batch(1).child("a", number(1)).child("other", number(2)).child("b", number(3))), "1");
  EXPECT_EQ(made_of(two, batch(1).child("a", number(1)).child("a", number(2))), "none");
}

TEST(ArrowRows, NotWhereAMappingWantsMore) {
  const auto made = [](const std::string& column) {
    return made_of("version: 1\ntables:\n  t:\n    columns: {v: " + column + "}\n", batch(1).child("v", texts("u", {"x"})));
  };
  EXPECT_EQ(made("{path: $.v, type: text}"), "1");
  EXPECT_EQ(made("{path: $.v, type: text, default: y}"), "none");
  EXPECT_EQ(made("{path: $.v, type: text, transform: upper}"), "none");
  EXPECT_EQ(made("{path: $.v.w, type: text}"), "none");
  EXPECT_EQ(made("{meta: line, type: text}"), "none");
  EXPECT_EQ(made_of_column("text", texts("z", {"x"})), "none");
  EXPECT_EQ(made_of_column("jsonb", texts("u", {"{}"}).extension("arrow.json")), "none");
}

}  // namespace
}  // namespace pgfeed
