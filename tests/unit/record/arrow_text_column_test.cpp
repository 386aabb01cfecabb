#include "record/arrow_text_column.hpp"

#include <gtest/gtest.h>
#include <pgfeed/error.hpp>

#include "arrow_sample.hpp"

namespace pgfeed {
namespace {

using Texts = std::vector<std::optional<std::string>>;

Texts texts_of(ArrowSample batch) {
  ArrowTextColumn column(batch.schema());
  column.bind(batch.array());
  Texts texts;
  for (std::int64_t row = 0; row < column.rows(); ++row) texts.emplace_back(column.text(row));
  return texts;
}

TEST(ArrowTextColumn, GivesTextsAsTheyAre) {
  const std::vector<std::string> documents{"{\"a\":1}\n", "", R"({"b":"longer than twelve bytes"})"};
  const Texts expected{documents[0], documents[1], documents[2]};
  for (const char* format : {"u", "z"}) EXPECT_EQ(texts_of(batch(3).child("value", texts(format, documents))), expected);
  for (const char* format : {"U", "Z"})
    EXPECT_EQ(texts_of(batch(3).child("value", texts<std::int64_t>(format, documents))), expected);
  for (const char* format : {"vu", "vz"}) EXPECT_EQ(texts_of(batch(3).child("value", views(format, documents))), expected);
}

TEST(ArrowTextColumn, KnowsNullsAndSlices) {
  EXPECT_EQ(texts_of(batch(3).child("v", texts("u", {"a", "b", "c", "d"}).valid("1101").slice(1, 4))),
            (Texts{"b", std::nullopt, "d"}));
  EXPECT_EQ(texts_of(batch(3).child("v", texts("u", {"a", "b", "c", "d"}).valid("1101").slice(1, 4)).slice(1, 3)),
            (Texts{std::nullopt, "d"}));
  EXPECT_EQ(texts_of(batch(3).child("v", texts("u", {"a", "b", "c"})).valid("101").slice(1, 3)), (Texts{std::nullopt, "c"}));
  EXPECT_EQ(texts_of(batch(0).child("v", texts("u", {}))), Texts{});
}

TEST(ArrowTextColumn, FitsOneColumnOfText) {
  const auto fits = [](ArrowSample sample) { return ArrowTextColumn::fits(sample.schema()); };
  EXPECT_TRUE(fits(batch(0).child("v", texts("u", {}))));
  EXPECT_FALSE(fits(batch(0)));
  EXPECT_FALSE(fits(batch(0).child("v", texts("u", {})).child("w", texts("u", {}))));
  EXPECT_FALSE(fits(batch(0).child("v", fixed<std::int32_t>("i", {}))));
  EXPECT_FALSE(fits(batch(0).child("v", fixed<std::int32_t>("i", {}).dictionary(texts("u", {})))));
  EXPECT_FALSE(fits(texts("u", {})));
  ArrowSample numbers = batch(0).child("v", fixed<std::int32_t>("i", {}));
  EXPECT_THROW(ArrowTextColumn{numbers.schema()}, Error);
}

}  // namespace
}  // namespace pgfeed
