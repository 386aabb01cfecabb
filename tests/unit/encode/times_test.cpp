#include <pgfeed/error.hpp>

#include "unit/encode/encode_one.hpp"

namespace pgfeed {
namespace {

EncodeOptions with_format(std::string format) {
  EncodeOptions options;
  options.time_format = std::move(format);
  return options;
}

Encoding timestamptz(const std::string& timezone = "UTC") {
  EncodeOptions options;
  options.timezone = timezone;
  return Encoding(type_of(TypeKind::timestamptz, "timestamp with time zone"), options);
}

TEST(Dates, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::date, "date"));
  // date_send('2024-02-29'), ('1999-12-31'), ('4714-11-24 BC'), ('5874897-12-31'), ('infinity'), ('-infinity')
  EXPECT_EQ(encode(string("2024-02-29")), "00002279");
  EXPECT_EQ(encode(string("1999-12-31")), "ffffffff");
  EXPECT_EQ(encode(string("4714-11-24 BC")), "ffda97a7");
  EXPECT_EQ(encode(string("5874897-12-31")), "7fda970c");
  EXPECT_EQ(encode(string("infinity")), "7fffffff");
  EXPECT_EQ(encode(string("-Infinity")), "80000000");
}

TEST(Dates, DaysThatDoNotExistAreOutOfRange) {
  const Encoding encode(type_of(TypeKind::date, "date"));
  for (const char* text : {"2023-02-29", "2024-02-30", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-04-31",
                           "0000-01-01", "4714-11-23 BC", "5874898-01-01"}) {
    EXPECT_EQ(encode(string(text)), "[out_of_range]") << text;
  }
}

TEST(Dates, AnotherFormIsRefused) {
  const Encoding encode(type_of(TypeKind::date, "date"));
  for (const char* text :
       {"", "2024", "2024-02", "24-02-29", "2024-2-29", "2024/02/29", "29.02.2024", "2024-02-29x", "2024-060", "2024-W09-4",
        "-2024-02-29", "now", "2024-02-29T", "2024-02-2900:00", "202402291", "infinit"}) {
    EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(encode(number("20240229")), "[wrong_kind]");
}

TEST(Dates, ATimeOrAZoneWouldBeLost) {
  const Encoding encode(type_of(TypeKind::date, "date"));
  EXPECT_EQ(encode(string("2024-02-29T00:00:00")), "00002279");
  EXPECT_EQ(encode(string("2024-02-29T00:00:01")), "[inexact]");
  EXPECT_EQ(encode(string("2024-02-29T00:00:00Z")), "[inexact]");
  EXPECT_EQ(encode(string("2024-02-29T24:00:00")), "[inexact]");
}

TEST(Times, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::time, "time"));
  // time_send('12:34:56.789012'), time_send('24:00:00')
  EXPECT_EQ(encode(string("12:34:56.789012")), "0000000a8be62614");
  EXPECT_EQ(encode(string("T12:34:56.789012000")), "0000000a8be62614");
  EXPECT_EQ(encode(string("24:00:00")), "000000141dd76000");
  EXPECT_EQ(encode(string("23:59:60")), "000000141dd76000");
  for (const char* text : {"24:00:01", "25:00", "12:60", "12:00:61", "23:59:60.5"})
    EXPECT_EQ(encode(string(text)), "[out_of_range]") << text;
  for (const char* text : {"", "12", "1:00", "12:3", "12:34:5", "12:34:", "12:34:56.", "12:34 pm"})
    EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  EXPECT_EQ(encode(string("12:34Z")), "[inexact]");
  EXPECT_EQ(encode(string("12:34:56.7890121")), "[inexact]");
}

TEST(Timestamps, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::timestamp, "timestamp"));
  // timestamp_send('2024-02-29 12:34:56'), ('1969-12-31 23:59:59.999999')
  EXPECT_EQ(encode(string("2024-02-29 12:34:56")), "0002b58341667c00");
  EXPECT_EQ(encode(string("1969-12-31T23:59:59.999999")), "fffca2fec4c81fff");
  // timestamp_send('294276-12-31 23:59:59.999999'), ('4714-11-24 00:00:00 BC')
  EXPECT_EQ(encode(string("294276-12-31 23:59:59.999999")), "7fffff5bb3b29fff");
  EXPECT_EQ(encode(string("4714-11-24 00:00:00 BC")), "fd0f7cc1411fa000");
  EXPECT_EQ(encode(string("294277-01-01")), "[out_of_range]");
  EXPECT_EQ(encode(string("4714-11-23 BC")), "[out_of_range]");
  EXPECT_EQ(encode(string("5874897-12-31")), "[out_of_range]");
}

