#include "record/line_cutter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "memory_source.hpp"
#include "random_json.hpp"
#include "record/line_index.hpp"

namespace pgfeed {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kNoLimit = 1 << 30;

std::vector<Span> spans_of(const MemoryAccess& file, std::uint64_t size, std::uint64_t split_size) {
  LineCutter cutter(file, size, split_size);
  std::vector<Span> spans;
  for (Span span; cutter.next(span);) spans.push_back(span);
  return spans;
}

std::vector<std::string> records_of(const std::string& text, std::uint64_t max_document = kNoLimit) {
  RecordBatch batch;
  read_span(MemoryAccess(text), {0, text.size()}, batch, max_document);
  std::vector<std::string> texts;
  for (const Record& record : batch.records) texts.emplace_back(batch.text(record));
  return texts;
}

TEST(LineCutter, EveryLineIsInOneSpanAtItsPlaceWhateverTheSplitSize) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomJson json(seed);
    std::string text = json.one_in(3) ? "\xEF\xBB\xBF" : "";
    std::vector<std::string> documents;
    for (std::size_t i = json.below(30); i != 0; --i) {
      documents.push_back(json.object(3, false));
      text += json.space(false) + documents.back() +
              (i == 1 && json.one_in(2) ? ""
               : json.one_in(4)         ? "\r\n"
               : json.one_in(4)         ? "\n \n"
                                        : "\n");
    }
    const std::size_t split_size = std::size_t{1} << json.below(14);
    const MemoryAccess file(text);
    LineIndex index(file);
    RecordBatch batch;
    std::vector<std::string> found;
    std::uint64_t at = 0;
    for (const Span& span : spans_of(file, text.size(), split_size)) {
      EXPECT_EQ(span.begin, at);
      at = span.end;
      EXPECT_TRUE(at == text.size() || text[at - 1] == '\n');
      const bool one_line = text.find('\n', span.begin) >= span.end - 1;
      EXPECT_TRUE(span.end - span.begin <= split_size || one_line);
      read_span(file, span, batch, kNoLimit);
      EXPECT_EQ(batch.begin, span.begin);
      EXPECT_EQ(batch.end, span.end);
      const std::int64_t first_line = index.line_at(span.begin);
      for (const Record& record : batch.records) {
        found.emplace_back(batch.text(record));
        EXPECT_EQ(text.substr(record.offset, record.size), found.back());
        EXPECT_EQ(first_line + record.line - 1,
                  1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(record.offset), '\n'));
      }
    }
    EXPECT_EQ(at, text.size());
    ASSERT_EQ(found, documents) << "seed " << seed;
  }
}

TEST(LineCutter, SpansAreAsLongAsTheSplitSizeAllows) {
  const std::string text = "aaa\nbb\nc\ndddddd\n\ne";
  const MemoryAccess file(text);
  EXPECT_THAT(spans_of(file, text.size(), 9), ElementsAre(Span{0, 9}, Span{9, 18}));
  EXPECT_THAT(spans_of(file, text.size(), 8), ElementsAre(Span{0, 7}, Span{7, 9}, Span{9, 17}, Span{17, 18}));
  EXPECT_THAT(spans_of(file, text.size(), 100), ElementsAre(Span{0, 18}));
  EXPECT_TRUE(spans_of(file, 0, 100).empty());
}

TEST(LineCutter, CutsWhatIsLeftOfASource) {
  const MemoryAccess file("aaa\nbb\nc\ndd\n");
  LineCutter cutter(file, Span{4, 9}, 3);
  Span span;
  ASSERT_TRUE(cutter.next(span));
  EXPECT_EQ(span, (Span{4, 7}));
  ASSERT_TRUE(cutter.next(span));
  EXPECT_EQ(span, (Span{7, 9}));
  EXPECT_FALSE(cutter.next(span));
}

TEST(LineCutter, ReadsOnlyNearTheCuts) {
  std::string text;
  while (text.size() < (8 << 20)) text += std::string(500, 'x') + "\n";
  const MemoryAccess file(text);
  EXPECT_EQ(spans_of(file, text.size(), 1 << 20).size(), 9U);
  EXPECT_LE(file.bytes_read, 8U * 64 * 1024);
}

