#include "unit/encode/encode_one.hpp"

namespace pgfeed {
namespace {

using namespace std::string_view_literals;

std::string hex(std::string_view text) { return Encoding(type_of(TypeKind::text, "text"))(string(text)); }
std::string hex_jsonb(std::string_view text) { return "01" + hex(text); }

Encoding jsonb(NulPolicy nul = NulPolicy::reject) {
  EncodeOptions options;
  options.nul = nul;
  return Encoding(type_of(TypeKind::jsonb, "jsonb"), options);
}

TEST(Json, GoldenBytes) {
  const Encoding plain(type_of(TypeKind::json, "json"));
  // json_send('{"a": 1}'), jsonb_send('{"a": 1}')
  EXPECT_EQ(plain(json(R"({"a": 1})")), "7b2261223a20317d");
  EXPECT_EQ(jsonb()(json(R"({"a": 1})")), "017b2261223a20317d");
}

TEST(Json, ScalarsBecomeJsonAgain) {
  EXPECT_EQ(jsonb()(string("a\"b\\c\n\x01ü")), hex_jsonb(R"("a\"b\\c\n\u0001ü")"));
  EXPECT_EQ(jsonb()(number("1.50")), hex_jsonb("1.50"));
  EXPECT_EQ(jsonb()(boolean(true)), hex_jsonb("true"));
  EXPECT_EQ(jsonb()(string("")), hex_jsonb("\"\""));
  EXPECT_EQ(jsonb()(number("01")), "[bad_syntax]");
}

TEST(Json, WhatIsNotJsonIsRefused) {
  const Encoding plain(type_of(TypeKind::json, "json"));
  for (const char* text : {R"({"x":[1},"y":2})", "[1,]", "[01]", "{\"a\"}", "[\"\\x\"]", "[tru]", "{} {}", "[\"a\nb\"]"}) {
    EXPECT_EQ(plain(json(text)), "[bad_syntax]") << text;
    EXPECT_EQ(jsonb()(json(text)), "[bad_syntax]") << text;
  }
}

TEST(Json, HalfASurrogatePairIsRefusedForJsonbOnly) {
  const std::string text = R"(["\ud800"])";
  EXPECT_EQ(Encoding(type_of(TypeKind::json, "json"))(json(text)), hex(text));
  EXPECT_EQ(jsonb()(json(text)), "[lone_surrogate]");
}

TEST(Json, NumbersBeyondNumericAreRefusedForJsonbOnly) {
  const Encoding plain(type_of(TypeKind::json, "json"));
  for (const char* text : {"[1e200000]", R"({"a":{"e":"x"},"b":[-1.5e131072]})", "[1e-20000]"}) {
    EXPECT_EQ(jsonb()(json(text)), "[out_of_range]") << text;
    EXPECT_EQ(plain(json(text)), hex(text)) << text;
  }
  for (const char* text : {"[1e400]", R"(["1e200000","\"1e200000"])", R"({"1e200000":0})"}) {
    EXPECT_EQ(jsonb()(json(text)), hex_jsonb(text)) << text;
  }
  EXPECT_EQ(jsonb()(number("1e200000")), "[out_of_range]");
}

TEST(Json, LongNumbersAreRefusedForJsonbWhereNumericIsFull) {
  const std::string whole(131072, '7');
  const std::string fraction(16383, '7');
  EXPECT_EQ(jsonb()(json("[" + whole + "." + fraction + "]")), hex_jsonb("[" + whole + "." + fraction + "]"));
  EXPECT_EQ(jsonb()(json("[" + whole + "7]")), "[out_of_range]");
  EXPECT_EQ(jsonb()(json("[0." + fraction + "7]")), "[out_of_range]");
}

TEST(Json, NulInASubtreeByEachPolicy) {
  const Value value = json(R"({"\u0000k":["a\u0000","\\u0000","\\\u0000"]})");
  EXPECT_EQ(jsonb()(value), "[nul_character]");
  EXPECT_EQ(jsonb(NulPolicy::strip)(value), hex_jsonb(R"({"k":["a","\\u0000","\\"]})"));
  EXPECT_EQ(jsonb(NulPolicy::escape)(value), hex_jsonb(R"({"\\u0000k":["a\\u0000","\\u0000","\\\\u0000"]})"));
  EXPECT_EQ(jsonb(NulPolicy::replace)(value), hex_jsonb(R"({"\ufffdk":["a\ufffd","\\u0000","\\\ufffd"]})"));
  EXPECT_EQ(Encoding(type_of(TypeKind::json, "json"))(value), hex(value.text()));
}

TEST(Json, NulInAStringByEachPolicy) {
  const Value value = string("a\0\"b"sv);
  EXPECT_EQ(jsonb()(value), "[nul_character]");
  EXPECT_EQ(jsonb(NulPolicy::strip)(value), hex_jsonb(R"("a\"b")"));
  EXPECT_EQ(jsonb(NulPolicy::escape)(value), hex_jsonb(R"("a\\u0000\"b")"));
  EXPECT_EQ(jsonb(NulPolicy::replace)(value), hex_jsonb("\"a\xEF\xBF\xBD\\\"b\""));
  EXPECT_EQ(Encoding(type_of(TypeKind::json, "json"))(value), hex(R"("a\u0000\"b")"));
}

Encoding array_of(TypeKind kind, std::string name, std::uint32_t oid, std::int32_t modifier = -1) {
  PgType type = type_of(TypeKind::array, name + "[]", modifier);
  PgType element = type_of(kind, std::move(name));
  element.oid = oid;
  type.element = std::make_shared<const PgType>(element);
  return Encoding(type);
}

TEST(Arrays, GoldenBytes) {
  const Encoding integers = array_of(TypeKind::int4, "integer", 23);
  // array_send('{1,NULL,3}'::int[]), array_send('{}'::int[])
  EXPECT_EQ(integers(json("[1,null,3]")),
            "00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003");
  EXPECT_EQ(integers(json("[ ]")), "000000000000000000000017");
  // array_send('{a,"ü"}'::text[])
  EXPECT_EQ(array_of(TypeKind::text, "text", 25)(json(R"([ "a" , "\u00fc" ])")),
            "0000000100000000000000190000000200000001000000016100000002c3bc");
}

TEST(Arrays, AnElementThatDoesNotFitFailsTheValue) {
  const Encoding integers = array_of(TypeKind::int4, "integer", 23);
  EXPECT_EQ(integers(json("[1,2147483648]")), "[out_of_range]");
  EXPECT_EQ(integers(json("[1,true]")), "[wrong_kind]");
  EXPECT_EQ(integers(json("[[1]]")), "[wrong_kind]");
  EXPECT_EQ(integers(json("[{}]")), "[wrong_kind]");
  EXPECT_EQ(integers(json("[1,]")), "[bad_syntax]");
  EXPECT_EQ(integers(json("{}")), "[wrong_kind]");
  EXPECT_EQ(integers(string("{1,2}")), "[wrong_kind]");
  EXPECT_EQ(integers(number("1")), "[wrong_kind]");
  EXPECT_EQ(array_of(TypeKind::text, "text", 25)(json(R"(["\ud800"])")), "[lone_surrogate]");
  EXPECT_EQ(array_of(TypeKind::text, "text", 25)(json(R"(["\u0000"])")), "[nul_character]");
}

TEST(Arrays, AModifierIsTheElements) {
  const Encoding limited = array_of(TypeKind::text, "character varying", 1043, 2 + 4);
  EXPECT_EQ(limited(json(R"(["abc"])")), "[too_long]");
  EXPECT_NE(limited(json(R"(["ab"])")), "[too_long]");
}

TEST(Arrays, JsonElementsMayNest) {
  const Encoding documents = array_of(TypeKind::jsonb, "jsonb", 3802);
  // array_send(ARRAY['[1,"]"]'::jsonb]), whose element the server prints as [1, "]"]
  EXPECT_EQ(documents(json(R"([[1,"]"]])")), "000000010000000000000eda000000010000000100000008" + hex_jsonb(R"([1,"]"])"));
}

}  // namespace
}  // namespace pgfeed
