#include "record/stream_cutter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "memory_source.hpp"
#include "random_json.hpp"

namespace pgfeed {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kNoLimit = 1 << 30;

struct Cut {
  std::vector<std::string> texts;
  std::vector<Record> records;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> spans;
  std::size_t most_bytes = 0;
  std::uint64_t documents = 0;
  std::uint64_t top_level_values = 0;
};

Cut cut(ByteStream& stream, std::uint64_t split_size, const std::string& path = "$", std::uint64_t max_document = kNoLimit,
        std::optional<RecordFormat> format = std::nullopt) {
  // With a format given, a short head: then small inputs, too, are scanned in as many pieces as there are reads.
  const std::size_t head = format ? kByteOrderMark.size() : kHeadBytes;
  StreamCutter cutter(stream, split_size, max_document, parse_documents_path(path), format, head);
  Cut all;
  RecordBatch batch;
  while (cutter.next(batch)) {
    for (const Record& record : batch.records) {
      EXPECT_LE(record.begin + record.size, batch.bytes.size());
      all.texts.emplace_back(batch.text(record));
      all.records.push_back(record);
    }
    all.spans.emplace_back(batch.begin, batch.end);
    all.most_bytes = std::max(all.most_bytes, batch.bytes.size());
  }
  all.documents = cutter.documents();
  all.top_level_values = cutter.top_level_values();
  return all;
}

Cut cut(const std::string& text, const std::string& path = "$", std::uint64_t max_document = kNoLimit,
        std::optional<RecordFormat> format = std::nullopt) {
  MemoryStream stream(text, [] { return 1 << 20; });
  return cut(stream, 1 << 20, path, max_document, format);
}

std::vector<std::string> faulty(const Cut& all, RecordFault fault) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < all.records.size(); ++i) {
    if (all.records[i].fault == fault) texts.push_back(all.texts[i]);
  }
  return texts;
}

void expect_touching(const Cut& all, std::uint64_t size) {
  std::uint64_t at = 0;
  for (const auto& [begin, end] : all.spans) {
    EXPECT_EQ(begin, at);
    EXPECT_LE(begin, end);
    at = end;
  }
  EXPECT_EQ(at, size);
}

/// What a file holds and what is to be found in it.
struct Input {
  std::string text;
  std::vector<std::string> documents;
  std::string path = "$";

  void add_document(std::string document) {
    text += document;
    documents.push_back(std::move(document));
  }
};

Input lines(RandomJson& json) {
  Input input;
  for (std::size_t i = json.below(20); i != 0; --i) {
    input.text += json.space(false);
    input.add_document(json.object(3, false));
    input.text += json.one_in(4) ? "\r\n" : json.one_in(4) ? " \n\n" : "\n";
  }
  return input;
}

Input sequence(RandomJson& json) {
  Input input;
  for (std::size_t i = json.below(20); i != 0; --i) {
    input.text += json.space(true);
    input.add_document(json.one_in(5) ? json.array(3, true) : json.object(3, true));
  }
  input.text += json.space(true);
  return input;
}

Input array(RandomJson& json) {
  Input input;
  input.text = json.space(true) + "[";
  for (std::size_t i = 0, n = json.below(20); i != n; ++i) {
    input.text += (i == 0 ? "" : ",") + json.space(true);
    input.add_document(json.value(3, true));
    input.text += json.space(true);
  }
  input.text += "]" + json.space(true);
  return input;
}

Input inside_object(RandomJson& json) {
  Input input;
  input.path = "$.data['the rows'][*]";
  for (std::size_t tops = json.below(3) + 1; tops != 0; --tops) {
    input.text += R"({"other":)" + json.value(3, true) + R"(, "d\u0061ta" : {"the rows!":[{}],"x":)" + json.value(2, true) +
                  R"(,"the rows":[)";
    for (std::size_t i = 0, n = json.below(8); i != n; ++i) {
      if (i != 0) input.text += ",";
      input.text += json.space(true);
      input.add_document(json.value(3, true));
      input.text += json.space(true);
    }
    input.text += R"(]},"data":7,"after":)" + json.value(3, true) + "}" + json.space(true);
  }
  return input;
}

