#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "arrow_sample.hpp"

namespace pgfeed {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> times(const std::string& format, const std::vector<std::int64_t>& counts) {
  std::vector<std::string> values = values_of(fixed(format, counts));
  for (std::string& value : values) {
    EXPECT_TRUE(value.starts_with('"') && value.ends_with('"')) << value;
    value = value.substr(1, value.size() - 2);
  }
  return values;
}

TEST(ArrowTimes, DatesGoFarBothWays) {
  EXPECT_THAT(values_of(fixed<std::int32_t>("tdD", {0, -1, 11016, 19782, 2932897, -719162, -719163, -719528})),
              ElementsAre(R"("1970-01-01")", R"("1969-12-31")", R"("2000-02-29")", R"("2024-02-29")", R"("10000-01-01")",
                          R"("0001-01-01")", R"("0001-12-31 BC")", R"("0001-01-01 BC")"));
  EXPECT_THAT(values_of(fixed<std::int32_t>("tdD", {2147483647, -2147483647 - 1})),
              ElementsAre(R"("5881580-07-11")", R"("5877642-06-23 BC")"));
  EXPECT_THAT(times("tdm", {0, 86'400'000, -86'400'000, 1}),
              ElementsAre("1970-01-01", "1970-01-02", "1969-12-31", "1970-01-01T00:00:00.001000"));
}

TEST(ArrowTimes, TimesOfDayHaveMicroseconds) {
  EXPECT_THAT(values_of(fixed<std::int32_t>("tts", {0, 86399, 86400, 360000, -1})),
              ElementsAre(R"("00:00:00.000000")", R"("23:59:59.000000")", R"("24:00:00.000000")", R"("100:00:00.000000")",
                          R"("-00:00:01.000000")"));
  EXPECT_THAT(values_of(fixed<std::int32_t>("ttm", {45'296'007})), ElementsAre(R"("12:34:56.007000")"));
  EXPECT_THAT(times("ttu", {45'296'000'001}), ElementsAre("12:34:56.000001"));
  EXPECT_THAT(times("ttn", {45'296'000'001'000, 45'296'000'001'002}), ElementsAre("12:34:56.000001", "12:34:56.000001002"));
}

TEST(ArrowTimes, TimestampsAreExactBefore1970Too) {
  EXPECT_THAT(times("tss:", {0, -1, 253402300800}),
              ElementsAre("1970-01-01T00:00:00.000000", "1969-12-31T23:59:59.000000", "10000-01-01T00:00:00.000000"));
  EXPECT_THAT(times("tsm:", {-1}), ElementsAre("1969-12-31T23:59:59.999000"));
  EXPECT_THAT(times("tsu:", {-1, 1'709'210'096'123'456}),
              ElementsAre("1969-12-31T23:59:59.999999", "2024-02-29T12:34:56.123456"));
  EXPECT_THAT(times("tsn:", {-1, 1000}), ElementsAre("1969-12-31T23:59:59.999999999", "1970-01-01T00:00:00.000001"));
}

TEST(ArrowTimes, TimestampsWithAZoneAreInUtc) {
  EXPECT_THAT(times("tsu:UTC", {0}), ElementsAre("1970-01-01T00:00:00.000000Z"));
  EXPECT_THAT(times("tsm:America/New_York", {-62'167'219'200'000}), ElementsAre("0001-01-01T00:00:00.000000Z BC"));
}

TEST(ArrowTimes, ExtremesOverflowNothing) {
  EXPECT_THAT(times("tss:", {kLeast, kMost}),
              ElementsAre("292277022658-01-27T08:29:52.000000 BC", "292277026596-12-04T15:30:07.000000"));
  EXPECT_THAT(times("tsu:", {kLeast, kMost}),
              ElementsAre("290309-12-21T19:59:05.224192 BC", "294247-01-10T04:00:54.775807"));
  EXPECT_THAT(times("tsn:", {kLeast}), ElementsAre("1677-09-21T00:12:43.145224192"));
  EXPECT_THAT(times("tdm", {kLeast}), ElementsAre("292275056-05-16T16:47:04.192000 BC"));
  EXPECT_THAT(times("ttu", {kLeast}), ElementsAre("-2562047788:00:54.775808"));
  EXPECT_THAT(times("ttn", {kMost}), ElementsAre("2562047:47:16.854775807"));
}

TEST(ArrowTimes, DurationsKeepTheirSigns) {
  EXPECT_THAT(times("tDs", {0, 90, kLeast}), ElementsAre("PT0S", "PT90S", "PT-9223372036854775808S"));
  EXPECT_THAT(times("tDm", {-1}), ElementsAre("PT-0.001000S"));
  EXPECT_THAT(times("tDu", {-1'500'000, kLeast, kMost}),
              ElementsAre("PT-1.500000S", "PT-9223372036854.775808S", "PT9223372036854.775807S"));
  EXPECT_THAT(times("tDn", {1, 1000}), ElementsAre("PT0.000000001S", "PT0.000001S"));
}

TEST(ArrowTimes, IntervalsKeepMonthsDaysAndTimeApart) {
  EXPECT_THAT(values_of(fixed<std::int32_t>("tiM", {14, -1, 0})), ElementsAre(R"("P14M")", R"("P-1M")", R"("PT0S")"));
  EXPECT_THAT(values_of(fixed<std::int32_t>("tiD", {3, -1500, -4, 0, 0, 0}).slice(0, 3)),
              ElementsAre(R"("P3DT-1.500000S")", R"("P-4D")", R"("PT0S")"));
  struct MonthDayNano {
    std::int32_t months;
    std::int32_t days;
    std::int64_t nanos;
  };
  EXPECT_THAT(values_of(fixed<MonthDayNano>("tin", {{14, -3, -4000}, {0, 0, 5}, {1, 0, 0}, {INT32_MIN, INT32_MIN, kLeast}})),
              ElementsAre(R"("P14M-3DT-0.000004S")", R"("PT0.000000005S")", R"("P1M")",
                          R"("P-2147483648M-2147483648DT-9223372036.854775808S")"));
}

}  // namespace
}  // namespace pgfeed
