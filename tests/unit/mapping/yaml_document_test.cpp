#include "mapping/yaml_document.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <pgfeed/error.hpp>

namespace pgfeed {
namespace {

const Diagnostic kDiagnostic("m.yaml");

std::string fault(const std::string& text) {
  try {
    parse_yaml(text, kDiagnostic);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::mapping);
    return error.what();
  }
  return "";
}

TEST(YamlDocument, KeepsOrderLinesAndWhetherAScalarIsPlain) {
  const auto top = parse_yaml("b: 1\na:\n  - \"1\"\n  - ~\n", kDiagnostic);
  ASSERT_EQ(top->members.size(), 2u);
  EXPECT_EQ(top->members[0].key, "b");
  EXPECT_TRUE(top->members[0].value->plain);
  EXPECT_EQ(top->members[1].line, 2);
  const auto& items = top->members[1].value->items;
  EXPECT_FALSE(items[0]->plain);
  EXPECT_EQ(items[0]->text, "1");
  EXPECT_EQ(items[0]->line, 3);
  EXPECT_EQ(items[1]->kind, YamlNode::Kind::null);
}

TEST(YamlDocument, ResolvesAliasesAndMergeKeys) {
  const auto top = parse_yaml("a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\nd: {<<: [*x, {p: 9, r: 4}]}\n", kDiagnostic);
  EXPECT_EQ(top->find("b")->find("q")->text, "2");
  EXPECT_EQ(top->find("c")->find("p")->text, "1");
  EXPECT_EQ(top->find("c")->find("q")->text, "3");
  EXPECT_EQ(top->find("d")->find("p")->text, "1");
  EXPECT_EQ(top->find("d")->find("r")->text, "4");
  EXPECT_EQ(top->find("nothing"), nullptr);
}

TEST(YamlDocument, FaultsHaveALine) {
  EXPECT_EQ(fault("a: 1\nb: 2\na: 3\n"), R"(m.yaml:3: "a" stands twice in the same map)");
  EXPECT_EQ(fault("a: 1\n[b]: 2\n"), "m.yaml:2: a key must be a text; put it in quotes");
  EXPECT_EQ(fault("a: 1\n---\nb: 2\n"), "m.yaml:2: a mapping is one YAML document; a second begins here");
  EXPECT_EQ(fault("a: &x\n  - *x\n"), "m.yaml:2: the alias stands inside what it refers to");
  EXPECT_EQ(fault("a: {<<: 1}\n"), "m.yaml:1: the value of << must be a map");
  EXPECT_TRUE(fault("a: 1\nb: [1\n").starts_with("m.yaml:3: not valid YAML: ")) << fault("a: 1\nb: [1\n");
  EXPECT_TRUE(fault("a: *nobody\n").starts_with("m.yaml:1: not valid YAML: "));
  EXPECT_EQ(fault(""), "m.yaml:1: the mapping is empty");
  EXPECT_EQ(fault("# nothing\n"), "m.yaml:1: the mapping is empty");
  EXPECT_EQ(fault("- 1\n"), "m.yaml:1: a mapping is a map that begins with version: 1");
}

TEST(YamlDocument, IsText) {
  EXPECT_EQ(fault("a: 1\nb: \xff\n"), "m.yaml:2: not valid UTF-8");
  EXPECT_EQ(fault("a: \xed\xa0\x80\n"), "m.yaml:1: not valid UTF-8");
  EXPECT_EQ(fault(std::string("a: 1\nb: \0\n", 10)), "m.yaml:2: the control character 0x00: not a text file");
  EXPECT_EQ(fault("\xef\xbb\xbf"
                  "a: é😀\r\n"),
            "");
}

TEST(YamlDocument, IsOfLimitedSizeAndDepth) {
  EXPECT_EQ(fault("a: " + std::string(1024 * 1024, 'x')), "m.yaml:1: larger than 1 MiB, which no mapping is");
  EXPECT_EQ(fault("a: " + std::string(64, '[') + std::string(64, ']')), "m.yaml:1: more than 64 levels");
  EXPECT_EQ(fault("a: " + std::string(62, '[') + std::string(62, ']')), "");
}

// Ten lines that stand for ten to the power of nine nodes.
TEST(YamlDocument, AliasesCountEachTime) {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 10; ++i)
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  EXPECT_NE(fault(bomb).find("more than 100000 nodes"), std::string::npos) << fault(bomb);
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i) tower += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  EXPECT_NE(fault(tower).find("more than 64 levels"), std::string::npos) << fault(tower);
}

}  // namespace
}  // namespace pgfeed
