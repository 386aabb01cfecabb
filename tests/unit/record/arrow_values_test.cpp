#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pgfeed/error.hpp>

#include <limits>

#include "arrow_sample.hpp"
#include "record/document_reader.hpp"
#include "record/json_check.hpp"

namespace pgfeed {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Integer>
std::vector<std::string> ends_of(const std::string& format) {
  using Limits = std::numeric_limits<Integer>;
  return values_of(fixed<Integer>(format, {Limits::min(), 0, Limits::max()}));
}

TEST(ArrowValues, IntegersHaveAllTheirDigits) {
  EXPECT_THAT(ends_of<std::int8_t>("c"), ElementsAre("-128", "0", "127"));
  EXPECT_THAT(ends_of<std::uint8_t>("C"), ElementsAre("0", "0", "255"));
  EXPECT_THAT(ends_of<std::int16_t>("s"), ElementsAre("-32768", "0", "32767"));
  EXPECT_THAT(ends_of<std::uint16_t>("S"), ElementsAre("0", "0", "65535"));
  EXPECT_THAT(ends_of<std::int32_t>("i"), ElementsAre("-2147483648", "0", "2147483647"));
  EXPECT_THAT(ends_of<std::uint32_t>("I"), ElementsAre("0", "0", "4294967295"));
  EXPECT_THAT(ends_of<std::int64_t>("l"), ElementsAre("-9223372036854775808", "0", "9223372036854775807"));
  EXPECT_THAT(ends_of<std::uint64_t>("L"), ElementsAre("0", "0", "18446744073709551615"));
}

TEST(ArrowValues, FloatsAreTheShortestThatAreReadBackTheSame) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(values_of(fixed<double>("g", {0.1, -0.0, 0, 100000, -9007199254740991, 1e300, 5e-324, 1.0 / 3})),
              ElementsAre("0.1", "-0", "0", "100000", "-9007199254740991", "1e+300", "5e-324", "0.3333333333333333"));
  EXPECT_THAT(values_of(fixed<double>("g", {-kInfinity, kInfinity, std::numeric_limits<double>::quiet_NaN()})),
              ElementsAre(R"("-Infinity")", R"("Infinity")", R"("NaN")"));
  EXPECT_THAT(values_of(fixed<float>("f", {0.1F, 16777215, 1e38F, -1.5F})), ElementsAre("0.1", "16777215", "1e+38", "-1.5"));
  // 1, -2, the greatest, the least below zero, a third, infinities, NaN.
  EXPECT_THAT(
      values_of(fixed<std::uint16_t>("e", {0x3c00, 0xc000, 0x7bff, 0x8001, 0x3555, 0x7c00, 0xfc00, 0x7e00})),
      ElementsAre("1", "-2", "65504", "-5.9604645e-08", "0.33325195", R"("Infinity")", R"("-Infinity")", R"("NaN")"));
}

TEST(ArrowValues, BooleansAndNullsAreWords) {
  EXPECT_THAT(values_of(ArrowSample("b", 9).buffer(ArrowSample::bits("101000001"))),
              ElementsAre("true", "false", "true", "false", "false", "false", "false", "false", "true"));
  EXPECT_THAT(values_of(ArrowSample("n", 2).without_buffers()), ElementsAre("null", "null"));
}

TEST(ArrowValues, NullsAreToldByTheBitmap) {
  const std::vector<std::int32_t> numbers{1, 2, 3};
  EXPECT_THAT(values_of(fixed("i", numbers).valid("101")), ElementsAre("1", "null", "3"));
  EXPECT_THAT(values_of(fixed("i", numbers).valid("101", 1)), ElementsAre("1", "null", "3"));
  EXPECT_THAT(values_of(fixed("i", numbers).valid("111", 0)), ElementsAre("1", "2", "3"));
}

TEST(ArrowValues, SlicesBeginAtTheirOffset) {
  EXPECT_THAT(values_of(fixed<std::int32_t>("i", {1, 2, 3, 4}).valid("0101").slice(1, 3)), ElementsAre("2", "null"));
  EXPECT_THAT(values_of(ArrowSample("b", 4).buffer(ArrowSample::bits("0110")).slice(2, 4)), ElementsAre("true", "false"));
  EXPECT_THAT(values_of(texts("u", {"a", "bc", "d"}).slice(1, 3)), ElementsAre(R"("bc")", R"("d")"));
  EXPECT_THAT(values_of(fixed<std::int32_t>("i", {})), ElementsAre());
}

