#include "record/span.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace pgfeed {
namespace {

TEST(Span, WhatIsTakenIsLeftOut) {
  EXPECT_EQ(subtract({10, 20}, {}), (Spans{{10, 20}}));
  EXPECT_EQ(subtract({10, 20}, {{0, 5}, {20, 30}}), (Spans{{10, 20}}));
  EXPECT_EQ(subtract({10, 20}, {{0, 12}, {14, 16}, {19, 30}}), (Spans{{12, 14}, {16, 19}}));
  EXPECT_EQ(subtract({10, 20}, {{10, 20}}), Spans{});
  EXPECT_EQ(subtract({10, 20}, {{5, 15}, {15, 25}}), Spans{});
  EXPECT_EQ(subtract({10, 10}, {}), Spans{});
}

TEST(Span, IsLeftByteByByte) {
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  for (int round = 0; round < 500; ++round) {
    Spans taken;
    for (std::uint64_t at = below(5); at < 40; at += 1 + below(8)) {
      const std::uint64_t end = at + 1 + below(6);
      taken.push_back({at, end});
      at = end;
    }
    const std::uint64_t begin = below(30);
    const Span span{begin, begin + below(20)};
    std::set<std::uint64_t> wanted;
    for (std::uint64_t byte = span.begin; byte < span.end; ++byte) {
      bool is_taken = false;
      for (const Span& other : taken) is_taken = is_taken || (byte >= other.begin && byte < other.end);
      EXPECT_EQ(contains(taken, byte), is_taken);
      if (!is_taken) wanted.insert(byte);
    }
    std::set<std::uint64_t> found;
    for (const Span& left : subtract(span, taken)) {
      for (std::uint64_t byte = left.begin; byte < left.end; ++byte) EXPECT_TRUE(found.insert(byte).second);
    }
    EXPECT_EQ(found, wanted);
  }
}

}  // namespace
}  // namespace pgfeed
