#include "record/json_writer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgfeed {
namespace {

TEST(JsonWriter, WhatLiesBehindAStringDoesNotCount) {
  for (std::size_t size = 0; size < 40; ++size) {
    PaddedBytes out;
    out.put(std::string(size + 8, 'x') + std::string(32, '\n'));
    out.clear();
    put_json_string(std::string(size, 'y'), out);
    EXPECT_EQ(out.view(), '"' + std::string(size, 'y') + '"');
  }
}

TEST(JsonWriter, EveryControlCharacterIsEscaped) {
  for (char c = 0; c < 0x20; ++c) {
    PaddedBytes out;
    put_json_string({&c, 1}, out);
    constexpr std::string_view kShort = "\b\f\n\r\t";
    EXPECT_EQ(out.size(), kShort.find(c) != std::string_view::npos ? 4U : 8U) << int{c};
    EXPECT_EQ(out.view(0, 2), "\"\\");
  }
}

}  // namespace
}  // namespace pgfeed