TEST(LineCutter, ALineLongerThanTheSplitSizeIsASpanOfItsOwn) {
  const std::string text = "a\n" + std::string(3 << 20, 'x') + "\nb\n";
  const MemoryAccess file(text);
  EXPECT_THAT(spans_of(file, text.size(), 100'000),
              ElementsAre(Span{0, 2}, Span{2, (3 << 20) + 3}, Span{(3 << 20) + 3, text.size()}));
}

TEST(LineCutter, AFileThatBecameShorterIsAnError) {
  const MemoryAccess file("a\nb\n");
  Span span;
  EXPECT_THROW(LineCutter(file, 1000, 100).next(span), Error);
  RecordBatch batch;
  EXPECT_THROW(read_span(file, {0, 1000}, batch, kNoLimit), Error);
}

TEST(ReadSpan, LinesThatAreTooLargeAreKeptInPartAndTheOthersWhole) {
  const std::string large(5 << 20, 'x');
  const std::string text = "first\n" + large + "\nsecond\n" + large;
  RecordBatch batch;
  read_span(MemoryAccess(text), {0, text.size()}, batch, 1 << 20);
  ASSERT_EQ(batch.records.size(), 4U);
  EXPECT_EQ(batch.text(batch.records[0]), "first");
  EXPECT_EQ(batch.text(batch.records[2]), "second");
  for (const std::size_t i : {1U, 3U}) {
    EXPECT_EQ(batch.records[i].fault, RecordFault::too_large);
    EXPECT_EQ(batch.records[i].source_size, large.size());
    EXPECT_EQ(batch.text(batch.records[i]), large.substr(0, kKeptOfTooLarge));
  }
  EXPECT_EQ(batch.records[2].line, 3);
  EXPECT_LT(batch.bytes.size(), std::size_t{4} << 20);
}

TEST(ReadSpan, ALineOfExactlyTheLimitIsWhole) {
  const std::string exact(1000, 'x');
  EXPECT_THAT(records_of(exact + "\ny\n", 1000), ElementsAre(exact, "y"));
  EXPECT_EQ(records_of(exact + "x\ny\n", 1000)[0].size(), 1000U);
}

TEST(ReadSpan, WhiteSpaceAroundALineDoesNotCount) {
  const std::string exact(1000, 'x');
  EXPECT_THAT(records_of(exact + "\r\ny\r\n", 1000), ElementsAre(exact, "y"));
  EXPECT_THAT(records_of(std::string(5000, ' ') + exact + " \t\r\n" + std::string(5000, ' ') + "\ny", 1000),
              ElementsAre(exact, "y"));
}

TEST(ReadSpan, WhiteSpaceAroundALineDoesNotCountWhereAPieceEnds) {
  constexpr std::size_t kPiece = 256 * 1024;
  for (std::size_t extra = 0; extra < 4; ++extra) {
    const std::string exact(kPiece - 2 + extra, 'x');
    EXPECT_THAT(records_of(exact + " \r\ny", exact.size()), ElementsAre(exact, "y"));
    EXPECT_THAT(records_of(" \t" + exact + "\r\ny", exact.size()), ElementsAre(exact, "y"));
  }
}

TEST(ReadSpan, ManyBlanksBehindALineAreNotHeld) {
  const std::string text = "y\n{}" + std::string(5 << 20, ' ') + "\n{}";
  RecordBatch batch;
  read_span(MemoryAccess(text), {0, text.size()}, batch, 1000);
  ASSERT_EQ(batch.records.size(), 3U);
  EXPECT_EQ(batch.records[1].fault, RecordFault::too_large);
  EXPECT_EQ(batch.text(batch.records[2]), "{}");
  EXPECT_LT(batch.bytes.size(), std::size_t{1} << 20);
}

TEST(ReadSpan, BlankLinesAndWhiteSpaceAroundLinesAreNoRecords) {
  EXPECT_THAT(records_of("\n \t\r\n {} \r\n\n[]\n"), ElementsAre("{}", "[]"));
  EXPECT_TRUE(records_of("").empty());
  EXPECT_TRUE(records_of("\xEF\xBB\xBF\n").empty());
}

TEST(ReadSpan, AByteOrderMarkCountsOnlyAtTheFront) {
  EXPECT_THAT(records_of("\xEF\xBB\xBF{}\n\xEF\xBB\xBF[]\n"), ElementsAre("{}", "\xEF\xBB\xBF[]"));
}

TEST(ReadSpan, ALastLineThatIsCutOffIsTruncated) {
  const std::string text = "{\"a\":1}\n{\"b\":[2}";
  RecordBatch batch;
  read_span(MemoryAccess(text), {0, text.size()}, batch, kNoLimit);
  ASSERT_EQ(batch.records.size(), 2U);
  EXPECT_EQ(batch.records[0].fault, RecordFault::none);
  EXPECT_EQ(batch.records[1].fault, RecordFault::truncated);
}

TEST(ReadSpan, PaddingMayBeReadBehindTheLastRecord) {
  RecordBatch batch;
  read_span(MemoryAccess("{}"), {0, 2}, batch, kNoLimit);
  const char* end = batch.bytes.data() + batch.bytes.size();
  volatile char last = 0;
  for (std::size_t i = 0; i < PaddedBytes::kPadding; ++i) last = end[i];  // the address sanitizer watches
  EXPECT_EQ(batch.text(batch.records[0]), "{}");
  (void)last;
}

TEST(LineIndex, FindsTheLineOfAnyOffsetInAnyOrder) {
  std::string text;
  RandomJson random(7);
  while (text.size() < (5 << 20)) text += std::string(random.below(5000), 'x') + "\n";
  const MemoryAccess file(text);
  LineIndex index(file);
  for (int i = 0; i < 60; ++i) {
    const std::size_t offset = random.below(text.size());
    EXPECT_EQ(index.line_at(offset), 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
  }
  EXPECT_EQ(index.line_at(0), 1);
  EXPECT_EQ(index.line_at(text.size() + 10), 1 + std::count(text.begin(), text.end(), '\n'));
}

TEST(LineIndex, ReadsNoByteTwiceOnTheWayForward) {
  const std::string text(10 << 20, '\n');
  const MemoryAccess file(text);
  LineIndex index(file);
  for (std::size_t offset = 0; offset < text.size(); offset += 10'000)
    EXPECT_EQ(index.line_at(offset), static_cast<std::int64_t>(offset) + 1);
  EXPECT_LE(file.bytes_read, text.size());
}

}  // namespace
}  // namespace pgfeed