TEST(Timestamps, ALeapSecondIsTheNextMinute) {
  const Encoding encode(type_of(TypeKind::timestamp, "timestamp"));
  EXPECT_EQ(encode(string("2016-12-31T23:59:60")), encode(string("2017-01-01T00:00:00")));
  EXPECT_EQ(encode(string("2016-12-31T24:00:00")), encode(string("2017-01-01T00:00:00")));
}

TEST(Timestamps, AZoneOrAFinerFractionWouldBeLost) {
  const Encoding encode(type_of(TypeKind::timestamp, "timestamp"));
  EXPECT_EQ(encode(string("2024-02-29T12:34:56Z")), "[inexact]");
  EXPECT_EQ(encode(string("2024-02-29T12:34:56.0000001")), "[inexact]");
  EXPECT_EQ(encode(string("2024-02-29T12:34:56.0000000")), "0002b58341667c00");
  const Encoding coarse(type_of(TypeKind::timestamp, "timestamp(3)", 3));
  EXPECT_EQ(coarse(string("2024-02-29T12:34:56.0004")), "[inexact]");
}

TEST(TimestampsWithAZone, GoldenBytes) {
  // timestamptz_send('2024-02-29T12:34:56+02:00'), ('infinity'), ('-infinity')
  for (const char* text : {"2024-02-29T12:34:56+02:00", "2024-02-29 12:34:56+02", "2024-02-29t12:34:56 +0200",
                           "2024-02-29T10:34:56z", "20240229T103456Z", "2024-02-29 10:34:56 UTC", "2024-02-29 10:34:56"}) {
    EXPECT_EQ(timestamptz()(string(text)), "0002b581943f3400") << text;
  }
  EXPECT_EQ(timestamptz()(string("infinity")), "7fffffffffffffff");
  EXPECT_EQ(timestamptz()(string("-infinity")), "8000000000000000");
  for (const char* text : {"2024-02-29T12:34:56+2", "2024-02-29T12:34:56+02:0", "2024-02-29T12:34:56+16",
                           "2024-02-29T12:34:56+02:60", "2024-02-29T12:34:56 CET", "2024-02-29T12:34:56Zx"}) {
    EXPECT_EQ(timestamptz()(string(text)), "[bad_syntax]") << text;
  }
}

TEST(TimestampsWithAZone, WithoutOneTheColumnsZoneCounts) {
  EXPECT_EQ(timestamptz("+02:00")(string("2024-02-29 12:34:56")), "0002b581943f3400");
  EXPECT_EQ(timestamptz("-02:00")(string("2024-02-29 08:34:56")), "0002b581943f3400");
  EXPECT_EQ(timestamptz("+02:00")(string("2024-02-29 10:34:56Z")), "0002b581943f3400");
  // timestamptz_send('2024-07-01 00:00 America/New_York')
  EXPECT_EQ(timestamptz("America/New_York")(string("2024-07-01 00:00")), "0002bf2666561000");
}

TEST(TimestampsWithAZone, AGapAndAnOverlapAreAsThePostgresHasThem) {
  // timestamptz_send('2024-03-10 02:30 America/New_York'), timestamptz_send('2024-11-03 01:30 America/New_York')
  EXPECT_EQ(timestamptz("America/New_York")(string("2024-03-10 02:30")), "0002b64829496e00");
  EXPECT_EQ(timestamptz("America/New_York")(string("2024-11-03 01:30")), "0002c8fb10f10a00");
}

TEST(TimestampsWithAZone, AnUnknownZoneIsAnError) {
  for (const char* zone :
       {"", "Mars/Olympus", "../zoneinfo/UTC", "/etc/passwd", "Europe", "zone.tab", "+99:00", "Europe/Berlin\n"}) {
    EXPECT_THROW(timestamptz(zone), Error) << zone;
  }
}

