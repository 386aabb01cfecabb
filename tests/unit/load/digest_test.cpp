#include "load/digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "load/digest_cache.hpp"
#include "load/natural_keys.hpp"

namespace pgfeed {
namespace {

TEST(Digest, EqualBytesHaveOneDigestWhereverTheyLie) {
  const std::string text = "xhttps://example.org/a/long/enough/path";
  const std::string other = text.substr(1);
  EXPECT_EQ(digest_of(std::string_view(text).substr(1)), digest_of(other));
  EXPECT_EQ(digest_of(""), digest_of({}));
}

TEST(Digest, TellsApartWhatPaddingWouldMakeEqual) {
  using namespace std::string_view_literals;
  EXPECT_NE(digest_of("a"), digest_of("a\0"sv));
  EXPECT_NE(digest_of(""), digest_of("\0"sv));
  EXPECT_NE(digest_of(std::string(16, '\0')), digest_of(std::string(17, '\0')));
  EXPECT_NE(digest_of(std::string(16, 'a') + std::string(16, 'b')), digest_of(std::string(16, 'b') + std::string(16, 'a')));
}

TEST(Digest, EveryByteCountsInBothHalves) {
  const std::string text(40, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = 'y';
    EXPECT_NE(digest_of(changed).low, digest_of(text).low) << i;
    EXPECT_NE(digest_of(changed).high, digest_of(text).high) << i;
  }
}

TEST(Digest, ManyKeysDoNotCollide) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (int i = 0; i < 100'000; ++i) {
    const Digest digest = digest_of(std::to_string(i));
    seen.emplace(digest.low, digest.high);
  }
  EXPECT_EQ(seen.size(), 100'000U);
}

TEST(DigestCache, FindsWhatWasAddedAndTheNewestNumber) {
  DigestCache cache;
  EXPECT_EQ(cache.find(digest_of("a")), nullptr);
  cache.add(digest_of("a"), 1);
  cache.add(digest_of("b"), 2);
  cache.add(digest_of("a"), 3);
  ASSERT_NE(cache.find(digest_of("a")), nullptr);
  EXPECT_EQ(*cache.find(digest_of("a")), 3);
  EXPECT_EQ(*cache.find(digest_of("b")), 2);
  cache.clear();
  EXPECT_EQ(cache.find(digest_of("a")), nullptr);
}

TEST(DigestCache, DigestsThatBeginAtOnePlaceAreAllFound) {
  DigestCache cache;
  for (std::uint64_t i = 1; i <= 100; ++i) cache.add({0, i}, static_cast<std::int64_t>(i));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    ASSERT_NE(cache.find({0, i}), nullptr) << i;
    EXPECT_EQ(*cache.find({0, i}), static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(cache.find({0, 101}), nullptr);
}

TEST(DigestCache, NeverGivesAWrongNumberWhenMoreComeThanItHolds) {
  DigestCache cache;
  constexpr std::int64_t kMany = 1'000'000;
  for (std::int64_t i = 0; i < kMany; ++i) cache.add(digest_of(std::to_string(i)), i);
  EXPECT_EQ(*cache.find(digest_of(std::to_string(kMany - 1))), kMany - 1);
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < kMany; ++i) {
    const std::int64_t* number = cache.find(digest_of(std::to_string(i)));
    if (number == nullptr) continue;
    ++found;
    ASSERT_EQ(*number, i);
  }
  EXPECT_GT(found, 0);
  EXPECT_LT(found, kMany) << "it was never emptied";
}

TEST(NaturalKeys, EachKeyHasOneNumberHoweverManyThereAre) {
  NaturalKeys keys;
  constexpr std::uint32_t kMany = 5000;  // it grows several times on the way
  for (std::uint32_t i = 0; i < kMany; ++i) EXPECT_EQ(keys.find_or_add(std::to_string(i)), i);
  for (std::uint32_t i = 0; i < kMany; ++i) EXPECT_EQ(keys.find_or_add(std::to_string(i)), i);
  ASSERT_EQ(keys.keys().size(), kMany);
  EXPECT_EQ(keys.fields(keys.keys()[4321]), "4321");
  EXPECT_EQ(keys.keys()[0].id, NaturalKeys::kUnknown);
}

TEST(NaturalKeys, ClearForgetsThem) {
  NaturalKeys keys;
  keys.find_or_add("a");
  keys.find_or_add("b");
  keys.clear();
  EXPECT_TRUE(keys.keys().empty());
  EXPECT_EQ(keys.find_or_add("b"), 0U);
  EXPECT_EQ(keys.fields(keys.keys()[0]), "b");
}

}  // namespace
}  // namespace pgfeed
