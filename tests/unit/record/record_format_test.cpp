#include "record/record_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "memory_source.hpp"

namespace pgfeed {
namespace {

using enum RecordFormat;
using std::string_view_literals::operator""sv;

RecordFormat format_of(std::string_view text, bool whole = true) {
  return detect_format(text, whole, {}, memory_source(text.size()));
}

std::string refusal(std::string_view text) {
  try {
    format_of(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::source);
    return error.what();
  }
  return "";
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

TEST(DetectFormat, LinesThatAreValuesAreNewlineDelimited) {
  for (const char* text : {"{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}\r\n{\"b\":2}", "\xEF\xBB\xBF{}\n{}\n", "{}\n", "{}",
                           "\n\n {}\n\n{}\n", "{\"a\":1}\n[2]\n"}) {
    EXPECT_EQ(format_of(text), newline_delimited) << text;
  }
}

TEST(DetectFormat, NothingIsNewlineDelimited) {
  for (const char* text : {"", " \n", "\xEF\xBB\xBF"}) EXPECT_EQ(format_of(text), newline_delimited);
}

TEST(DetectFormat, BrokenLinesAmongWholeOnesDoNotMatter) {
  EXPECT_EQ(format_of("{\"a\":[1}\n{\"b\":2}\n{\"c\":3}\n{\"d\":4}\n"), newline_delimited);
  EXPECT_EQ(format_of("{\"a\":\n{\"b\":2}\n{\"c\":3}\n"), newline_delimited);
  EXPECT_EQ(format_of("{\"a\":1}}\n{\"b\":2}\n{\"c\":\"3}\n{\"d\":4}\n"), newline_delimited);
  EXPECT_EQ(format_of("hello\nworld\n{\"c\":3}\n{\"d\":3}\n"), newline_delimited);
  EXPECT_EQ(format_of("id,name\n1,a\n"), newline_delimited);
}

TEST(DetectFormat, ValuesThatSpanOrShareLinesAreASequence) {
  for (const char* text : {"{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n", "{\"a\":1}{\"b\":2}", "{\"a\":1}{\"b\":2}\n",
                           "{\"a\":1}\n{\n\"b\":\n2}\n{\"c\":3}\n", "\x1E{\"a\":1}\n", "[1][2]", "[\n1\n]\n[\n2\n]\n",
                           "{\"a\": [\n{\"x\":1},\n{\"x\":2}\n]}"}) {
    EXPECT_EQ(format_of(text), sequence) << text;
  }
}

TEST(DetectFormat, LinesOfAFewValuesAreNewlineDelimited) {
  for (const char* text : {"{\"a\":1} {\"b\":2}\n{\"c\":3}\n", "{\"a\":1}\n{\"b\":2}{\"c\":3}\n", "[1][2]\n[3]\n",
                           "{\"a\":1}{\"b\":2}\n{\"c\":3,\"s\":\"x\n{\"d\":4}\n"}) {
    EXPECT_EQ(format_of(text), newline_delimited) << text;
  }
}

TEST(DetectFormat, LinesOfManyValuesAreASequence) {
  EXPECT_EQ(format_of(repeated(repeated("{}", 16) + "\n", 3)), newline_delimited);
  EXPECT_EQ(format_of(repeated(repeated("{}", 17) + "\n", 3)), sequence);
  EXPECT_EQ(format_of("{}{}\n" + repeated("{}", 17), false), sequence);
}

TEST(DetectFormat, AnArrayWithBytesBehindItIsAnArray) {
  for (const char* text : {"[{\"a\":1},{\"b\":2}];", "[{\"a\":1},{\"b\":2}]]\n", "[{\"a\":1},\n{\"b\":2}\n]\n;\n",
                           "[{}]\n]\n", "[{\"a\":1}] {\"b\":2}"}) {
    EXPECT_EQ(format_of(text), array) << text;
  }
}

TEST(DetectFormat, OneArrayIsAnArray) {
  for (const char* text :
       {"[]", "[1,2]\n", " [\n{\"a\":1},\n{\"b\":2}\n]\n", "[{\"a\":1}\n,{\"b\":2}\n,{\"c\":3}]",
        "[\n{\n\"a\":1},\n{\n\"b\":2}\n]", "[[1,2],\n[3,4]\n]", "[{\"a\":1}\n,\n{\"b\":1}\n,\n{\"c\":1}", "[{\"a\":"}) {
    EXPECT_EQ(format_of(text), array) << text;
  }
}

TEST(DetectFormat, SeveralLinesThatAreArraysAreNewlineDelimited) {
  EXPECT_EQ(format_of("[1,2]\n[3,4]\n"), newline_delimited);
  EXPECT_EQ(format_of("[1,2\n[3,4]\n[5]\n[6]\n"), newline_delimited);
}

TEST(DetectFormat, AHeadThatIsCutOffAnywhereSaysTheSame) {
  const std::string lines = repeated("{\"a\":{\"b\":\"c\"}}\n", 10);
  const std::string elements = "[" + repeated("{\"a\":{\"b\":\"c\"}},\n", 10);
  const std::string pretty = repeated("{\n  \"a\": {\n    \"b\": \"c\"\n  }\n}\n", 10);
  for (std::size_t size = 16; size < 160; ++size) {
    EXPECT_EQ(format_of(lines.substr(0, size), false), newline_delimited) << size;
    EXPECT_EQ(format_of(elements.substr(0, size), false), array) << size;
    EXPECT_EQ(format_of(pretty.substr(0, size), false), sequence) << size;
  }
}

TEST(DetectFormat, AHeadOfUnclosedBracketsIsReadInTime) {
  EXPECT_EQ(format_of(repeated("{\n", kHeadBytes / 2), false), sequence);
  EXPECT_EQ(format_of(repeated("[\n", kHeadBytes / 2), false), array);
}

TEST(DetectFormat, WithAPathItIsAlwaysASequence) {
  const auto path = parse_documents_path("$.rows[*]");
  EXPECT_EQ(detect_format("{\"a\":1}\n{\"b\":2}\n", true, path, memory_source(0)), sequence);
  EXPECT_EQ(detect_format("[1]", true, path, memory_source(0)), sequence);
}

TEST(DetectFormat, OfAFileThatCanBeReadAnywhere) {
  EXPECT_EQ(detect_format(MemoryAccess("{\"a\":1}{\"b\":2}"), {}), sequence);
  EXPECT_EQ(detect_format(MemoryAccess(repeated("{\"a\":1}\n", 300'000)), {}), newline_delimited);
  EXPECT_EQ(detect_format(MemoryAccess(""), {}), newline_delimited);
}

TEST(DetectFormat, WhatIsNotTextIsRefusedByItsLooks) {
  EXPECT_EQ(refusal("\x1F\x8B\x08..."), "cannot read x.json: it looks like a gzip file, not JSON in UTF-8");
  EXPECT_EQ(refusal("\x28\xB5\x2F\xFD..."), "cannot read x.json: it looks like a Zstandard file, not JSON in UTF-8");
  EXPECT_EQ(refusal("PAR1..."), "cannot read x.json: it looks like a Parquet file, not JSON in UTF-8");
  EXPECT_EQ(refusal("\xFF\xFE{"), "cannot read x.json: it looks like UTF-16, not JSON in UTF-8");
  EXPECT_EQ(refusal("{\0\"\0"sv), "cannot read x.json: it looks like UTF-16, not JSON in UTF-8");
  EXPECT_EQ(refusal("\0{\0\""sv), "cannot read x.json: it looks like UTF-16, not JSON in UTF-8");
  EXPECT_EQ(refusal("\x7F"
                    "ELF\x02\x01\x01"),
            "cannot read x.json: it looks like a binary file, not JSON in UTF-8");
  EXPECT_EQ(refusal(std::string(100, '\0')), "cannot read x.json: it looks like a binary file, not JSON in UTF-8");
}

TEST(DetectFormat, AFewNulBytesAreTheirDocumentsFault) {
  EXPECT_EQ(format_of("{\"a\":\"x\0y\"}\n{\"b\":1}\n"sv), newline_delimited);
}

TEST(DocumentsPath, TakesNamesQuotedNamesAndStars) {
  const auto path = parse_documents_path("$.statuses['odd \\'name'][\"b\\\\\"][*].*");
  ASSERT_EQ(path.size(), 5U);
  EXPECT_EQ(path[0].name, "statuses");
  EXPECT_EQ(path[1].name, "odd 'name");
  EXPECT_EQ(path[2].name, "b\\");
  EXPECT_TRUE(path[3].every && path[4].every);
  EXPECT_FALSE(path[0].every);
  EXPECT_TRUE(parse_documents_path("$").empty());
}

TEST(DocumentsPath, RefusesAnythingElse) {
  for (const char* path : {"", "statuses", "@.a", "$.", "$a", "$[0]", "$[", "$['a'", "$['a", "$['a\\", "$..a", "$.a[*",
                           "$.a b", "$[a]", "$.a*", "$ "}) {
    EXPECT_THROW(parse_documents_path(path), Error) << path;
  }
}

}  // namespace
}  // namespace pgfeed
