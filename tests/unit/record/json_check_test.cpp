#include "record/json_check.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgfeed {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

bool valid(std::string_view text) { return check_json(text).valid; }

TEST(CheckJson, TakesEveryFormOfValue) {
  for (const char* text : {"{}", "[]", " [ ] ", "0", "-0", "12.5e+10", "1E5", "-0.0e-0", "true", "false", "null", "\"\"",
                           "\"a\\\"b\"", "\t{\"a\" : [1,2 , {\"b\":null}],\"c\":\"\\u00e9\\/\\b\\f\\n\\r\\t\\\\\"}\r\n",
                           "[[],{},[{}]]", "\"\xC3\xA9\x7F\""}) {
    EXPECT_TRUE(valid(text)) << text;
  }
}

TEST(CheckJson, RefusesWhatTheGrammarDoesNotHave) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\" 1}",
                           "{\"a\":1]",
                           "[1}",
                           "[1 2]",
                           "1 2",
                           "{} {}",
                           "01",
                           "-",
                           "-a",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "+1",
                           "0x1",
                           "NaN",
                           "tru",
                           "truee",
                           "nul",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\",
                           "\"\\u",
                           "\"a\nb\"",
                           "\"long enough for a whole vector\x01\"",
                           "\xEF\xBB\xBF{}",
                           "{\"x\":[1},\"y\":2}",
                           "{1:2}",
                           "[1]]",
                           "\"a\":1"}) {
    EXPECT_FALSE(valid(text)) << text;
  }
}

TEST(CheckJson, ANulByteIsInvalidAnywhere) {
  EXPECT_FALSE(valid(std::string_view("{}\0", 3)));
  EXPECT_FALSE(valid(std::string_view("\"\0\"", 3)));
}

TEST(CheckJson, TheDepthLimitIsExact) {
  EXPECT_TRUE(check_json(nested(1024)).valid);
  EXPECT_FALSE(check_json(nested(1025)).valid);
  EXPECT_TRUE(check_json(nested(3), 3).valid);
  EXPECT_FALSE(check_json(nested(4), 3).valid);
  EXPECT_TRUE(check_json("1", 0).valid);
  EXPECT_FALSE(check_json("[]", 0).valid);
  EXPECT_TRUE(check_json(nested(kDeepestCheck), 1'000'000).valid);
  EXPECT_FALSE(check_json(nested(kDeepestCheck + 1), 1'000'000).valid);
}

TEST(CheckJson, KeepsObjectsAndArraysApartAtEveryDepth) {
  std::string open;
  std::string close;
  for (int i = 0; i < 200; ++i) {
    open += i % 3 == 0 ? "[" : "{\"k\":";
    close.insert(0, i % 3 == 0 ? "]" : "}");
  }
  EXPECT_TRUE(valid(open + "1" + close));
  for (std::size_t i = 0; i < close.size(); ++i) {
    std::string wrong = close;
    wrong[i] = wrong[i] == ']' ? '}' : ']';
    EXPECT_FALSE(valid(open + "1" + wrong)) << i;
  }
}

TEST(CheckJson, FindsTheEscapeOfNul) {
  EXPECT_TRUE(check_json("[\"a\\u0000\"]").has_nul_escape);
  EXPECT_TRUE(check_json("{\"\\u0000\":1}").has_nul_escape);
  EXPECT_FALSE(check_json("[\"\\\\u0000\"]").has_nul_escape);
  EXPECT_FALSE(check_json("[\"\\u0001\"]").has_nul_escape);
}

TEST(CheckJson, FindsHalvesOfSurrogatePairs) {
  for (const char* text :
       {"\"\\ud800\"", "\"\\uDC00\"", "\"\\ud83d\\ud83d\\ude0b\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\\ud83d\\n\""}) {
    EXPECT_TRUE(check_json(text).valid) << text;
    EXPECT_TRUE(check_json(text).has_lone_surrogate) << text;
  }
  EXPECT_FALSE(check_json("\"\\ud83d\\ude0b\\uD83D\\uDE0B\"").has_lone_surrogate);
  EXPECT_FALSE(check_json("\"\\ud83d\\u12\"").valid);
}

TEST(CheckJson, EveryPrefixOfADocumentIsInvalid) {
  const std::string text = "{\"a\":[1.5e3,true,{\"b\":\"\\u0041 and some plain text\"}],\"c\":null}";
  ASSERT_TRUE(valid(text));
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(valid(text.substr(0, size))) << size;
}

}  // namespace
}  // namespace pgfeed
