#include "text/option_values.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pgfeed {
namespace {

TEST(ParseSize, BytesAndUnitsOf1024) {
  EXPECT_EQ(parse_size("100"), 100U);
  EXPECT_EQ(parse_size("64KiB"), 65'536U);
  EXPECT_EQ(parse_size("64k"), 65'536U);
  EXPECT_EQ(parse_size("32MiB"), 33'554'432U);
  EXPECT_EQ(parse_size("32M"), 33'554'432U);
  EXPECT_EQ(parse_size("1GiB"), 1'073'741'824U);
  EXPECT_EQ(parse_size("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(ParseSize, NothingElse) {
  for (const char* text : {"", "0", "0M", "-1", "+1", "1.5M", "M", "MiB", "12 M", " 12", "12MB", "12mib", "0x10", "12Mi",
                           "1TiB", "18446744073709551616", "17179869184GiB"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(ParseCount, WholeNumbersFromTheLeastOn) {
  EXPECT_EQ(parse_count("0", 0), 0);
  EXPECT_EQ(parse_count("0", 1), std::nullopt);
  EXPECT_EQ(parse_count("9223372036854775807", 1), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "-1", "+1", "1.5", "2x", " 2", "2 ", "9223372036854775808"})
    EXPECT_EQ(parse_count(text, 0), std::nullopt) << text;
}

TEST(ParseRejectLimit, DocumentsOrAShare) {
  const auto documents = parse_reject_limit("100");
  ASSERT_TRUE(documents);
  EXPECT_EQ(documents->documents, 100);
  EXPECT_FALSE(documents->percent);
  EXPECT_EQ(parse_reject_limit("0")->documents, 0);
  EXPECT_DOUBLE_EQ(parse_reject_limit("2.5%")->percent.value(), 2.5);
  EXPECT_DOUBLE_EQ(parse_reject_limit("100%")->percent.value(), 100);
}

TEST(ParseRejectLimit, NoShareAtAllIsNoReject) {
  const auto none = parse_reject_limit("0%");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->documents, 0);
  EXPECT_FALSE(none->percent);
}

TEST(ParseRejectLimit, NothingElse) {
  for (const char* text : {"", "-1", "1.5", "%", "-1%", "101%", "nan%", "inf%", "5 %", "5%%", "ten", "9223372036854775808"})
    EXPECT_FALSE(parse_reject_limit(text)) << text;
}

TEST(ParsePercent, AboveZeroUpToAHundred) {
  EXPECT_EQ(parse_percent("25"), 25.0);
  EXPECT_EQ(parse_percent("25%"), 25.0);
  EXPECT_EQ(parse_percent("0.01%"), 0.01);
  for (const char* text : {"", "0", "0%", "100.1", "-5", "nan", "x", "5%%"})
    EXPECT_EQ(parse_percent(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pgfeed
