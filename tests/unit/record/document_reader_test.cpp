#include "record/document_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgfeed {
namespace {

/// A document with the padding that the reader asks for.
class Padded {
 public:
  explicit Padded(std::string text) : size_(text.size()), text_(std::move(text)) {
    text_.append(DocumentReader::kPadding, '}');
  }
  std::string_view view() const { return std::string_view(text_).substr(0, size_); }

 private:
  std::size_t size_;
  std::string text_;
};

/// `$.id` (slot 0), `$.user` (slot 1, whole) with `$.user.name` (slot 2), `$` (slot 3, whole), `$.tags[*]` (scope 1:
/// the element in slot 0, its `.text` in slot 1), `$.tags[0]` (slot 4), `$.orders[*].items[*]` (scopes 2 and 3: `.id`
/// and `.sku`), `$.counts[*]` (scope 4, slot 0) with `$.counts.x` (slot 5).
Projection sample() {
  Projection p;
  p.nodes.resize(14);
  p.nodes[0].fields = {{"id", 1}, {"user", 2}, {"tags", 4}, {"orders", 8}, {"counts", 11}};
  p.nodes[0].slot = 3;
  p.nodes[1].slot = 0;
  p.nodes[2].slot = 1;
  p.nodes[2].fields = {{"name", 3}};
  p.nodes[3].slot = 2;
  p.nodes[4].each = 1;
  p.nodes[4].indexes = {{0, 5}};
  p.nodes[5].slot = 4;
  p.nodes[6].slot = 0;
  p.nodes[6].fields = {{"text", 7}};
  p.nodes[7].slot = 1;
  p.nodes[8].each = 2;
  p.nodes[9].fields = {{"id", 10}, {"items", 12}};
  p.nodes[10].slot = 0;
  p.nodes[11].each = 4;
  p.nodes[11].fields = {{"x", 13}};
  p.nodes[12].each = 3;
  p.nodes[13].slot = 5;
  p.scopes = {{-1, 0, 6}, {0, 6, 2}, {0, 9, 1}, {2, 14, 1}, {0, 16, 1}};
  p.nodes.resize(17);
  p.nodes[14].fields = {{"sku", 15}};
  p.nodes[15].slot = 0;
  p.nodes[16].slot = 0;
  return p;
}

class DocumentReaderTest : public testing::Test {
 protected:
  ReadFault read(const std::string& text) {
    document_ = std::make_unique<Padded>(text);
    const ReadResult result = reader_.read(document_->view());
    consumed_ = result.consumed;
    return result.fault;
  }
  const Value& at(int scope, std::size_t element, int slot) const { return reader_.document().value(scope, element, slot); }
  std::string text(int scope, std::size_t element, int slot) const { return std::string(at(scope, element, slot).text()); }

