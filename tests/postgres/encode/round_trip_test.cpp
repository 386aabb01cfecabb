#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "postgres/encode/live_column.hpp"

namespace pgfeed {
namespace {

TEST(RoundTrip, Boolean) {
  LiveColumn column("boolean", TypeKind::boolean);
  expect_as_server(column,
                   {"t", "true", "TRUE", "y", "yes", "on", "1", "f", "fal", "false", "n", "no", "of", "off", "0", " true "});
  EXPECT_EQ(stored(column, boolean(true)), "true");
  EXPECT_EQ(stored(column, number("0")), "false");
  EXPECT_EQ(stored(column, string("o")), "[bad_syntax]");
}

TEST(RoundTrip, Integers) {
  LiveColumn small("smallint", TypeKind::int2);
  expect_as_server(small, {"-32768", "32767", "0", "+7", " 12 ", "-0", "0007"});
  LiveColumn middle("integer", TypeKind::int4);
  expect_as_server(middle, {"-2147483648", "2147483647", "0", "42"});
  LiveColumn big("bigint", TypeKind::int8);
  expect_as_server(big, {"-9223372036854775808", "9223372036854775807", "0", "505874924095815681"}, ValueKind::number);
  EXPECT_EQ(stored(big, number("92233720368547758070e-1")), "9223372036854775807");
}

TEST(RoundTrip, Floats) {
  LiveColumn real("real", TypeKind::float4);
  expect_as_server(real, {"1.5", "-0", "3.4028235e38", "1e-45", "1.17549435e-38", "16777217", "0.1", "NaN", "Infinity",
                          "-infinity", ".5", "5."});
  LiveColumn wide("double precision", TypeKind::float8);
  expect_as_server(wide, {"1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "-0", "0.1", "1e23",
                          "123456789012345678901234567890", "NaN", "inf", "-Infinity", "+1.25"});
}

TEST(RoundTrip, RandomDoublesAreReadAsTheServerReadsThem) {
  LiveColumn column("double precision", TypeKind::float8);
  std::mt19937_64 random(20240229);
  Strings texts;
  for (int i = 0; i < 500; ++i) {
    const auto exponent = static_cast<int>(random() % 600) - 300;
    texts.push_back(std::to_string(random()) + "." + std::to_string(random()) + "e" + std::to_string(exponent - 20));
  }
  expect_as_server(column, texts, ValueKind::number);
}

TEST(RoundTrip, Numeric) {
  LiveColumn column("numeric", TypeKind::numeric);
  expect_as_server(
      column,
      {"0",        "-0",        "0.000",      "1",        "-1",
       "10000",    "9999",      "12345.6789", "0.0001",   "0.00001",
       "1e10",     "1.50e3",    "1e-10",      "00012.50", "99999999999999999999999999999999999999.99999999999999999999",
       "1e131071", "-1e-16383", "NaN",        ".5",       "5.",
       "+3.25"});
  const std::string widest = std::string(131072, '9') + "." + std::string(16383, '9');
  expect_as_server(column, {widest});
  EXPECT_EQ(stored(column, number("1e131072")), "[out_of_range]");
  EXPECT_EQ(column.server_makes_of("1e131072"), "22003");
  EXPECT_EQ(stored(column, number("1e-16384")), "[out_of_range]");
  EXPECT_EQ(column.server_makes_of("1e-16384"), "22003");
}

TEST(RoundTrip, InfiniteNumerics) {
  LiveColumn column("numeric", TypeKind::numeric);
  if (column.server_major() >= 14) {
    expect_as_server(column, {"Infinity", "-Infinity"});
  } else {
    EXPECT_THAT(stored(column, string("Infinity")), testing::HasSubstr("numeric"));  // the server refuses the row
    EXPECT_EQ(column.server_makes_of("Infinity"), "22P02");
  }
}

TEST(RoundTrip, RandomNumericsAreReadAsTheServerReadsThem) {
  LiveColumn column("numeric", TypeKind::numeric);
  std::mt19937 random(7);
  Strings texts;
  const auto digits = [&](std::size_t count) {
    std::string text(count, '0');
    for (char& c : text) c = static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    return text;
  };
  for (int i = 0; i < 1000; ++i) {
    std::string text = random() % 2 == 0 ? "-" : "";
    text += digits(1 + random() % 30);
    if (random() % 2 == 0) text += "." + digits(1 + random() % 30);
    if (random() % 3 == 0) text += "e" + std::to_string(static_cast<int>(random() % 60) - 30);
    texts.push_back(text);
  }
  expect_as_server(column, texts);
}

TEST(RoundTrip, NumericWithAPrecision) {
  LiveColumn column("numeric(5,2)", TypeKind::numeric);
  expect_as_server(column, {"0", "1", "-999.99", "999.99", "1.5", "1.500", "12e1", "NaN", "00999.990"});
  EXPECT_EQ(stored(column, number("1000")), "[out_of_range]");
  EXPECT_EQ(stored(column, number("1.005")), "[inexact]");
}

TEST(RoundTrip, NumericWithAScaleOutsideItsPrecision) {
  if (LiveColumn("numeric", TypeKind::numeric).server_major() < 15) return;  // such a type is refused there
  LiveColumn rounded("numeric(3,-2)", TypeKind::numeric);
  expect_as_server(rounded, {"0", "100", "-99900", "12e3"});
  EXPECT_EQ(stored(rounded, number("150")), "[inexact]");
  EXPECT_EQ(stored(rounded, number("100000")), "[out_of_range]");
  LiveColumn fraction("numeric(3,5)", TypeKind::numeric);
  expect_as_server(fraction, {"0", "0.00999", "-0.00001"});
  EXPECT_EQ(stored(fraction, number("0.01")), "[out_of_range]");
}

TEST(RoundTrip, Text) {
  LiveColumn column("text", TypeKind::text);
  expect_as_server(column, {"", "plain", "tab\tline\nback\\slash\"", "Grüße, 世界 🦫", std::string(100'000, 'x')});
  EXPECT_EQ(stored(column, number("1.50e+2")), "1.50e+2");
  EXPECT_EQ(stored(column, boolean(false)), "false");
}

TEST(RoundTrip, TextsOfALimitedLength) {
  LiveColumn varying("varchar(3)", TypeKind::text);
  expect_as_server(varying, {"", "abc", "ü€😀"});
  EXPECT_EQ(stored(varying, string("abc  ")), "abc");
  EXPECT_EQ(stored(varying, string("abcd")), "[too_long]");
  LiveColumn fixed("char(3)", TypeKind::text);
  expect_as_server(fixed, {"", "a", "ü€😀"});
  EXPECT_EQ(stored(fixed, string("abcd")), "[too_long]");
  LiveColumn name("name", TypeKind::text);
  expect_as_server(name, {"", std::string(63, 'n')});
  EXPECT_EQ(stored(name, string(std::string(64, 'n'))), "[too_long]");
}

TEST(RoundTrip, Bytea) {
  EncodeOptions hex;
  hex.bytes = EncodeOptions::Bytes::hex;
  LiveColumn from_hex("bytea", TypeKind::bytea, hex);
  expect_as_server(from_hex, {"\\x", "\\x00ff", "\\xDEADbeef"});
  LiveColumn from_base64("bytea", TypeKind::bytea);
  EXPECT_EQ(stored(from_base64, string("AP8Qgw==")), "\\x00ff1083");
}

TEST(RoundTrip, Uuid) {
  LiveColumn column("uuid", TypeKind::uuid);
  expect_as_server(column, {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
                            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "00000000-0000-0000-0000-000000000000",
                            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"});
}

TEST(RoundTrip, Networks) {
  const Strings addresses{"192.168.0.1",
                          "0.0.0.0/0",
                          "255.255.255.255",
                          "10.1.2.0/24",
                          "::",
                          "::1",
                          "2001:db8::1",
                          "2001:DB8:0:0:8:800:200C:417A",
                          "::ffff:1.2.3.4",
                          "1:2:3:4:5:6:7::",
                          "::2:3:4:5:6:7:8",
                          "fe80::/10",
                          "64:ff9b::192.0.2.33/128"};
  LiveColumn inet("inet", TypeKind::inet);
  expect_as_server(inet, addresses);
  expect_as_server(inet, {"192.168.0.1/24", "2001:db8::1/32"});
  LiveColumn cidr("cidr", TypeKind::cidr);
  expect_as_server(cidr, addresses);
  EXPECT_EQ(stored(cidr, string("192.168.0.1/24")), "[bad_syntax]");
}

TEST(RoundTrip, Enumeration) {
  LiveColumn column("mood", TypeKind::enumeration, {}, "CREATE TYPE pg_temp.mood AS ENUM ('sad', 'ok', 'so happy', '1')");
  expect_as_server(column, {"sad", "ok", "so happy", "1"});
  EXPECT_EQ(stored(column, number("1")), "1");
  EXPECT_EQ(stored(column, string("angry")), "[not_in_enum]");
}

TEST(RoundTrip, Json) {
  const Strings texts{R"({"a": [1, 2.50, null, true], "b": {"c": "d\u00e9\n"}})", "[]", " {} ",
                      R"(["\ud83d\ude00", "\\u0000", 1e100])", R"({"a": 1, "a": 2})"};
  LiveColumn plain("json", TypeKind::json);
  expect_as_server(plain, texts, ValueKind::json);
  expect_as_server(plain, {R"(["\ud800 \u0000", 1e999999])"}, ValueKind::json);
  LiveColumn binary("jsonb", TypeKind::jsonb);
  expect_as_server(binary, texts, ValueKind::json);
  EXPECT_EQ(stored(binary, string("a\"b\\c\n\x01\x7f ü")), "\"a\\\"b\\\\c\\n\\u0001\x7f ü\"");
  EXPECT_EQ(stored(binary, number("1.50")), "1.50");
  EXPECT_EQ(stored(binary, boolean(true)), "true");
}

TEST(RoundTrip, JsonbRefusesWhatTheServerRefuses) {
  LiveColumn column("jsonb", TypeKind::jsonb);
  const std::vector<std::pair<std::string, std::string>> cases{{R"(["\ud800"])", "[lone_surrogate]"},
                                                               {R"(["a\u0000b"])", "[nul_character]"},
                                                               {"[1e200000]", "[out_of_range]"},
                                                               {"[1e-20000]", "[out_of_range]"},
                                                               {"[01]", "[bad_syntax]"},
                                                               {R"({"a":1},)", "[bad_syntax]"},
                                                               {"[1,]", "[bad_syntax]"},
                                                               {"[\"a\tb\"]", "[bad_syntax]"}};
  const Strings sqlstates{"22P02", "22P05", "22003", "22003", "22P02", "22P02", "22P02", "22P02"};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(stored(column, json(cases[i].first)), cases[i].second) << cases[i].first;
    EXPECT_EQ(column.server_makes_of(cases[i].first), sqlstates[i]) << cases[i].first;
  }
}

TEST(RoundTrip, JsonbWithoutNul) {
  const std::vector<std::pair<NulPolicy, std::string>> cases{{NulPolicy::strip, R"(["ab", "\\u0000"])"},
                                                             {NulPolicy::escape, R"(["a\\u0000b", "\\u0000"])"},
                                                             {NulPolicy::replace,
                                                              "[\"a\xEF\xBF\xBD"
                                                              R"(b", "\\u0000"])"}};
  for (const auto& [policy, expected] : cases) {
    EncodeOptions options;
    options.nul = policy;
    LiveColumn column("jsonb", TypeKind::jsonb, options);
    EXPECT_EQ(stored(column, json(R"(["a\u0000b", "\\u0000"])")), expected);
  }
}

TEST(RoundTrip, Arrays) {
  LiveColumn integers("integer[]", TypeKind::array, {}, "", TypeKind::int4);
  EXPECT_EQ(stored(integers, json("[]")), "{}");
  EXPECT_EQ(stored(integers, json(" [ 1 , null, -3 ] ")), "[wrong_kind]");  // a value's text begins with its bracket
  EXPECT_EQ(stored(integers, json("[ 1 , null, -3 ] ")), "{1,NULL,-3}");
  EXPECT_EQ(stored(integers, json("[[1]]")), "[wrong_kind]");
  LiveColumn texts("text[]", TypeKind::array, {}, "", TypeKind::text);
  EXPECT_EQ(stored(texts, json(R"(["a", "b,\"c\"", "\u00fc\ud83d\ude00", 1.50, true, null, "null", ""])")),
            R"({a,"b,\"c\"",ü😀,1.50,true,NULL,"null",""})");
  LiveColumn limited("varchar(2)[]", TypeKind::array, {}, "", TypeKind::text);
  EXPECT_EQ(stored(limited, json(R"(["ab"])")), "{ab}");
  EXPECT_EQ(stored(limited, json(R"(["abc"])")), "[too_long]");
  LiveColumn numerics("numeric(4,1)[]", TypeKind::array, {}, "", TypeKind::numeric);
  EXPECT_EQ(stored(numerics, json("[1, 2.50]")), "{1.0,2.5}");
  LiveColumn times("timestamptz[]", TypeKind::array, {}, "", TypeKind::timestamptz);
  EXPECT_EQ(stored(times, json(R"(["2024-02-29T00:00:00Z"])")), "{\"2024-02-29 00:00:00+00\"}");
  LiveColumn documents("jsonb[]", TypeKind::array, {}, "", TypeKind::jsonb);
  EXPECT_EQ(stored(documents, json(R"([{"a": [1, "]"]}, "x\"y", null, [2]])")),
            R"({"{\"a\": [1, \"]\"]}","\"x\\\"y\"",NULL,[2]})");
}

TEST(RoundTrip, AnyOtherTypeByItsTextForm) {
  LiveColumn column("point", TypeKind::text_form);
  EXPECT_EQ(column.cast_of(string("(1,2)")), "(1,2)");
}

}  // namespace
}  // namespace pgfeed
