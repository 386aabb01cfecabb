#include "load/row_key.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "load/shaper.hpp"
#include "unit/load/offline_target.hpp"

namespace pgfeed {
namespace {

template <std::integral Integer>
std::string field(Integer number) {
  ByteBuffer bytes;
  bytes.put_int(static_cast<std::int32_t>(sizeof number));
  bytes.put_int(number);
  return std::string(bytes.view());
}

std::string null_field() {
  ByteBuffer bytes;
  bytes.put_int(std::int32_t{-1});
  return std::string(bytes.view());
}

int sign(int number) { return (number > 0) - (number < 0); }

TEST(FieldCursor, WalksOverNullsAndEmptyTexts) {
  ByteBuffer row;
  row.put_int(std::int16_t{4});
  row.put(null_field());
  row.put_int(std::int32_t{0});
  row.put_int(std::int32_t{3});
  row.put("abc");
  row.put(null_field());
  FieldCursor cursor(row.data());
  EXPECT_TRUE(FieldCursor::is_null(cursor.next()));
  const std::string_view empty = cursor.next();
  EXPECT_FALSE(FieldCursor::is_null(empty));
  EXPECT_EQ(empty.size(), 4U);
  EXPECT_EQ(cursor.next().substr(4), "abc");
  EXPECT_TRUE(FieldCursor::is_null(cursor.next()));
  EXPECT_EQ(field_at(row.data(), 2).substr(4), "abc");
  EXPECT_TRUE(FieldCursor::is_null(field_at(row.data(), 3)));
}

template <std::integral Integer>
void expect_ascending(const std::vector<Integer>& numbers) {
  for (std::size_t a = 0; a < numbers.size(); ++a) {
    for (std::size_t b = 0; b < numbers.size(); ++b) {
      EXPECT_EQ(sign(compare_integers(field(numbers[a]), field(numbers[b]))),
                sign(static_cast<int>(a) - static_cast<int>(b)))
          << numbers[a] << " and " << numbers[b];
    }
  }
}

TEST(CompareIntegers, OrdersAsTheServerDoes) {
  using Small = std::numeric_limits<std::int16_t>;
  using Middle = std::numeric_limits<std::int32_t>;
  using Big = std::numeric_limits<std::int64_t>;
  expect_ascending<std::int16_t>({Small::min(), -256, -1, 0, 1, 255, 256, Small::max()});
  expect_ascending<std::int32_t>({Middle::min(), -65536, -1, 0, 1, 65536, Middle::max()});
  expect_ascending<std::int64_t>({Big::min(), -4294967296, -1, 0, 1, 4294967296, Big::max()});
}

TEST(CompareIntegers, NullIsLeast) {
  EXPECT_LT(compare_integers(null_field(), field(std::numeric_limits<std::int64_t>::min())), 0);
  EXPECT_GT(compare_integers(field(std::numeric_limits<std::int64_t>::min()), null_field()), 0);
  EXPECT_EQ(compare_integers(null_field(), null_field()), 0);
}

std::string keyed(const std::string& columns, const std::string& key) {
  return "version: 1\ntables:\n  t:\n    key: " + key + "\n    on_duplicate: skip\n    columns: " + columns + "\n";
}

TEST(KeyOrder, NumbersGoBySizeWithTheirSign) {
  const OfflineTarget target(keyed("{id: {path: $.id, type: integer}}", "[id]"));
  OfflineBatch batch(target,
                     {R"({"id":3})", R"({"id":-1})", R"({"id":2147483647})", R"({"id":0})", R"({"id":-2147483648})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"-2147483648", "-1", "0", "3", "2147483647"}));
}

TEST(KeyOrder, TextsGoByTheirBytesBeyondTheFirstEight) {
  const OfflineTarget target(keyed("{id: {path: $.id, type: text}}", "[id]"));
  OfflineBatch batch(target, {R"({"id":"https://b"})", R"({"id":"https://"})", R"({"id":"https://a"})", R"({"id":""})",
                              R"({"id":"é"})", R"({"id":"https://a"})", R"({"id":"Z"})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"", "Z", "https://", "https://a", "https://b", "é"}));
}

TEST(KeyOrder, AKeyOfSeveralColumnsGoesByTheirOrderInTheKey) {
  const OfflineTarget target(keyed("{a: {path: $.a, type: text}, b: {path: $.b, type: bigint}}", "[b, a]"));
  OfflineBatch batch(target, {R"({"a":"x","b":2})", R"({"a":"y","b":1})", R"({"a":"x","b":1})", R"({"a":"y","b":1})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"x|1", "y|1", "x|2"}));
}

}  // namespace
}  // namespace pgfeed