TEST(ArrowValues, DecimalsHaveAllTheirDigits) {
  EXPECT_THAT(values_of(fixed<std::int32_t>("d:9,2,32", {12345, -5, 0, -100})),
              ElementsAre("123.45", "-0.05", "0.00", "-1.00"));
  EXPECT_THAT(values_of(fixed<std::int64_t>("d:18,0,64", {std::numeric_limits<std::int64_t>::min(), 7})),
              ElementsAre("-9223372036854775808", "7"));
  EXPECT_THAT(values_of(fixed<std::uint64_t>("d:38,20", {1, 0, ~0ULL, ~0ULL, 0, 1, 0, 1ULL << 63}).slice(0, 4)),
              ElementsAre("0.00000000000000000001", "-0.00000000000000000001", "0.18446744073709551616",
                          "-1701411834604692317.31687303715884105728"));
  EXPECT_THAT(
      values_of(
          fixed<std::uint64_t>("d:38,0,128", {687399551400673279, 5421010862427522170, 1553255926290448384, 1}).slice(0, 2)),
      ElementsAre("99999999999999999999999999999999999999", "20000000000000000000"));
  EXPECT_THAT(
      values_of(
          fixed<std::uint64_t>("d:76,3,256", {0, 0, 0, 1ULL << 63, ~0ULL, ~0ULL, ~0ULL, ~0ULL, 0, 0, 1, 0}).slice(0, 3)),
      ElementsAre("-57896044618658097711785492504343953926634992332820282019728792003956564819.968", "-0.001",
                  "340282366920938463463374607431768211.456"));
}

TEST(ArrowValues, ScalesOfDecimalsMayBeStrange) {
  const std::vector<std::int32_t> numbers{12, -3, 0};
  EXPECT_THAT(values_of(fixed("d:2,-3,32", numbers)), ElementsAre("12000", "-3000", "0"));
  EXPECT_THAT(values_of(fixed("d:2,5,32", numbers)), ElementsAre("0.00012", "-0.00003", "0.00000"));
  EXPECT_THAT(values_of(fixed("d:2,2147483647,32", numbers)),
              ElementsAre("12e-2147483647", "-3e-2147483647", "0e-2147483647"));
  EXPECT_THAT(values_of(fixed("d:2,-2147483648,32", numbers)), ElementsAre("12e2147483648", "-3e2147483648", "0"));
}

TEST(ArrowValues, TextIsEscapedWhereJsonWantsIt) {
  const std::vector<std::string> values{"", "a\"b\\c", "\b\f\n\r\t\0\x1f\x7f"s, "äß𝄞", "not \xff utf8"};
  const auto expected =
      ElementsAre(R"("")", R"("a\"b\\c")", "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"", R"("äß𝄞")", "\"not \xff utf8\"");
  EXPECT_THAT(values_of(texts("u", values)), expected);
  EXPECT_THAT(values_of(texts<std::int64_t>("U", values)), expected);
  EXPECT_THAT(values_of(views("vu", values)), expected);
}

TEST(ArrowValues, TextIsEscapedWhereverItStands) {
  std::vector<std::string> values;
  std::vector<std::string> expected;
  for (std::size_t size = 1; size < 70; ++size) {
    for (const std::size_t place : {std::size_t{0}, size / 2, size - 1}) {
      values.emplace_back(size, 'x');
      values.back()[place] = '\n';
      expected.push_back('"' + values.back().substr(0, place) + "\\n" + values.back().substr(place + 1) + '"');
    }
  }
  EXPECT_EQ(values_of(texts("u", values)), expected);
  EXPECT_EQ(values_of(views("vu", values)), expected);
}

TEST(ArrowValues, BinaryIsHexadecimal) {
  const std::vector<std::string> values{"", "\0\xff\""s, "more than twelve bytes"};
  const auto expected = ElementsAre(R"("\\x")", R"("\\x00ff22")", R"("\\x6d6f7265207468616e207477656c7665206279746573")");
  EXPECT_THAT(values_of(texts("z", values)), expected);
  EXPECT_THAT(values_of(texts<std::int64_t>("Z", values)), expected);
  EXPECT_THAT(values_of(views("vz", values)), expected);
  EXPECT_THAT(values_of(ArrowSample("w:3", 2).buffer("abc\1\2\3"s)), ElementsAre(R"("\\x616263")", R"("\\x010203")"));
  EXPECT_THAT(values_of(ArrowSample("w:0", 1).buffer(""s)), ElementsAre(R"("\\x")"));
}