  Projection projection_ = sample();
  DocumentReader reader_{projection_, 512};
  std::unique_ptr<Padded> document_;
  std::size_t consumed_ = 0;
};

TEST_F(DocumentReaderTest, TakesScalarsObjectsAndTheWhole) {
  ASSERT_EQ(read(R"( {"x": [{"y":[1]}], "id" : 12 , "user" :{"name":"A\u00e9\ud83d\ude00", "n":null}  , "z":1} )"),
            ReadFault::none);
  EXPECT_EQ(text(0, 0, 0), "12");
  EXPECT_EQ(at(0, 0, 0).kind, ValueKind::number);
  EXPECT_EQ(text(0, 0, 1), R"({"name":"A\u00e9\ud83d\ude00", "n":null})");
  EXPECT_EQ(at(0, 0, 1).kind, ValueKind::json);
  EXPECT_EQ(text(0, 0, 2), "Aé😀");
  EXPECT_EQ(text(0, 0, 3), R"({"x": [{"y":[1]}], "id" : 12 , "user" :{"name":"A\u00e9\ud83d\ude00", "n":null}  , "z":1})");
}

TEST_F(DocumentReaderTest, MissingNullAndWrongKindsAreTold) {
  ASSERT_EQ(read(R"({"id":null,"user":[1,2]})"), ReadFault::none);
  EXPECT_EQ(at(0, 0, 0).kind, ValueKind::null);
  EXPECT_EQ(at(0, 0, 1).kind, ValueKind::json);
  EXPECT_EQ(at(0, 0, 2).kind, ValueKind::missing);
  EXPECT_EQ(reader_.document().elements(1), 0U);
}

TEST_F(DocumentReaderTest, ExplodesArraysAndKeepsIndexedElements) {
  ASSERT_EQ(read(R"({"tags":[{"text":"a"},{"text":"b"},"c"]})"), ReadFault::none);
  ASSERT_EQ(reader_.document().elements(1), 3U);
  EXPECT_EQ(text(1, 0, 1), "a");
  EXPECT_EQ(text(1, 1, 0), R"({"text":"b"})");
  EXPECT_EQ(text(1, 2, 0), "c");
  EXPECT_EQ(at(1, 2, 1).kind, ValueKind::missing);
  EXPECT_EQ(reader_.document().element(1, 2).position, 2U);
  EXPECT_EQ(text(0, 0, 4), R"({"text":"a"})");
}

TEST_F(DocumentReaderTest, NestedElementsKnowTheirParent) {
  ASSERT_EQ(read(R"({"orders":[{"items":[{"sku":1},{"sku":2}],"id":"o1"},{"id":"o2"},{"id":"o3","items":[{"sku":3}]}]})"),
            ReadFault::none);
  ASSERT_EQ(reader_.document().elements(2), 3U);
  ASSERT_EQ(reader_.document().elements(3), 3U);
  EXPECT_EQ(reader_.document().element(3, 1).parent, 0U);
  EXPECT_EQ(reader_.document().element(3, 2).parent, 2U);
  EXPECT_EQ(text(2, 2, 0), "o3");
  EXPECT_EQ(text(3, 2, 0), "3");
}

TEST_F(DocumentReaderTest, AnObjectAsAMapGivesItsKeys) {
  ASSERT_EQ(read(R"({"counts":{"a":1,"x":[7],"b\n":2}})"), ReadFault::none);
  ASSERT_EQ(reader_.document().elements(4), 3U);
  EXPECT_EQ(reader_.document().element(4, 2).key, "b\n");
  EXPECT_EQ(text(4, 1, 0), "[7]");
  EXPECT_EQ(text(0, 0, 5), "[7]");
}

TEST_F(DocumentReaderTest, TheLastOfEqualNamesWinsWhole) {
  ASSERT_EQ(read(R"({"id":1,"user":{"name":"old"},"tags":[1,2],"orders":[{"items":[{"sku":1}]}],)"
                 R"("id":2,"user":{},"tags":[3],"orders":[{"items":[{"sku":9},{"sku":8}],"items":[{"sku":7}]}]})"),
            ReadFault::none);
  EXPECT_EQ(text(0, 0, 0), "2");
  EXPECT_EQ(at(0, 0, 2).kind, ValueKind::missing);
  ASSERT_EQ(reader_.document().elements(1), 1U);
  EXPECT_EQ(text(1, 0, 0), "3");
  ASSERT_EQ(reader_.document().elements(3), 1U);
  EXPECT_EQ(text(3, 0, 0), "7");
}

TEST_F(DocumentReaderTest, EscapedNamesAreCompared) {
  ASSERT_EQ(read(R"({"\u0069d":5,"i\"d":6})"), ReadFault::none);
  EXPECT_EQ(text(0, 0, 0), "5");
}

TEST_F(DocumentReaderTest, TellsWhereTheFirstDocumentEnds) {
  ASSERT_EQ(read(R"({"id":1}  {"id":2})"), ReadFault::none);
  EXPECT_EQ(consumed_, 10U);
  ASSERT_EQ(read(R"({"id":1} )"), ReadFault::none);
  EXPECT_EQ(consumed_, 9U);
}

TEST_F(DocumentReaderTest, FaultsAreNamed) {
  EXPECT_EQ(read(R"({"id":1)"), ReadFault::not_json);
  EXPECT_EQ(read(R"({"id":1,})"), ReadFault::not_json);
  EXPECT_EQ(read(R"({"id" 1})"), ReadFault::not_json);
  EXPECT_EQ(read(R"({"user":{"name":"x})"), ReadFault::not_json);
  EXPECT_EQ(read(R"({"id":tru})"), ReadFault::not_json);
  EXPECT_EQ(read("{\"user\":{\"name\":\"a\nb\"}}"), ReadFault::not_json);
  EXPECT_EQ(read("{\"user\":{\"name\":\"\xc3\x28\"}}"), ReadFault::not_utf8);
  EXPECT_EQ(read(R"({"user":{"name":"\ud800"}})"), ReadFault::lone_surrogate);
  EXPECT_EQ(read(R"({"other":"\ud800"})"), ReadFault::none);
  EXPECT_EQ(read("17"), ReadFault::not_a_document);
  EXPECT_EQ(read("?nonsense"), ReadFault::not_json);
}

TEST_F(DocumentReaderTest, DeepNestingIsAFaultWhereverItIs) {
  const auto nested = [](std::size_t depth) {
    return "{\"other\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(read(nested(511)), ReadFault::none);
  EXPECT_EQ(read(nested(512)), ReadFault::too_deep);
  EXPECT_EQ(read(nested(100000)), ReadFault::too_deep);
  EXPECT_EQ(read("{\"other\":\"" + std::string(1000, '[') + "\"}"), ReadFault::none);
}

TEST_F(DocumentReaderTest, WhatIsBrokenBehindADocumentIsNotItsFault) {
  for (const char* behind : {"{\"id\":\"x", "\xFF", " {\"id\":\"\xFF\"}", "\"\x01\""}) {
    const Padded both(std::string("{\"id\":1}") + behind);
    const ReadResult result = reader_.read(both.view());
    EXPECT_EQ(result.fault, ReadFault::none) << behind;
    EXPECT_EQ(result.consumed, 8U) << behind;
    EXPECT_EQ(reader_.document().value(0, 0, 0).text(), "1");
  }
  EXPECT_EQ(read("{\"id\":\"\xFF\"}{\"id\":1}"), ReadFault::not_utf8);
}

}  // namespace
}  // namespace pgfeed
