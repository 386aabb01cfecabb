#include "mapping/path.hpp"

#include <gtest/gtest.h>

#include <pgfeed/error.hpp>

namespace pgfeed {
namespace {

const Diagnostic kDiagnostic("m.yaml");

Path parsed(const std::string& text) { return parse_path(text, kDiagnostic, 7); }

PathStep name(const std::string& text) { return {PathStep::Kind::name, text, 0}; }
PathStep index(std::uint32_t position) { return {PathStep::Kind::index, "", position}; }
const PathStep kEach{PathStep::Kind::each, "", 0};

std::string fault(const std::string& text) {
  try {
    parsed(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::mapping);
    EXPECT_EQ(error.line, 7);
    return error.what();
  }
  return "";
}

TEST(Path, StartsAtTheDocumentTheElementOrALevel) {
  EXPECT_EQ(parsed("$").start, PathStart::document);
  EXPECT_TRUE(parsed("$").steps.empty());
  EXPECT_EQ(parsed("@").start, PathStart::element);
  const Path level = parsed("$order_2.id");
  EXPECT_EQ(level.start, PathStart::level);
  EXPECT_EQ(level.level, "order_2");
  EXPECT_EQ(level.steps, std::vector{name("id")});
}

TEST(Path, HasNamesPositionsAndEach) {
  const std::vector wanted{name("a"), index(0), name("odd name"), kEach, name("b")};
  EXPECT_EQ(parsed("$.a[0]['odd name'][*].b").steps, wanted);
  EXPECT_EQ(parsed("$[ 'a' ][ 0 ][\"odd name\"][ * ]['b']").steps, wanted);
  EXPECT_EQ(parsed("$order[*]").steps, std::vector{kEach});
  EXPECT_EQ(parsed("$.größe").steps, std::vector{name("größe")});
}

TEST(Path, QuotedNamesAreUnescapedAsInJson) {
  EXPECT_EQ(parsed(R"($['it\'s'])").steps, std::vector{name("it's")});
  EXPECT_EQ(parsed(R"($["a\"\\\/\n"])").steps, std::vector{name("a\"\\/\n")});
  EXPECT_EQ(parsed(R"($['\u00e9\ud83d\ude00'])").steps, std::vector{name("é😀")});
  EXPECT_EQ(parsed("$['']").steps, std::vector{name("")});
}

TEST(Path, KnowsItsEach) {
  EXPECT_TRUE(parsed("$.a[*]").ends_in_each());
  EXPECT_FALSE(parsed("$.a[*].b").ends_in_each());
  EXPECT_TRUE(parsed("$.a[*].b").has_each());
  EXPECT_FALSE(parsed("$.a[0]").has_each());
}

TEST(Path, FaultsSayWhatToWrite) {
  EXPECT_EQ(fault("id"), R"(m.yaml:7: "id" is no path: a path begins with $ or @)");
  EXPECT_EQ(fault("$.a-b.c"),
            "m.yaml:7: \"$.a-b.c\" is no path: write ['a-b'] for a name with other characters than letters, digits and _");
  EXPECT_EQ(fault("$..a"), R"(m.yaml:7: "$..a" is no path: ".." is not supported; name each step)");
  EXPECT_EQ(fault("$.*"), R"(m.yaml:7: "$.*" is no path: write [*] instead of .*)");
  EXPECT_EQ(fault("$."), R"(m.yaml:7: "$." is no path: a name is missing after the point)");
  EXPECT_EQ(fault("$[-1]"), R"(m.yaml:7: "$[-1]" is no path: elements are counted from the start: [0] is the first)");
  EXPECT_EQ(fault("$[01]"), R"(m.yaml:7: "$[01]" is no path: [01] is no position)");
  EXPECT_EQ(fault("$[1:2]"),
            R"(m.yaml:7: "$[1:2]" is no path: "]" is missing; only ['name'], [0] and [*] may stand in brackets)");
  EXPECT_EQ(fault("$[?@.a]"), R"(m.yaml:7: "$[?@.a]" is no path: only ['name'], [0] and [*] may stand in brackets)");
  EXPECT_EQ(fault("$['a"), R"(m.yaml:7: "$['a" is no path: a closing quote is missing)");
  EXPECT_EQ(fault(R"($['\x'])"), R"(m.yaml:7: "$['\x']" is no path: an escape that JSON does not have)");
  EXPECT_EQ(fault(R"($['\ud83d'])"), R"(m.yaml:7: "$['\ud83d']" is no path: half of a surrogate pair)");
  EXPECT_EQ(fault("$ .a"), R"(m.yaml:7: "$ .a" is no path: " .a" should be .name, ['odd name'], [0] or [*])");
}

TEST(Path, HasAtMostAHundredSteps) {
  std::string text = "$";
  for (int i = 0; i < 100; ++i) text += ".a";
  EXPECT_EQ(parsed(text).steps.size(), 100u);
  EXPECT_NE(fault(text + ".a").find("more than 100 steps"), std::string::npos);
}

}  // namespace
}  // namespace pgfeed
