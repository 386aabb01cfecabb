#include <gtest/gtest.h>

#include "postgres/encode/live_column.hpp"

namespace pgfeed {
namespace {

TEST(TimesRoundTrip, Dates) {
  LiveColumn column("date", TypeKind::date);
  expect_as_server(column,
                   {"2024-02-29", "1970-01-01", "2000-01-01", "1999-12-31", "0001-01-01", "0044-03-15 BC", "4714-11-24 BC",
                    "5874897-12-31", "infinity", "-infinity", "20240229", "10000-01-01", " 2024-02-29 00:00"});
  EXPECT_EQ(stored(column, string("5874898-01-01")), "[out_of_range]");
  EXPECT_EQ(stored(column, string("4714-11-23 BC")), "[out_of_range]");
}

TEST(TimesRoundTrip, EveryDayOfFourCenturies) {
  LiveColumn column("date", TypeKind::date);
  const Strings days =
      column.rows_of("SELECT d::date::text FROM generate_series('1899-12-31'::timestamp, '2300-01-02', '1 day') d");
  std::vector<Value> values;
  for (const std::string& day : days) values.push_back(string(day));
  EXPECT_EQ(column.store(values), days);
}

TEST(TimesRoundTrip, Times) {
  LiveColumn column("time", TypeKind::time);
  expect_as_server(column,
                   {"00:00", "12:34:56.789012", "23:59:59.999999", "24:00:00", "23:59:60", "12:34:60", "123456", "1234"});
  LiveColumn coarse("time(3)", TypeKind::time);
  EXPECT_EQ(stored(coarse, string("12:34:56.789")), "12:34:56.789");
  EXPECT_EQ(stored(coarse, string("12:34:56.7891")), "[inexact]");
}

TEST(TimesRoundTrip, Timestamps) {
  LiveColumn column("timestamp", TypeKind::timestamp);
  expect_as_server(column, {"2024-02-29T12:34:56", "2024-02-29 12:34:56.7", "1969-12-31 23:59:59.999999",
                            "294276-12-31 23:59:59.999999", "4714-11-24 00:00:00 BC", "2016-12-31 23:59:60",
                            "2016-12-31 24:00:00", "2024-02-29", "infinity", "-infinity", "20240229T123456"});
  EXPECT_EQ(stored(column, string("294277-01-01")), "[out_of_range]");
  EXPECT_EQ(stored(column, string("2024-02-29T12:34:56Z")), "[inexact]");
  LiveColumn coarse("timestamp(0)", TypeKind::timestamp);
  EXPECT_EQ(stored(coarse, string("2024-02-29 12:34:56.000")), "2024-02-29 12:34:56");
  EXPECT_EQ(stored(coarse, string("2024-02-29 12:34:56.5")), "[inexact]");
}

TEST(TimesRoundTrip, TimestampsWithAZone) {
  LiveColumn column("timestamptz", TypeKind::timestamptz);
  expect_as_server(
      column, {"2024-02-29T12:34:56Z", "2024-02-29T12:34:56+02", "2024-02-29 12:34:56 +0530", "2024-02-29 12:34:56.7-08:00",
               "2024-02-29", "2015-01-01 15:00:00 UTC", "294276-12-31 23:59:59.999999+00", "0044-03-15 12:00:00+00 BC",
               "infinity", "2024-02-29T12:34:56+15:59:59"});
}

TEST(TimesRoundTrip, LocalTimesAreReadAsTheServerReadsThem) {
  for (const char* zone : {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Gaza", "Africa/Casablanca",
                           "Europe/Dublin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "Antarctica/Troll"}) {
    EncodeOptions options;
    options.timezone = zone;
    LiveColumn column("timestamptz", TypeKind::timestamptz, options);
    // Half an hour before, in and after every change of the clocks in some years, the last far beyond any rule; and a
    // coarser look at the centuries around them.
    column.run(
        "CREATE TEMPORARY TABLE clock AS SELECT row_number() OVER () AS id, t FROM ("
        "SELECT generate_series('1800-01-01'::timestamp, '2500-01-01', '9 days 07:13') AS t "
        "UNION ALL SELECT generate_series('2023-01-01 00:30'::timestamp, '2023-12-31', '30 minutes') "
        "UNION ALL SELECT generate_series('2450-01-01 00:30'::timestamp, '2450-12-31', '30 minutes') "
        "UNION ALL SELECT generate_series('12024-01-01 00:30'::timestamp, '12024-12-31', '30 minutes')) AS times");
    const Strings texts = column.rows_of("SELECT t::text FROM clock ORDER BY id");
    const Strings theirs =
        column.rows_of("SELECT (t AT TIME ZONE '" + std::string(zone) + "')::text FROM clock ORDER BY id");
    std::vector<Value> values;
    for (const std::string& text : texts) values.push_back(string(text));
    const Strings mine = column.store(values);
    ASSERT_EQ(mine.size(), theirs.size()) << mine.at(0);
    for (std::size_t i = 0; i < mine.size(); ++i) ASSERT_EQ(mine[i], theirs[i]) << texts[i] << " in " << zone;
  }
}

TEST(TimesRoundTrip, TwitterTimes) {
  EncodeOptions options;
  options.time_format = "%a %b %d %H:%M:%S %z %Y";
  LiveColumn column("timestamptz", TypeKind::timestamptz, options);
  expect_as_server(column, {"Wed Aug 27 13:08:45 +0000 2008", "Thu Feb 29 23:59:59 -0330 2024"});
}

TEST(TimesRoundTrip, Intervals) {
  LiveColumn column("interval", TypeKind::interval);
  expect_as_server(column, {"P1Y2M3DT4H5M6.7S",
                            "P2W",
                            "PT0S",
                            "P-1Y",
                            "PT36H",
                            "P-1D",
                            "02:03:04",
                            "-02:03:04.5",
                            "100:00:00",
                            "1 day 02:03:04",
                            "3 hours",
                            "-1 mon",
                            "1 year 2 mons -3 days -04:05:06.789",
                            "@ 1 year 2 mons ago",
                            "1 02:03:04",
                            "1.5 days",
                            "1.5 weeks",
                            "PT1.5H",
                            "2 decades",
                            "3 centuries",
                            "1 millennium",
                            "5",
                            "00:00:00",
                            "3h 20m",
                            "15 ms",
                            "178000000 years",
                            "-178000000 years",
                            "2147483647:59:59.999999"});
  // Before 15 the server takes more hours than it can show.
  if (column.server_major() >= 15) expect_as_server(column, {"2562047788:00:54.775807"});
  EXPECT_EQ(stored(column, string("-P1DT2H")), "-1 days -02:00:00");
  EXPECT_EQ(stored(column, string("178956971 years")), "[out_of_range]");
  LiveColumn coarse("interval day to hour", TypeKind::interval);
  expect_as_server(coarse, {"1 day 02:00:00", "1 mon"});
  EXPECT_EQ(stored(coarse, string("1 day 02:30:00")), "[inexact]");
  LiveColumn years("interval year", TypeKind::interval);
  expect_as_server(years, {"3 years"});
  EXPECT_EQ(stored(years, string("3 years 1 mon")), "[inexact]");
  EXPECT_EQ(stored(years, string("1 day")), "[inexact]");
  LiveColumn millis("interval(3)", TypeKind::interval);
  expect_as_server(millis, {"1 day 02:03:04.567"});
  EXPECT_EQ(stored(millis, string("00:00:00.0001")), "[inexact]");
}

}  // namespace
}  // namespace pgfeed
