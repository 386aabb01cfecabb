#include "load/letter_case.hpp"

#include <gtest/gtest.h>

namespace pgfeed {
namespace {

std::string lower(std::string_view text) {
  std::string out = "what was there before";
  change_case(text, true, out);
  return out;
}
std::string upper(std::string_view text) {
  std::string out;
  change_case(text, false, out);
  return out;
}

TEST(LetterCase, Ascii) {
  EXPECT_EQ(lower("@AZ[`az{019"), "@az[`az{019");
  EXPECT_EQ(upper("@AZ[`az{019"), "@AZ[`AZ{019");
  EXPECT_EQ(lower(""), "");
}

TEST(LetterCase, LettersOfTwoThreeAndFourBytes) {
  EXPECT_EQ(lower("ÄÉÑ ЖУК ΣΑΣ"), "äéñ жук σασ");  // no final sigma: there is no context
  EXPECT_EQ(upper("äéñ жук σας"), "ÄÉÑ ЖУК ΣΑΣ");
  EXPECT_EQ(upper("ẁ ｚ"), "Ẁ Ｚ");
  EXPECT_EQ(lower("𐐀"), "𐐨");
  EXPECT_EQ(upper("𐐨"), "𐐀");
}

TEST(LetterCase, WhatHasNoCaseStays) {
  EXPECT_EQ(upper("ß 漢字 🎉 ١"), "ß 漢字 🎉 ١");
  EXPECT_EQ(lower("漢字 🎉"), "漢字 🎉");
}

TEST(LetterCase, ALetterMayChangeItsLength) {
  EXPECT_EQ(upper("ÿ"), "Ÿ");  // two bytes each
  EXPECT_EQ(lower("K"), "k");  // the sign of kelvin: three bytes to one
  EXPECT_EQ(upper("ı"), "I");
}

}  // namespace
}  // namespace pgfeed