struct Form {
  const char* name;
  Input (*make)(RandomJson&);
  RecordFormat format;
};

class Forms : public testing::TestWithParam<Form> {};

TEST_P(Forms, EveryDocumentIsFoundAtItsPlaceWhateverTheSplitsAndReads) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomJson json(seed);
    Input input = GetParam().make(json);
    if (json.one_in(3)) input.text.insert(0, kByteOrderMark);
    const std::size_t split_size = json.one_in(4) ? 1 : std::size_t{1} << json.below(20);
    const std::size_t chunk = json.one_in(3) ? 1 : json.below(300) + 1;
    MemoryStream stream(input.text, [&] { return chunk == 1 ? 1 : json.below(chunk) + 1; });
    const Cut all = cut(stream, split_size, input.path, kNoLimit, GetParam().format);

    ASSERT_EQ(all.texts, input.documents) << "seed " << seed << " split " << split_size << "\n" << input.text;
    expect_touching(all, input.text.size());
    EXPECT_EQ(all.documents, input.documents.size());
    for (std::size_t i = 0; i < all.records.size(); ++i) {
      const Record& record = all.records[i];
      EXPECT_EQ(record.fault, RecordFault::none);
      EXPECT_EQ(record.source_size, all.texts[i].size());
      EXPECT_EQ(input.text.substr(record.offset, record.size), all.texts[i]);
      EXPECT_EQ(record.line,
                1 + std::count(input.text.begin(), input.text.begin() + static_cast<std::ptrdiff_t>(record.offset), '\n'));
    }
  }
}

TEST_P(Forms, TheCutsDependOnTheSplitSizeAlone) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    RandomJson json(seed);
    const Input input = GetParam().make(json);
    const std::size_t split_size = std::size_t{1} << json.below(12);
    MemoryStream whole(input.text, [] { return 1 << 20; });
    MemoryStream bytes(input.text, [] { return 1; });
    const Cut one = cut(whole, split_size, input.path, kNoLimit, GetParam().format);
    const Cut other = cut(bytes, split_size, input.path, kNoLimit, GetParam().format);
    EXPECT_EQ(one.spans, other.spans) << "seed " << seed << " split " << split_size;
    for (std::size_t i = 0; i + 1 < one.spans.size(); ++i) {
      const auto [begin, end] = one.spans[i];
      const auto inside = std::ranges::count_if(
          one.records, [&](const Record& record) { return record.offset >= begin && record.offset < end; });
      EXPECT_TRUE(end - begin <= split_size || inside == 1);
    }
  }
}

TEST_P(Forms, ATruncatedSourceKeepsWhatIsWholeAndSaysThatItIsTruncated) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    RandomJson json(seed);
    const Input input = GetParam().make(json);
    if (input.documents.empty()) continue;
    const std::size_t last_byte = input.text.find_last_not_of(" \t\r\n");
    const std::size_t size = json.below(last_byte + 1);
    const Cut all = cut(input.text.substr(0, size), input.path, kNoLimit, GetParam().format);
    const std::vector<std::string> whole = faulty(all, RecordFault::none);
    ASSERT_LE(whole.size(), input.documents.size());
    for (std::size_t i = 0; i + 1 < whole.size(); ++i)
      EXPECT_EQ(whole[i], input.documents[i]);  // the last may be a number cut short
    EXPECT_LE(faulty(all, RecordFault::truncated).size(), 1U);
    const bool inside = GetParam().make == array && size > input.text.find('[');
    EXPECT_GE(faulty(all, RecordFault::truncated).size(), inside ? 1U : 0U);
    expect_touching(all, size);
  }
}