TEST(ArrowValues, ExtensionsAreWhatTheyAreStoredAs) {
  const std::string bytes = "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x01\x23\x45\x67\x89\xab\xcd\xef";
  EXPECT_THAT(values_of(ArrowSample("w:16", 1).buffer(bytes).extension("arrow.uuid")),
              ElementsAre(R"("12345678-9abc-def0-0123-456789abcdef")"));
  EXPECT_THAT(values_of(fixed<std::int8_t>("c", {1}).extension("arrow.bool8")), ElementsAre("1"));
  EXPECT_THAT(values_of(texts("u", {"a"}).metadata({{"arrow.json", "ARROW:extension:name"}})), ElementsAre(R"("a")"));
}

TEST(ArrowValues, JsonIsEmbeddedAndBrokenJsonStaysWithinItsValue) {
  const auto column = [] {
    return texts("u", {R"({"a": [1, "x"]})", "null", "", "1,\"id\":2", "[1", "}{"}).extension("arrow.json");
  };
  EXPECT_THAT(values_of(column()),
              ElementsAre(R"({"a": [1, "x"]})", "null", "null", R"({"1,\"id\":2"})", R"({"[1"})", R"({"}{"})"));
  const std::vector<std::string> documents = documents_of(batch(6).child("v", column()));
  for (std::size_t i = 0; i < documents.size(); ++i) EXPECT_EQ(check_json(documents[i]).valid, i < 3) << documents[i];
}

TEST(ArrowValues, BrokenJsonIsRefusedByWhoReadsIntoIt) {
  Projection projection;  // `$.v.x` and `$.id`
  projection.nodes.resize(4);
  projection.nodes[0].fields = {{"v", 1}, {"id", 3}};
  projection.nodes[1].fields = {{"x", 2}};
  projection.nodes[2].slot = 0;
  projection.nodes[3].slot = 1;
  projection.scopes = {{-1, 0, 2}};
  DocumentReader reader(projection, 512);
  PaddedBytes out;
  const auto fault_of = [&reader, &out](const std::string& text) {
    ArrowSample table =
        batch(1).child("v", texts("u", {text}).extension("arrow.json")).child("id", fixed<std::int8_t>("c", {7}));
    ArrowDocuments documents(table.schema());
    documents.bind(table.array());
    out.clear();
    documents.append(0, out);
    return reader.read(out.view()).fault;
  };
  EXPECT_EQ(fault_of(R"({"x":1})"), ReadFault::none);
  EXPECT_EQ(reader.document().value(0, 0, 0).text(), "1");
  EXPECT_EQ(reader.document().value(0, 0, 1).text(), "7");
  for (const char* text : {R"({"x":1},"id":8)", R"({"x":1}},{"x":{)", R"({"x":1)", " ", "\xff"})
    EXPECT_NE(fault_of(text), ReadFault::none) << text;
}

TEST(ArrowValues, TypesThatAreUnknownAreRefusedByName) {
  const auto refusal = [](ArrowSample column) -> std::string {
    ArrowSample table = batch(0).child("person", batch(0).child("age", std::move(column)));
    try {
      const ArrowDocuments documents(table.schema());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::source);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({"+us:0", 0}), "the Arrow column person.age has the type union (+us:0), which cannot be read");
  EXPECT_EQ(refusal(ArrowSample("i", 0).extension("arrow.uuid")),
            "the Arrow column person.age has the type arrow.uuid stored as i, which cannot be read");
  for (const char* format :
       {"", "x", "d:1", "d:1,2,16", "d:,2", "w:", "w:-1", "w:3x", "tsx:", "ts", "tts:", "+w:-1", "+l", "+x", "+m"})
    EXPECT_THAT(refusal({format, 0}), HasSubstr("person.age has the type "s + format + ", which")) << format;
  ArrowSample deep("i", 0);
  for (int i = 0; i < 100; ++i) deep = ArrowSample("+l", 0).child("item", std::move(deep));
  EXPECT_THAT(refusal(std::move(deep)), HasSubstr("nested more than 64 deep"));
  ArrowSample no_batch("i", 0);
  EXPECT_THROW(ArrowDocuments{no_batch.schema()}, Error);
}

}  // namespace
}  // namespace pgfeed
