#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "mapping/ddl.hpp"
#include "sample.hpp"

namespace pgfeed {
namespace {

std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The fenced blocks of a language, in the order of the document.
std::vector<std::string> blocks(const std::string& document, const std::string& language) {
  std::vector<std::string> out;
  const std::string fence = "```" + language + "\n";
  for (std::size_t at = document.find(fence); at != std::string::npos; at = document.find(fence, at)) {
    at += fence.size();
    const std::size_t end = document.find("```", at);
    out.push_back(document.substr(at, end - at));
    at = end + 3;
  }
  return out;
}

const std::filesystem::path kManual = std::filesystem::path(PGFEED_SOURCE_DIR) / "docs" / "mapping.md";

TEST(Manual, EachWholeMappingInItCompiles) {
  int mappings = 0;
  for (const std::string& block : blocks(text_of_file(kManual), "yaml")) {
    if (!block.starts_with("version: 1\n") && !block.starts_with("# yaml-language-server")) continue;
    ++mappings;
    EXPECT_EQ(error_of(block, "manual.yaml"), "") << block;
  }
  EXPECT_GE(mappings, 10);
}

TEST(Manual, TheTablesItShowsAreThoseOfTheMappingBeforeThem) {
  const std::string text = text_of_file(kManual);
  const std::vector<std::string> scripts = blocks(text, "sql");
  ASSERT_FALSE(scripts.empty());
  for (const std::string& script : scripts) {
    const std::vector<std::string> before = blocks(text.substr(0, text.find(script)), "yaml");
    ASSERT_FALSE(before.empty());
    EXPECT_EQ(ddl(compile_mapping(before.back(), "manual.yaml")), script);
  }
}

TEST(Manual, TheErrorsItShowsAreThoseThatCome) {
  const std::string text = text_of_file(kManual);
  EXPECT_NE(text.find(error_of("version: 1\ntables:\n  users:\n    key: [id]\n    colums: {id: $.id}\n", "users.yaml")),
            std::string::npos);
}

/// The fields that a map may have, from the error about one that it may not have: `…; a table has key, rows or from`.
std::vector<std::string> fields_in(const std::string& error) {
  std::vector<std::string> out;
  std::string list = error.substr(error.find(" has ") + 5);
  list.replace(list.rfind(" or "), 4, ", ");
  std::istringstream words(list);
  for (std::string word; words >> word;) out.push_back(word.substr(0, word.find(',')));
  return out;
}

TEST(Schema, HasEveryField) {
  const std::string schema = text_of_file(std::filesystem::path(PGFEED_SOURCE_DIR) / "share" / "mapping.schema.json");
  const std::string manual = text_of_file(kManual);
  std::size_t fields = 0;
  for (const std::string& error :
       {error_of("version: 1\nzzzzzzzz: 1\n"),
        error_of("version: 1\ndefaults: {zzzzzzzz: 1}\ntables: {t: {columns: {a: $.a}}}\n"),
        error_of(with_table("    zzzzzzzz: 1\n")), error_of(with_table("    rows: [{zzzzzzzz: 1}]\n")),
        error_of(with_column("{zzzzzzzz: 1}")), error_of(with_table("    when: {zzzzzzzz: 1}\n    columns: {a: $.a}\n")),
        error_of(with_table("    foreign_keys: [{zzzzzzzz: 1}]\n    columns: {a: $.a}\n"))}) {
    for (const std::string& field : fields_in(error)) {
      ++fields;
      EXPECT_NE(schema.find("\"" + field + "\": {"), std::string::npos) << field;
      EXPECT_NE(manual.find(field), std::string::npos) << field;
    }
  }
  EXPECT_EQ(fields, 49u);
}

}  // namespace
}  // namespace pgfeed
