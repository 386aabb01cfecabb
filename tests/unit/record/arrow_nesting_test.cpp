#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pgfeed/error.hpp>

#include "arrow_sample.hpp"
#include "record/arrow_owned.hpp"

namespace pgfeed {
namespace {

using testing::ElementsAre;
using Offsets = std::vector<std::int32_t>;
using LargeOffsets = std::vector<std::int64_t>;

ArrowSample numbers() { return fixed<std::int32_t>("i", {0, 1, 2, 3, 4, 5}).valid("110111"); }

TEST(ArrowNesting, RowsAreObjects) {
  EXPECT_THAT(
      documents_of(batch(2).child("id", fixed<std::int64_t>("l", {1, 2})).child("a \"b\"\n", texts("u", {"x", "y"}))),
      ElementsAre(R"({"id":1,"a \"b\"\n":"x"})", R"({"id":2,"a \"b\"\n":"y"})"));
  EXPECT_THAT(documents_of(batch(2)), ElementsAre("{}", "{}"));
  EXPECT_THAT(documents_of(batch(1).child("", fixed<std::int64_t>("l", {1})).child("", fixed<std::int64_t>("l", {2}))),
              ElementsAre(R"({"":1,"":2})"));
}

TEST(ArrowNesting, SlicesOfBatchesAddToThoseOfColumns) {
  EXPECT_THAT(documents_of(
                  batch(6).child("v", fixed<std::int32_t>("i", {0, 1, 2, 3, 4, 5}).valid("111011").slice(1, 6)).slice(1, 4)),
              ElementsAre(R"({"v":2})", R"({"v":null})", R"({"v":4})"));
  EXPECT_THAT(documents_of(batch(2).child("v", fixed<std::int32_t>("i", {0, 1})).valid("01")),
              ElementsAre("null", R"({"v":1})"));
}

TEST(ArrowNesting, ListsAreArrays) {
  const auto expected = ElementsAre("[]", "[0,1,null]", "null", "[3]");
  EXPECT_THAT(values_of(ArrowSample("+l", 4).buffer(Offsets{0, 0, 3, 3, 4}).child("item", numbers()).valid("1101")),
              expected);
  EXPECT_THAT(values_of(ArrowSample("+L", 4).buffer(LargeOffsets{0, 0, 3, 3, 4}).child("item", numbers()).valid("1101")),
              expected);
  EXPECT_THAT(values_of(ArrowSample("+vl", 4)
                            .buffer(Offsets{5, 0, 9, 3})
                            .buffer(Offsets{0, 3, 9, 1})
                            .child("item", numbers())
                            .valid("1101")),
              expected);
  EXPECT_THAT(values_of(ArrowSample("+vL", 4)
                            .buffer(LargeOffsets{5, 0, 9, 3})
                            .buffer(LargeOffsets{0, 3, 9, 1})
                            .child("item", numbers())
                            .valid("1101")),
              expected);
  EXPECT_THAT(values_of(ArrowSample("+w:2", 3).child("item", numbers()).valid("101")),
              ElementsAre("[0,1]", "null", "[4,5]"));
  EXPECT_THAT(values_of(ArrowSample("+w:0", 2).child("item", numbers())), ElementsAre("[]", "[]"));
}

TEST(ArrowNesting, ListsOfSlicesAddTheirOffsets) {
  EXPECT_THAT(values_of(ArrowSample("+l", 3).buffer(Offsets{0, 1, 3, 4}).child("item", numbers().slice(1, 6)).slice(1, 3)),
              ElementsAre("[null,3]", "[4]"));
  EXPECT_THAT(values_of(ArrowSample("+w:2", 2).child("item", numbers().slice(1, 6)).slice(1, 2)), ElementsAre("[3,4]"));
}

TEST(ArrowNesting, MapsAreObjects) {
  const auto map_of = [](ArrowSample keys) {
    return ArrowSample("+m", 3)
        .buffer(Offsets{0, 2, 2, 3})
        .child("entries", batch(3).child("key", std::move(keys)).child("value", numbers()))
        .valid("101");
  };
  EXPECT_THAT(values_of(map_of(texts("u", {"a\"", "b", "c"}))), ElementsAre(R"({"a\"":0,"b":1})", "null", R"({"c":null})"));
  EXPECT_THAT(values_of(map_of(texts("u", {"a", "a", "a"}))), ElementsAre(R"({"a":0,"a":1})", "null", R"({"a":null})"));
  EXPECT_THAT(values_of(map_of(fixed<std::int16_t>("s", {-1, 2, 3}))),
              ElementsAre(R"({"-1":0,"2":1})", "null", R"({"3":null})"));
  EXPECT_THAT(values_of(map_of(fixed<std::int32_t>("tdD", {0, 1, 2}))),
              ElementsAre(R"({"1970-01-01":0,"1970-01-02":1})", "null", R"({"1970-01-03":null})"));
  EXPECT_THAT(values_of(map_of(batch(3).child("k", texts("u", {"x", "y", "z"})))),
              ElementsAre(R"({"{\"k\":\"x\"}":0,"{\"k\":\"y\"}":1})", "null", R"({"{\"k\":\"z\"}":null})"));
}

TEST(ArrowNesting, MapsOfSlicesAddTheirOffsets) {
  auto entries = batch(5).child("key", texts("u", {"a", "b", "c", "d", "e"})).child("value", numbers()).slice(2, 5);
  EXPECT_THAT(values_of(ArrowSample("+m", 2).buffer(Offsets{0, 1, 3}).child("entries", std::move(entries)).slice(1, 2)),
              ElementsAre(R"({"d":3,"e":4})"));
}

TEST(ArrowNesting, DictionariesAreTheirValues) {
  EXPECT_THAT(
      values_of(fixed<std::int8_t>("c", {1, 0, 1, 2}).valid("1101").dictionary(texts("u", {"a", "b", "c"}).valid("110"))),
      ElementsAre(R"("b")", R"("a")", "null", "null"));
  EXPECT_THAT(values_of(fixed<std::uint8_t>("C", {0, 200, 1}).slice(2, 3).dictionary(numbers().slice(3, 6))),
              ElementsAre("4"));
  auto lists = ArrowSample("+l", 2).buffer(Offsets{0, 1, 3}).child("item", numbers());
  EXPECT_THAT(values_of(fixed<std::uint64_t>("L", {1, 0}).dictionary(std::move(lists))), ElementsAre("[1,null]", "[0]"));
}

TEST(ArrowNesting, RunsAreTheirValues) {
  const auto runs = [](ArrowSample ends) {
    return ArrowSample("+r", 7).without_buffers().child("run_ends", std::move(ends)).child("values", numbers().slice(1, 4));
  };
  EXPECT_THAT(values_of(runs(fixed<std::int32_t>("i", {1, 4, 7}))), ElementsAre("1", "null", "null", "null", "3", "3", "3"));
  EXPECT_THAT(values_of(runs(fixed<std::int16_t>("s", {1, 4, 7})).slice(3, 5)), ElementsAre("null", "3"));
  EXPECT_THAT(values_of(runs(fixed<std::int64_t>("l", {0, 1, 4, 7}).slice(1, 4)).slice(0, 2)), ElementsAre("1", "null"));
}

TEST(ArrowNesting, EverythingNestsInEverything) {
  auto map = ArrowSample("+m", 3)
                 .buffer(Offsets{0, 1, 3, 3})
                 .child("entries", batch(3)
                                       .child("key", texts("u", {"x", "y", "z"}))
                                       .child("value", fixed<std::int32_t>("d:5,1,32", {-5, 10, 25})));
  auto structs = batch(3).child("attributes", std::move(map)).child("n", fixed<double>("g", {0.5, 1, 1.5})).valid("101");
  auto lists = ArrowSample("+l", 2).buffer(Offsets{0, 2, 3}).child("item", std::move(structs));
  EXPECT_THAT(values_of(std::move(lists)),
              ElementsAre(R"([{"attributes":{"x":-0.5},"n":0.5},null])", R"([{"attributes":{},"n":1.5}])"));
}

TEST(ArrowNesting, TheNextBatchTakesThePlaceOfTheLast) {
  ArrowSample first = batch(1).child("v", fixed<std::int32_t>("i", {1}).valid("0"));
  ArrowSample second = batch(2).child("v", fixed<std::int32_t>("i", {2, 3}));
  ArrowDocuments documents(first.schema());
  PaddedBytes out;
  documents.bind(first.array());
  documents.append(0, out);
  documents.bind(second.array());
  EXPECT_EQ(documents.rows(), 2);
  documents.append(1, out);
  EXPECT_EQ(out.view(), R"({"v":null}{"v":3})");
  ArrowSample empty = batch(1);
  EXPECT_THROW(documents.bind(empty.array()), Error);
}

TEST(ArrowOwned, ReleasesOnce) {
  int releases = 0;
  ArrowArray given{};
  given.private_data = &releases;
  given.release = [](ArrowArray* array) {
    ++*static_cast<int*>(array->private_data);
    array->release = nullptr;
  };
  ArrowArray other = given;
  {
    OwnedArrowArray owned(given);
    EXPECT_EQ(given.release, nullptr);
    OwnedArrowArray moved(std::move(owned));
    EXPECT_FALSE(moved.empty());
    EXPECT_EQ(releases, 0);
    *moved.receive() = other;
    EXPECT_EQ(releases, 1);
    OwnedArrowArray assigned;
    assigned = std::move(moved);
    EXPECT_EQ(assigned->private_data, &releases);
  }
  EXPECT_EQ(releases, 2);
}

}  // namespace
}  // namespace pgfeed