TEST(TimeFormats, Twitter) {
  const Encoding encode(type_of(TypeKind::timestamptz, "timestamptz"), with_format("%a %b %d %H:%M:%S %z %Y"));
  // timestamptz_send('2008-08-27 13:08:45+00')
  EXPECT_EQ(encode(string("Wed Aug 27 13:08:45 +0000 2008")), "0000f86f7d2a9140");
  EXPECT_EQ(encode(string("wed august 27 15:08:45 +0200 2008")), "0000f86f7d2a9140");
  for (const char* text : {"", "Wed Aug 27 13:08:45 +0000", "Wed Aug 27 13:08:45 +0000 2008 ",
                           "Wxd Aug 27 13:08:45 +0000 2008", "Wed Avg 27 13:08:45 +0000 2008",
                           "Wed Aug 27 13-08:45 +0000 2008", "2008-08-27T13:08:45Z", "Wed Augu 27 13:08:45 +0000 2008"}) {
    EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(encode(string("Wed Feb 30 13:08:45 +0000 2008")), "[out_of_range]");
  EXPECT_EQ(encode(string("Wed Aug 27 25:08:45 +0000 2008")), "[out_of_range]");
  EXPECT_EQ(encode(json("{}")), "[wrong_kind]");
}

TEST(TimeFormats, EveryDirective) {
  const PgType type = type_of(TypeKind::timestamptz, "timestamptz");
  const std::string expected = "0000f86f7d2a9140";
  const std::vector<std::pair<const char*, const char*>> cases{
      {"%Y-%m-%dT%H:%M:%S%z", "2008-08-27T13:08:45Z"},
      {"%F %T", "2008-08-27 13:08:45"},
      {"%D%n%R:%S", "08/27/08 13:08:45"},
      {"%A, %d %B %Y %I:%M:%S %p", "Wednesday, 27 August 2008 01:08:45 PM"},
      {"%Y%j%H%M%S", "2008240130845"},
      {"%y.%m.%e %H:%M:%S %Z", "08.08.27 13:08:45 GMT"},
      {"%s", "1219842525"},
      {"%s.%f", "1219842525.000"},
      {"%%%t%h %d %Y %T.%f", "% Aug 27 2008 13:08:45.000000"}};
  for (const auto& [format, text] : cases) EXPECT_EQ(Encoding(type, with_format(format))(string(text)), expected) << format;
}

TEST(TimeFormats, MidnightAndNoonOfTwelveHours) {
  const Encoding encode(type_of(TypeKind::time, "time"), with_format("%I %p"));
  EXPECT_EQ(encode(string("12 am")), "0000000000000000");
  EXPECT_EQ(encode(string("12 pm")), "0000000a0eebb000");  // time_send('12:00')
  EXPECT_EQ(encode(string("0 am")), "[out_of_range]");
  EXPECT_EQ(encode(string("13 pm")), "[out_of_range]");
}

TEST(TimeFormats, DaysOfAYear) {
  const Encoding encode(type_of(TypeKind::date, "date"), with_format("%Y %j"));
  EXPECT_EQ(encode(string("2024 060")), "00002279");
  EXPECT_EQ(encode(string("2023 366")), "[out_of_range]");
  EXPECT_EQ(encode(string("2024 000")), "[out_of_range]");
}

TEST(TimeFormats, ADateIsTakenOutOfALongerFormat) {
  const Encoding encode(type_of(TypeKind::date, "date"), with_format("%a %b %d %H:%M:%S %z %Y"));
  EXPECT_EQ(encode(string("Thu Feb 29 23:59:59 -0800 2024")), "00002279");
  EXPECT_EQ(encode(string("Thu Feb 29 23:59:xx -0800 2024")), "[bad_syntax]");
}

TEST(TimeFormats, OnesThatMakeNoSenseAreErrors) {
  for (const char* format : {"%Q", "%", "%Y-%m-%d %", "%Y", "%m-%d", "%H:%M", "%Y-%m-%d %I:%M", "%Y-%m-%d %H:%M %p",
                             "%Y %m %d %j", "%s %Y", "plain"}) {
    EXPECT_THROW(Encoding(type_of(TypeKind::timestamptz, "timestamptz"), with_format(format)), Error) << format;
  }
  EXPECT_THROW(Encoding(type_of(TypeKind::time, "time"), with_format("%Y-%m-%d")), Error);
  EXPECT_THROW(Encoding(type_of(TypeKind::time, "time"), with_format("epoch_s")), Error);
  EXPECT_NO_THROW(Encoding(type_of(TypeKind::text, "text"), with_format("%Q")));
}

TEST(Epochs, EachUnitFromNumbersAndStrings) {
  const PgType type = type_of(TypeKind::timestamptz, "timestamptz");
  const std::string expected = "0000f86f7d2a9140";
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(number("1219842525")), expected);
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(string("1219842525.000000")), expected);
  EXPECT_EQ(Encoding(type, with_format("epoch_ms"))(number("1219842525000")), expected);
  EXPECT_EQ(Encoding(type, with_format("epoch_us"))(number("1219842525000000")), expected);
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(number("-1e-6")), "fffca2fec4c81fff");  // one microsecond before 1970
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(number("1e-7")), "[inexact]");
  EXPECT_EQ(Encoding(type, with_format("epoch_us"))(number("0.5")), "[inexact]");
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(number("1e12")),
            "0ddd59b26c2c2000");  // timestamptz_send(to_timestamp(1e12))
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(number("9224318016000")), "[out_of_range]");
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(number("1e300")), "[out_of_range]");
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(string("soon")), "[bad_syntax]");
  EXPECT_EQ(Encoding(type, with_format("epoch_s"))(boolean(true)), "[wrong_kind]");
}