TEST_P(Forms, DocumentsThatAreTooLargeAreReportedAndTheOthersKept) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    RandomJson json(seed);
    const Input input = GetParam().make(json);
    constexpr std::uint64_t kMost = 60;
    MemoryStream stream(input.text, [&] { return json.below(40) + 1; });
    const Cut all = cut(stream, std::size_t{1} << json.below(12), input.path, kMost, GetParam().format);
    ASSERT_EQ(all.records.size(), input.documents.size());
    expect_touching(all, input.text.size());
    for (std::size_t i = 0; i < all.records.size(); ++i) {
      const std::string& document = input.documents[i];
      if (all.records[i].fault == RecordFault::too_large) {
        EXPECT_GT(all.records[i].source_size, kMost);
        EXPECT_EQ(all.texts[i], input.text.substr(all.records[i].offset, kMost));
      } else {
        EXPECT_LE(document.size(), kMost);
        EXPECT_EQ(all.texts[i], document);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(StreamCutter, Forms,
                         testing::Values(Form{"lines", lines, RecordFormat::newline_delimited},
                                         Form{"sequence", sequence, RecordFormat::sequence},
                                         Form{"array", array, RecordFormat::array},
                                         Form{"path", inside_object, RecordFormat::sequence}),
                         [](const auto& info) { return info.param.name; });

TEST(StreamCutter, NothingAndWhiteSpaceHoldNoDocument) {
  for (const char* text : {"", " ", "\n\n \r\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"}) {
    const Cut all = cut(text);
    EXPECT_TRUE(all.records.empty()) << text;
    expect_touching(all, std::string_view(text).size());
  }
}

TEST(StreamCutter, TheLastLineNeedsNoLineBreak) {
  EXPECT_THAT(cut("{\"a\":1}\n{\"b\":2}").texts, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(StreamCutter, ABrokenLineIsARecordLikeAnyOther) {
  const Cut all = cut("{\"a\":1}\n{\"b\":[}\nrubbish }\n{\"c\":3}\n{\"d\":4}\n{\"e\":5}\n");
  EXPECT_THAT(all.texts, ElementsAre("{\"a\":1}", "{\"b\":[}", "rubbish }", "{\"c\":3}", "{\"d\":4}", "{\"e\":5}"));
  EXPECT_EQ(faulty(all, RecordFault::none).size(), 6U);
}

TEST(StreamCutter, DocumentsWithoutAnySeparator) {
  EXPECT_THAT(cut("{\"a\":1}{\"b\":\"}{\"}[1]{}").texts, ElementsAre("{\"a\":1}", "{\"b\":\"}{\"}", "[1]", "{}"));
}

TEST(StreamCutter, DocumentsThatShareALineAreRecordsOfTheirOwn) {
  EXPECT_THAT(cut("{\"a\":1} {\"b\":2}\n{\"c\":3}\n").texts, ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
}

TEST(StreamCutter, RecordSeparatorsOfRfc7464) {
  EXPECT_THAT(cut("\x1E{\"a\":1}\n\x1E{\"b\":2}\n").texts, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(StreamCutter, GarbageBetweenDocumentsIsARecordOfItsOwn) {
  const Cut all = cut("{\"a\":1}{\"b\":2}} , words \n{\"c\":3},[4]]");
  EXPECT_THAT(faulty(all, RecordFault::garbage), ElementsAre("} , words", ",", "]"));
  EXPECT_THAT(faulty(all, RecordFault::none), ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}", "[4]"));
  EXPECT_EQ(all.documents, 4U);
}

TEST(StreamCutter, GarbageInAnArrayAndMissingCommas) {
  const Cut all = cut("[\n{\"a\":1} {\"b\":2},, : } {\"c\":3}\n]");
  EXPECT_THAT(faulty(all, RecordFault::garbage), ElementsAre("", ",", ": }"));
  EXPECT_THAT(faulty(all, RecordFault::none), ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
  EXPECT_EQ(all.documents, 3U);
}

TEST(StreamCutter, EachSurplusOrMissingCommaOfAnArrayIsARecordAtItsPlace) {
  const std::string text = "[,{\"a\":1}{\"b\":2},,,[]\n3,\n]";
  for (const std::uint64_t split_size : {std::uint64_t{1}, std::uint64_t{1} << 20}) {
    MemoryStream stream(text, [] { return 1; });
    const Cut all = cut(stream, split_size, "$", kNoLimit, RecordFormat::array);
    EXPECT_THAT(faulty(all, RecordFault::none), ElementsAre("{\"a\":1}", "{\"b\":2}", "[]", "3"));
    std::vector<std::uint64_t> offsets;
    for (const Record& record : all.records) {
      if (record.fault == RecordFault::garbage) offsets.push_back(record.offset);
    }
    EXPECT_THAT(offsets, ElementsAre(1, 9, 17, 18, 22));
    expect_touching(all, text.size());
  }
}

TEST(StreamCutter, CommasOfArraysInsideArraysAreTakenApart) {
  const Cut all = cut("[[1,2],[],[3],[4 5] [6]]", "$[*][*]");
  EXPECT_THAT(all.texts, ElementsAre("1", "2", "3", "4", "", "5", "", "6"));
}

TEST(StreamCutter, BytesBehindAnArrayAreARecordOfTheirOwn) {
  const Cut all = cut("[{\"a\":1},{\"b\":2}] ; oops\n");
  EXPECT_THAT(faulty(all, RecordFault::none), ElementsAre("{\"a\":1}", "{\"b\":2}"));
  EXPECT_THAT(faulty(all, RecordFault::garbage), ElementsAre("; oops"));
}

struct Broken {
  const char* name;
  const char* document;
};

class BrokenDocuments : public testing::TestWithParam<Broken> {
 protected:
  /// Documents 1 to 3, of which the second is broken, each followed by `between`.
  static std::string text(const std::string& front, const std::string& between) {
    return front + "{\"a\":1}" + between + GetParam().document + between + "{\"c\":3,\n\"s\":\"\\\"{\"}" + between +
           "{\"d\":4}";
  }

  static void expect_one_lost(const std::string& text, const std::string& path, RecordFormat format,
                              const std::string& behind = "") {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
      MemoryStream stream(text, [&] { return chunk; });
      const Cut all = cut(stream, 30, path, kNoLimit, format);
      EXPECT_THAT(all.texts,
                  ElementsAre("{\"a\":1}", GetParam().document + behind, "{\"c\":3,\n\"s\":\"\\\"{\"}", "{\"d\":4}"))
          << chunk << text;
      EXPECT_EQ(faulty(all, RecordFault::none).size(), 4U);
      expect_touching(all, text.size());
    }
  }
};

TEST_P(BrokenDocuments, OfASequenceEndBeforeTheNextLine) {
  for (const char* line_break : {"\n", "\r\n", "\n \n\n"})
    expect_one_lost(text("", line_break), "$", RecordFormat::sequence);
}

TEST_P(BrokenDocuments, OnTheLinesOfAnArray) {
  if (std::string_view(GetParam().name) == "bracket") return;  // what follows `,\n` may be inside of it
  expect_one_lost(text("[\n", ",\n") + "]", "$", RecordFormat::array, ",");
  expect_one_lost(text("{\"rows\":[\n", ",\n") + "]}", "$.rows[*]", RecordFormat::sequence, ",");
}

TEST_P(BrokenDocuments, InsideTheValuesOfASequence) {
  if (std::string_view(GetParam().name) == "bracket") return;  // it takes brackets around it for its own
  const std::string between = "]}\n{\"rows\":[";
  expect_one_lost(text("{\"rows\":[", between) + "]}", "$.rows[*]", RecordFormat::sequence, "]}");
}

INSTANTIATE_TEST_SUITE_P(StreamCutter, BrokenDocuments,
                         testing::Values(Broken{"string", "{\"b\":2,\"s\":\"x"}, Broken{"quote", "{\"b\":2,\"s\":\"x\"y\"}"},
                                         Broken{"escape", "{\"b\":[{\"s\":\"x\\\"}]}"}, Broken{"bracket", "{\"b\":[2,[3}"}),
                         [](const auto& info) { return info.param.name; });

TEST(StreamCutter, AValueThatLostItsEndIsFollowedByTheNextOnItsOwnLine) {
  const Cut array = cut("{\"rows\":[{\"a\":1},{\"b\":[}]}\n{\"rows\":[{\"c\":3}]}\n", "$.rows[*]");
  EXPECT_THAT(array.texts, ElementsAre("{\"a\":1}", "{\"b\":[}]", "}", "", "{\"c\":3}"));
  const Cut object = cut("{\"row\":{\"a\":1}\n{\"row\":{\"b\":2}}\n", "$.row");
  EXPECT_THAT(object.texts, ElementsAre("{\"a\":1}", "", "{\"b\":2}"));
  EXPECT_EQ(object.top_level_values, 2U);
}

TEST(StreamCutter, AValueBesideThePathThatIsBrokenIsGarbageOnce) {
  const Cut all = cut("{\"x\":{\"s\":\"},\"rows\":[1]}\n{\"x\":{},\"rows\":[2]}", "$.rows[*]");
  EXPECT_THAT(all.texts, ElementsAre("", "2"));
  EXPECT_EQ(faulty(all, RecordFault::garbage).size(), 1U);
}

TEST(StreamCutter, ObjectsAtLineStartsInsideADocumentAreNoneOfTheirOwn) {
  const std::string document = "{\"a\":\n{\"b\":[\n{\"c\":1},\n{\"c\":2}\n,\r\n \n{\"c\":3}]}}";
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}, std::size_t{1} << 20}) {
    MemoryStream stream(document + "\n" + document, [&] { return chunk; });
    EXPECT_THAT(cut(stream, 1, "$", kNoLimit, RecordFormat::sequence).texts, ElementsAre(document, document));
  }
}

TEST(StreamCutter, GarbageInTheObjectAroundTheDocuments) {
  const Cut all = cut("{\"a\" 5 \"rows\":[1,2] ] \"x\":3}", "$.rows[*]");
  EXPECT_THAT(faulty(all, RecordFault::garbage), ElementsAre("5", "]"));
  EXPECT_THAT(faulty(all, RecordFault::none), ElementsAre("1", "2"));
}

TEST(StreamCutter, ScalarsAreElementsOfAnArray) {
  EXPECT_THAT(cut("[1,\"a]\",null,[2],{}]").texts, ElementsAre("1", "\"a]\"", "null", "[2]", "{}"));
}

TEST(StreamCutter, MembersOfAnObjectAreDocumentsToo) {
  EXPECT_THAT(cut("{\"x\":{\"a\":{\"n\":1},\"b\":2,\"c\":[3]}}", "$.x[*]").texts, ElementsAre("{\"n\":1}", "2", "[3]"));
}

TEST(StreamCutter, NamesAreComparedUnescaped) {
  EXPECT_THAT(cut(R"({"st\u0061tuses":[1],"statuses\u0000":[2],"\ud83d\ude0b":[3]})", "$.statuses[*]").texts,
              ElementsAre("1"));
  EXPECT_THAT(cut("{\"\\ud83d\\ude0b\":[3]}", "$['\xF0\x9F\x98\x8B'][*]").texts, ElementsAre("3"));
  EXPECT_THAT(cut(R"({"a\"b":[1],"a":[2]})", R"($['a"b'][*])").texts, ElementsAre("1"));
}

TEST(StreamCutter, APathThatLeadsNowhereFindsNothingAndSaysSo) {
  const Cut all = cut("{\"a\":[1]}\n{\"a\":[2]}\n", "$.b[*]");
  EXPECT_TRUE(all.records.empty());
  EXPECT_EQ(all.top_level_values, 2U);
  EXPECT_EQ(all.documents, 0U);
}

TEST(StreamCutter, ASourceThatEndsBetweenElementsIsTruncated) {
  const Cut all = cut("{\"rows\":[{\"a\":1},", "$.rows[*]");
  ASSERT_EQ(all.records.size(), 2U);
  EXPECT_EQ(all.records[1].fault, RecordFault::truncated);
  EXPECT_EQ(all.records[1].offset, 17U);
  EXPECT_EQ(all.texts[1], "");
  EXPECT_EQ(all.documents, 1U);
}

TEST(StreamCutter, ASourceThatEndsBesideThePathIsTruncated) {
  EXPECT_EQ(faulty(cut("{\"other\":[1,2", "$.rows[*]"), RecordFault::truncated).size(), 1U);
  EXPECT_EQ(faulty(cut("{\"other", "$.rows[*]"), RecordFault::truncated).size(), 1U);
}

TEST(StreamCutter, ALastLineThatIsCutOffIsTruncated) {
  EXPECT_THAT(faulty(cut("{\"a\":1}\n{\"b\":\"x}"), RecordFault::truncated), ElementsAre("{\"b\":\"x}"));
}

TEST(StreamCutter, CompressedInputIsRefusedWithTheNameOfTheSource) {
  try {
    cut("\x1F\x8B\x08 and so on");
    FAIL() << "gzip went in";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::source);
    EXPECT_EQ(error.source, "memory:/x");
    EXPECT_STREQ(error.what(), "cannot read x.json: it looks like a gzip file, not JSON in UTF-8");
  }
}

constexpr std::size_t kHuge = 200;  // MiB

TEST(StreamCutter, OneDocumentOfAnySizeIsNeverHeldWhole) {
  const std::string mebibyte = "\"" + std::string((1 << 20) - 2, 'x') + "\"";
  GeneratedStream stream([&](std::size_t i) -> std::string {
    if (i == 0) return "{\"a\":1}{\"b\":[";
    if (i <= kHuge) return mebibyte;
    return i == kHuge + 1 ? "]}{\"c\":3}" : "";
  });
  const Cut all = cut(stream, 1 << 20, "$", 4 << 20);
  ASSERT_EQ(all.records.size(), 3U);
  EXPECT_EQ(all.records[1].fault, RecordFault::too_large);
  EXPECT_EQ(all.records[1].source_size, kHuge * (1 << 20) + 8);
  EXPECT_EQ(all.records[1].size, kKeptOfTooLarge);
  EXPECT_EQ(all.texts[2], "{\"c\":3}");
  EXPECT_EQ(all.records[2].offset, 7 + all.records[1].source_size);
  EXPECT_LT(all.most_bytes, std::size_t{8} << 20);
}

TEST(StreamCutter, OneObjectOfAnySizeStreamsItsDocuments) {
  const std::string part = "\"beside\":[" + std::string(1 << 20, ' ') + "],\"rows\":[{\"a\":1},{\"b\":2}],";
  GeneratedStream stream([&](std::size_t i) -> std::string {
    return i == 0 ? "{" : i <= kHuge ? part : i == kHuge + 1 ? "\"end\":0}" : "";
  });
  const Cut all = cut(stream, 4 << 20, "$.rows[*]");
  EXPECT_EQ(all.records.size(), 2 * kHuge);
  EXPECT_EQ(faulty(all, RecordFault::none).size(), 2 * kHuge);
  EXPECT_LT(all.most_bytes, std::size_t{8} << 20);
}

TEST(StreamCutter, WhatLiesBetweenLargeDocumentsIsNotHeld) {
  constexpr std::size_t kDocuments = 40;
  const std::string gap(200'000, ' ');
  const std::string filling(300'000, 'x');
  GeneratedStream stream([&](std::size_t i) -> std::string {
    return i == kDocuments ? "" : gap + "{\"n\":" + std::to_string(i) + ",\"x\":\"" + filling + "\"}";
  });
  StreamCutter cutter(stream, 1 << 30, kNoLimit, {}, RecordFormat::sequence, kByteOrderMark.size());
  RecordBatch batch;
  ASSERT_TRUE(cutter.next(batch));
  ASSERT_EQ(batch.records.size(), kDocuments);
  for (std::size_t i = 0; i < kDocuments; ++i) {
    EXPECT_EQ(batch.text(batch.records[i]), "{\"n\":" + std::to_string(i) + ",\"x\":\"" + filling + "\"}");
  }
  EXPECT_LT(batch.bytes.size(), kDocuments * 320'000);
}

TEST(StreamCutter, NestingOfAnyDepthIsFollowed) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_THAT(cut("{\"a\":1}" + deep + "{}").texts, ElementsAre("{\"a\":1}", deep, "{}"));
}

}  // namespace
}  // namespace pgfeed
