#include "encode/time_zone.hpp"

#include <gtest/gtest.h>
#include <pgfeed/error.hpp>

#include "encode/posix_zone.hpp"

namespace pgfeed {
namespace {

TEST(PosixZone, RulesOfEveryForm) {
  const auto new_york = read_posix_zone("EST5EDT,M3.2.0,M11.1.0");
  ASSERT_TRUE(new_york);
  EXPECT_EQ(new_york->standard, -5 * 3600);
  EXPECT_EQ(new_york->summer, -4 * 3600);
  EXPECT_EQ(new_york->start_of_summer(2024), 1710054000);  // 2024-03-10 07:00 UTC
  EXPECT_EQ(new_york->end_of_summer(2024), 1730613600);    // 2024-11-03 06:00 UTC
  const auto gaza = read_posix_zone("<+03>-3:30<+04>,J60/-1,59/25:30:15");
  ASSERT_TRUE(gaza);
  EXPECT_EQ(gaza->standard, 12600);
  EXPECT_EQ(gaza->summer, 16200);
  EXPECT_EQ(gaza->start_of_summer(2024), 1709247600 - 12600);        // 1 March 2024, an hour before midnight
  EXPECT_EQ(gaza->end_of_summer(2024), 1709164800 + 91815 - 16200);  // 29 February 2024, 25:30:15
  EXPECT_EQ(gaza->end_of_summer(2023), 1677628800 + 91815 - 16200);  // 1 March 2023
}

TEST(PosixZone, TheLastWeekOfAMonth) {
  const auto berlin = read_posix_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->start_of_summer(2024), 1711846800);  // 2024-03-31 01:00 UTC
  EXPECT_EQ(berlin->end_of_summer(2024), 1729990800);    // 2024-10-27 01:00 UTC
  EXPECT_EQ(berlin->start_of_summer(2026), 1774746000);  // 2026-03-29 01:00 UTC
}

TEST(PosixZone, OthersAreNone) {
  for (const char* text :
       {"", "E5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J1", "EST5EDT,366,1", "<+03", "EST168", "EST5EDT,M3.2.0,M11.1.0x"}) {
    EXPECT_FALSE(read_posix_zone(text)) << text;
  }
}

TEST(TimeZone, AFileThatIsNoneIsAnError) {
  using namespace std::string_view_literals;
  for (const std::string_view bytes : {""sv, "TZif"sv, "TZif2 not a zone's file, and shorter than it says"sv}) {
    EXPECT_THROW(TimeZone::from_file(bytes, "Mars/Olympus"), Error);
  }
}

TEST(TimeZone, LongAfterTheLastRule) {
  const TimeZone berlin = TimeZone::named("Europe/Berlin");
  constexpr std::int64_t kFourCenturies = 146'097LL * 86'400;
  constexpr std::int64_t kSummer = 1'720'000'000;
  constexpr std::int64_t kWinter = 1'735'000'000;
  for (std::int64_t cycle = 0; cycle <= 700; ++cycle) {
    EXPECT_EQ(berlin.offset_at_local(kSummer + cycle * kFourCenturies), 7200) << cycle;
    EXPECT_EQ(berlin.offset_at_local(kWinter + cycle * kFourCenturies), 3600) << cycle;
  }
}

}  // namespace
}  // namespace pgfeed