TEST(Epochs, ForColumnsWithoutAZoneTheyAreUtc) {
  // timestamp_send('2008-08-27 13:08:45'), date_send('2008-08-27'), date_send('1969-12-31')
  EXPECT_EQ(Encoding(type_of(TypeKind::timestamp, "timestamp"), with_format("epoch_s"))(number("1219842525")),
            "0000f86f7d2a9140");
  EXPECT_EQ(Encoding(type_of(TypeKind::date, "date"), with_format("epoch_s"))(number("1219842525")), "00000c59");
  EXPECT_EQ(Encoding(type_of(TypeKind::date, "date"), with_format("epoch_s"))(number("-1")), "ffffd532");
}

TEST(Intervals, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::interval, "interval"));
  // interval_send('P1Y2M3DT4H5M6.7S'), ('-1 mon -3 days +04:05:06')
  EXPECT_EQ(encode(string("P1Y2M3DT4H5M6.7S")), "000000036c966ee0000000030000000e");
  EXPECT_EQ(encode(string("1 year 2 mons 3 days 04:05:06.7")), "000000036c966ee0000000030000000e");
  EXPECT_EQ(encode(string("-1 mon -3 days +04:05:06")), "000000036c8bc080fffffffdffffffff");
  // interval_send('-178956970 years -8 mons')
  EXPECT_EQ(encode(string("-178956970 years -8 mons")), "00000000000000000000000080000000");
}

TEST(Intervals, OutOfRangeInexactOrNotOne) {
  const Encoding encode(type_of(TypeKind::interval, "interval"));
  for (const char* text : {"-178956970 years -9 mons", "178956971 years", "2147483648 days", "2562047789 hours",
                           "P2147483648M", "00:60:00", "00:00:60", "@ -178956970 years -8 mons ago"}) {
    EXPECT_EQ(encode(string(text)), "[out_of_range]") << text;
  }
  for (const char* text : {"PT0.0000001S", "P0.5M", "0.3 years", "00:00:00.0000001", "1.123456789 hours"}) {
    EXPECT_EQ(encode(string(text)), "[inexact]") << text;
  }
  for (const char* text : {"", "P", "PT", "P1", "P1H", "PT1D", "P1D1Y", "P1DT", "1 fortnight", "day", "1 day ago 2", "1:2:3",
                           "--1 day", "P1Y1Y", "1 2", "@", "1 day, 2 hours"}) {
    EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(encode(number("5")), "[wrong_kind]");
}

}  // namespace
}  // namespace pgfeed
