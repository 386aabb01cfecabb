#include <gtest/gtest.h>

#include "sample.hpp"

namespace pgfeed {
namespace {

std::string sample_with(const std::string& from, const std::string& to) {
  std::string text = kSample;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(MappingError, HasItsKindSourceAndLine) {
  try {
    compile_mapping(sample_with("    rows:\n      - from: $.user", "    rowz:\n      - from: $.user"), "dir/tweets.yaml");
    FAIL() << "an unknown field was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::mapping);
    EXPECT_EQ(error.source, "dir/tweets.yaml");
    EXPECT_EQ(error.line, 17);
    EXPECT_STREQ(error.what(), "dir/tweets.yaml:17: no such field \"rowz\"; did you mean \"rows\"?");
  }
}

TEST(MappingError, UnknownFieldsAreGuessedOrListed) {
  EXPECT_EQ(error_of("version: 1\ntabels: {}\n"), R"(m.yaml:2: no such field "tabels"; did you mean "tables"?)");
  EXPECT_EQ(error_of("version: 1\ndefaults: {zone: x}\ntables: {t: {columns: {a: $.a}}}\n"),
            R"(m.yaml:2: no such field "zone"; defaults has timestamp_format, timezone, nul or bytes)");
  EXPECT_EQ(error_of(with_table("    form: $\n    colums: {a: $.a}\n")),
            R"(m.yaml:4: no such field "form"; did you mean "from"?)");
  EXPECT_EQ(error_of(with_column("{paht: $.a}")), R"(m.yaml:3: no such field "paht"; did you mean "path"?)");
  EXPECT_EQ(error_of("version: 1\ntables:\n  t:\n    from: $\n    colums: {a: $.a}\n"),
            R"(m.yaml:5: no such field "colums"; did you mean "columns"?)");
}

TEST(MappingError, OfTheTopLevel) {
  EXPECT_EQ(error_of("tables: {}\n"), R"(m.yaml:1: a mapping needs the field "version")");
  EXPECT_EQ(error_of("version: 2\ntables: {}\n"), "m.yaml:1: version must be 1, the only version of mappings that there is");
  EXPECT_EQ(error_of("version: 1\n"), R"(m.yaml:1: a mapping needs the field "tables")");
  EXPECT_EQ(error_of("version: 1\ntables: {}\n"), "m.yaml:2: tables must be a map of table names to tables");
  EXPECT_TRUE(error_of(sample_with("documents: $ ", "documents: statuses ")).starts_with("m.yaml:3: ")) << "no path";
  EXPECT_EQ(error_of(sample_with("root: tweets", "root: tweet")),
            R"(m.yaml:4: no such table "tweet" in this mapping; did you mean "tweets"?)");
  EXPECT_EQ(error_of(sample_with("nul: escape", "nul: stript")),
            R"(m.yaml:7: nul cannot be "stript"; did you mean "strip"?)");
  EXPECT_EQ(error_of(sample_with("nul: escape", "nul: keep")),
            R"(m.yaml:7: nul cannot be "keep"; it is reject, strip, escape or replace)");
  EXPECT_EQ(error_of(sample_with("[$.delete, $.limit]", "[$.delete, \"@.limit\"]")),
            "m.yaml:8: @ is the element of a row source, and there is none here; begin with $");
  EXPECT_EQ(error_of(sample_with("[$.delete, $.limit]", "$.delete")),
            "m.yaml:8: skip_when must be a list of paths and conditions: skip_when: [$.delete]");
  EXPECT_EQ(error_of(with_column("$.a"), ""), ":1: the feed has no name; add feed: name");
}

TEST(MappingError, OfATable) {
  EXPECT_EQ(error_of("version: 1\ntables:\n  t: {key: [a]}\n"),
            R"(m.yaml:3: table "t" has no columns; it needs rows, or from and columns)");
  EXPECT_EQ(error_of("version: 1\ntables:\n  t:\n"), "m.yaml:3: a table must be a map of fields");
  EXPECT_EQ(error_of(with_table("    columns: {}\n")),
            "m.yaml:4: columns must be a map of column names: columns: {id: $.id}");
  EXPECT_EQ(error_of(with_table("    rows: []\n")),
            "m.yaml:4: rows must be a list of row sources, each with from and columns");
  EXPECT_EQ(error_of(with_table("    columns: {a: {type: text}}\n")),
            R"(m.yaml:3: table "t" gets no rows: no column says where its value comes from, and no ref leads to it)");
  EXPECT_EQ(error_of(with_table("    key: [id]\n    columns: {ids: $.id}\n")),
            R"(m.yaml:4: key names column "id", which table "t" does not have; did you mean "ids"?)");
  EXPECT_EQ(error_of(with_table("    key: id\n    columns: {id: $.id}\n")),
            "m.yaml:4: key must be a list of column names: key: [id]");
  EXPECT_EQ(error_of(with_table("    key: [id, id]\n    columns: {id: $.id}\n")),
            R"(m.yaml:4: key names column "id" twice)");
  EXPECT_EQ(error_of(with_table("    shared: maybe\n    columns: {id: $.id}\n")), "m.yaml:4: shared must be true or false");
  EXPECT_EQ(error_of(with_table("    columns: {id: $.id}\n  '\"t\"':\n    columns: {id: $.id}\n")),
            R"(m.yaml:5: table "t" is there twice)");
  EXPECT_EQ(error_of(with_table("    columns: {id: $.id}\n  t: {columns: {a: $.b}}\n")),
            R"(m.yaml:5: "t" stands twice in the same map)");
  EXPECT_EQ(
      error_of(with_table("    columns: {a: $.a}\n    rows: [{columns: {a: $.a}}]\n")),
      R"(m.yaml:4: column "a" is declared for all rows here; where its value comes from belongs into an entry of rows)");
  EXPECT_EQ(error_of(with_table("    from: $\n    rows: [{columns: {a: $.a}}]\n    columns: {a: {type: text}}\n")),
            "m.yaml:4: from belongs into an entry of rows");
  EXPECT_EQ(error_of(with_table("    rows: [{from: $}]\n")), R"(m.yaml:4: a row source needs the field "columns")");
  EXPECT_EQ(error_of(with_table("    key: [a]\n    rows:\n      - columns: {a: $.a}\n      - columns: {b: $.b}\n")),
            R"(m.yaml:7: these rows of table "t" give no value for key column "a")");
}

TEST(MappingError, OfADuplicatesRule) {
  EXPECT_EQ(error_of(with_table("    key: [a]\n    on_duplicate: skp\n    columns: {a: $.a}\n")),
            R"(m.yaml:5: on_duplicate cannot be "skp"; did you mean "skip"?)");
  EXPECT_EQ(error_of(with_table("    key: [a]\n    on_duplicate: latest\n    columns: {a: $.a}\n")),
            "m.yaml:5: latest needs the column that decides: on_duplicate: {latest: updated_at}");
  EXPECT_EQ(error_of(with_table("    key: [a]\n    on_duplicate: {latest: b}\n    columns: {a: $.a}\n")),
            R"(m.yaml:5: latest names column "b", which table "t" does not have)");
  EXPECT_EQ(error_of(with_table("    on_duplicate: skip\n    columns: {a: $.a}\n")),
            "m.yaml:4: on_duplicate needs a key: the columns that make two rows the same");
}

TEST(MappingError, OfAName) {
  const std::string long_name(64, 'x');
  EXPECT_EQ(error_of("version: 1\ntables:\n  " + long_name + ": {columns: {a: $.a}}\n"),
            "m.yaml:3: a table name has 64 bytes, and PostgreSQL's names have at most 63: \"" + long_name + "\"");
  EXPECT_EQ(error_of(with_table("    columns:\n      a: $.a\n      " + long_name + ": $.b\n")),
            "m.yaml:6: a column name has 64 bytes, and PostgreSQL's names have at most 63: \"" + long_name + "\"");
  EXPECT_EQ(error_of(with_table("    columns: {\"a\\0b\": $.a}\n")), R"(m.yaml:4: a column name holds U+0000: "a\u0000b")");
  EXPECT_EQ(error_of(with_table("    columns: {\"\": $.a}\n")), "m.yaml:4: a column name is empty");
  EXPECT_EQ(error_of(with_table("    columns: {a: $.a, a: $.b}\n")), R"(m.yaml:4: "a" stands twice in the same map)");
}

TEST(MappingError, OfAColumn) {
  EXPECT_EQ(
      error_of(with_column("id")),
      "m.yaml:3: \"id\" is no path, which begins with $ or @; a fixed value is written {constant: id}, a type {type: id}");
  EXPECT_EQ(error_of(with_column("[$.a, $.b]")),
            "m.yaml:3: a column is a path or a map; several paths are written {first: [$.a, $.b]}");
  EXPECT_EQ(error_of(with_column("{path: \"$.tags[*]\"}")),
            R"(m.yaml:3: "$.tags[*]" has many values, and one is wanted here; put the [*] in from)");
  EXPECT_EQ(error_of(with_column("{path: $.a, constant: 1}")),
            R"(m.yaml:3: column "a" has both path and constant; it takes its value from one of them)");
  EXPECT_EQ(error_of(with_table("    from: $\n    columns: {a: {type: text}}\n")),
            R"(m.yaml:5: column "a" takes its value from nowhere; give it path, first, template, constant or meta)");
  EXPECT_EQ(error_of(with_table("    from: $\n    columns: {a: }\n")), R"(m.yaml:5: column "a" is empty; give it a path)");
  EXPECT_EQ(error_of(with_column("{path: $.a, transform: uper}")),
            R"(m.yaml:3: transform cannot be "uper"; did you mean "upper"?)");
  EXPECT_EQ(error_of(with_column("{path: $.a, default: [1]}")),
            "m.yaml:3: default must be a single value: a text, a number, true, false or null");
  EXPECT_EQ(error_of(with_column("{path: $.a, format: epoch}")),
            "m.yaml:3: format cannot be \"epoch\"; did you mean \"epoch_s\"?");
  EXPECT_TRUE(error_of(with_column("{path: $.a, format: \"%Y-%Q\"}")).starts_with("m.yaml:3: ")) << "%Q is no directive";
  EXPECT_EQ(error_of(with_column("{path: $.a, format: \"%H:%M\"}")), "");
  EXPECT_TRUE(error_of(with_column("{path: $.a, timezone: Europe/Atlantis}")).starts_with("m.yaml:3: ")) << "no such zone";
  EXPECT_EQ(error_of(with_column("{path: $.a, type: text NOT NULL}")),
            R"(m.yaml:3: "text NOT NULL" is no type name: "NOT NULL" does not belong to a type)");
  EXPECT_EQ(error_of(with_column("{meta: position}")), "m.yaml:3: position is of an element, and from has no [*]");
  EXPECT_EQ(error_of(with_column("{meta: sauce}")), R"(m.yaml:3: meta cannot be "sauce"; did you mean "source"?)");
  EXPECT_EQ(error_of(with_column("{meta: line, of: x}")), "m.yaml:3: of belongs to meta: position and meta: key");
  EXPECT_EQ(error_of(with_column("{first: $.a}")), "m.yaml:3: first must be a list of paths: first: [$.a, $.b]");
  EXPECT_EQ(error_of(with_column("{template: \"{$.a\"}")),
            "m.yaml:3: a } is missing in template \"{$.a\"; the character { itself is written {{");
  EXPECT_EQ(error_of(with_column("{template: \"a}\"}")),
            R"(m.yaml:3: a single } in template "a}"; the character itself is written }})");
  EXPECT_EQ(error_of(with_column("{template: \"{a}\"}")), R"(m.yaml:3: "a" is no path: a path begins with $ or @)");
}

TEST(MappingError, OfColumnsThatContradictOneAnother) {
  const std::string rows = "    rows:\n      - columns: {a: {path: $.a, type: bigint}}\n      - columns: {a: {path: $.b, ";
  EXPECT_EQ(error_of(with_table(rows + "type: text}}\n")), R"(m.yaml:6: column "a" is text here and bigint in line 5)");
  EXPECT_EQ(error_of(with_table(rows + "type: bigint}}\n")), "");
  EXPECT_EQ(
      error_of(with_table(
          "    rows:\n      - columns: {a: {path: $.a, nul: strip}}\n      - columns: {a: {path: $.b, nul: escape}}\n")),
      R"(m.yaml:6: column "a" has another nul here than in line 5)");
}

TEST(MappingError, OfFromAndItsLevels) {
  EXPECT_EQ(error_of(with_table("    from: \"@.a\"\n    columns: {a: $.a}\n")),
            "m.yaml:4: from must begin at the document: $, $.user or $.items[*]");
  EXPECT_EQ(error_of(with_table("    from: {a: \"$.x[*]\", b: \"$.y[*]\"}\n    columns: {a: $.a}\n")),
            "m.yaml:4: this level must begin at the one before it: $a");
  EXPECT_EQ(error_of(with_table("    from: {a: $.x, b: \"$a.y[*]\"}\n    columns: {a: $.a}\n")),
            R"(m.yaml:4: level "a" must end in [*]; only the last level may be an object)");
  EXPECT_EQ(error_of(with_table("    from: {order: \"$.x[*]\"}\n    columns:\n      a: $ordr.a\n")),
            R"(m.yaml:6: no level "$ordr" in from; did you mean "$order"?)");
  EXPECT_EQ(error_of(with_column("$id")), R"(m.yaml:3: no level "$id" in from; a path of the document is written $.id)");
  EXPECT_EQ(error_of(with_table("    from: {1a: \"$.x[*]\"}\n    columns: {a: $.a}\n")),
            R"(m.yaml:4: "1a" cannot name a level: letters, digits and _ only, no digit first)");
}

TEST(MappingError, OfAForeignKeyOrARef) {
  EXPECT_EQ(error_of(sample_with("references: users", "references: user")),
            R"(m.yaml:29: no such table "user" in this mapping; did you mean "users"?)");
  EXPECT_EQ(error_of(sample_with("references: users", "references: places")),
            "m.yaml:29: no such table \"places\" in this mapping; for a table that the mapping does not fill, say its "
            "referenced_columns");
  EXPECT_EQ(error_of(sample_with("references: users", "references: places, referenced_columns: [id]")), "");
  EXPECT_EQ(error_of(sample_with("references: users", "references: users, referenced_columns: [nam]")),
            R"(m.yaml:29: table "users" has no column "nam"; did you mean "name"?)");
  EXPECT_EQ(
      error_of(sample_with("{columns: [id_users]", "{columns: [id_user]")),
      R"(m.yaml:29: a foreign key names column "id_user", which table "tweets" does not have; did you mean "id_users"?)");
  EXPECT_EQ(error_of(sample_with("{columns: [id_users]", "{columns: [id_users, text]")),
            "m.yaml:29: this foreign key has 2 columns and refers to 1");
  EXPECT_EQ(error_of(sample_with("ref: urls", "ref: url")),
            R"(m.yaml:23: no such table "url" in this mapping; did you mean "urls"?)");
  EXPECT_EQ(error_of(sample_with("ref: urls", "ref: tweets")),
            R"(m.yaml:23: table "tweets" has no surrogate, so there is no generated id to refer to)");
  EXPECT_EQ(error_of(sample_with("{ref: urls, path: \"@.url\"}", "{ref: urls, columns: {ulr: \"@.url\"}}")),
            R"(m.yaml:23: "ulr" is not in the key of table "urls"; did you mean "url"?)");
  EXPECT_EQ(error_of(sample_with("{ref: urls, path: \"@.url\"}", "{ref: urls, columns: {}}")),
            R"(m.yaml:23: this ref gives no value for key column "url" of table "urls")");
  EXPECT_EQ(error_of(sample_with("{ref: urls, path: \"@.url\"}", "{ref: urls}")),
            R"(m.yaml:23: column "id_urls" takes its value from nowhere; give it path, first, template, constant or meta)");
}

TEST(MappingError, OfASurrogate) {
  EXPECT_EQ(error_of(sample_with("    key: [url]\n", "")),
            "m.yaml:11: a surrogate needs a key: the columns that make two rows the same");
  EXPECT_EQ(error_of(sample_with("surrogate: id_urls", "surrogate: url")),
            R"(m.yaml:12: "url" is the generated id, and cannot be among the columns too)");
  EXPECT_EQ(error_of(sample_with("surrogate: id_urls", "surrogate: id_urls\n    on_duplicate: update")),
            R"(m.yaml:10: table "urls" has a surrogate, so on_duplicate is skip, fill or latest)");
}

TEST(MappingError, OfACycleNamesIt) {
  EXPECT_EQ(error_of(R"(version: 1
tables:
  z: {key: [a], columns: {a: $.a}, foreign_keys: [{columns: [a], references: a}]}
  a: {key: [a], columns: {a: $.a}, foreign_keys: [{columns: [a], references: b}]}
  b: {key: [a], columns: {a: $.a}, foreign_keys: [{columns: [a], references: c}]}
  c: {key: [a], columns: {a: $.a}, foreign_keys: [{columns: [a], references: a}]}
)"),
            "m.yaml:4: the references between tables go in a circle: a -> b -> c -> a");
  EXPECT_EQ(error_of("version: 1\ntables:\n  a: {key: [a], columns: {a: $.a, up: $.b}, foreign_keys: [{columns: [up], "
                     "references: a}]}\n"),
            "");
}

TEST(MappingError, OfTheRoot) {
  EXPECT_EQ(error_of("version: 1\nroot: t\ntables:\n  t: {columns: {a: $.a}}\n"),
            R"(m.yaml:4: the root table "t" needs a key)");
  EXPECT_EQ(error_of("version: 1\nroot: t\ntables:\n  t: {key: [a], from: \"$.x[*]\", columns: {a: \"@.a\"}}\n"),
            R"(m.yaml:4: the root table "t" has one row per document, so no [*] in from)");
  EXPECT_EQ(error_of("version: 1\nroot: t\ntables:\n  t: {key: [a], rows: [{columns: {a: $.a}}, {columns: {a: $.b}}]}\n"),
            R"(m.yaml:4: the root table "t" needs exactly one row source, not 2)");
  EXPECT_EQ(error_of("version: 1\nroot: t\ntables:\n  t: {key: [a], shared: true, columns: {a: $.a}}\n"),
            R"(m.yaml:4: the root table "t" is never shared)");
  EXPECT_EQ(error_of("version: 1\nroot: t\ntables:\n  t: {key: [a], on_duplicate: fill, columns: {a: $.a}}\n"),
            "m.yaml:4: on_duplicate of the root table \"t\" is error, skip, update or latest: fill says nothing of the rows "
            "below it");
}

TEST(MappingError, OfUnsharedTablesThatDoNotLeadToARootThatIsReplaced) {
  const auto orders = [](const std::string& rule, const std::string& items, const std::string& parts) {
    return "version: 1\nroot: orders\ntables:\n"
           "  orders: {key: [id], on_duplicate: " +
           rule +
           ", columns: {id: $.id}}\n"
           "  items: {from: \"$.items[*]\", key: [id], columns: {id: \"@.id\", order_id: $.id}" +
           items +
           "}\n"
           "  parts: {from: \"$.parts[*]\", columns: {item_id: \"@.item\"}" +
           parts + "}\n";
  };
  const std::string to_order = ", foreign_keys: [{columns: [order_id], references: orders}]";
  const std::string to_item = ", foreign_keys: [{columns: [item_id], references: items}]";
  const std::string end =
      " does not lead to the root table \"orders\" by foreign_keys, so its rows of a document that comes again "
      "could not be replaced; declare them, or shared: true";
  EXPECT_EQ(error_of(orders("update", "", "")), "m.yaml:5: table \"items\"" + end);
  EXPECT_EQ(error_of(orders("update", to_order, "")), "m.yaml:6: table \"parts\"" + end);
  EXPECT_EQ(error_of(orders("update", to_order, to_item)), "");
  EXPECT_EQ(error_of(orders("update", to_order, ", shared: true")), "");
  EXPECT_EQ(error_of(orders("{latest: id}", "", "")), "m.yaml:5: table \"items\"" + end);
  EXPECT_EQ(error_of(orders("skip", "", "")), "");
  EXPECT_EQ(error_of(orders("error", "", "")), "");
  EXPECT_EQ(error_of(orders("update", to_order + ", shared: true", to_item)), "m.yaml:6: table \"parts\"" + end);
}

TEST(MappingError, OfACondition) {
  const auto when = [](const std::string& condition) {
    return error_of("version: 1\ntables:\n  t:\n    when: " + condition + "\n    columns: {a: $.a}\n");
  };
  EXPECT_TRUE(when("{path: $.a, matches: \"(\"}").starts_with("m.yaml:4: \"(\" is no regular expression: "));
  EXPECT_EQ(when("{path: $.a, equal: 1}"), R"(m.yaml:4: no such field "equal"; did you mean "equals"?)");
  EXPECT_EQ(when("{equals: 1}"), "m.yaml:4: equals needs the path of the value it tests");
  EXPECT_EQ(when("{}"), "m.yaml:4: a condition without a test; it needs a path, not, all or any");
  EXPECT_EQ(when("{any: []}"), "m.yaml:4: any must be a list of conditions");
  EXPECT_EQ(when("{path: $.a, in: 1}"), "m.yaml:4: in must be a list of values");
  EXPECT_EQ(when("{path: $.a, matches: " + std::string(1001, 'a') + "}"), "m.yaml:4: a pattern of more than 1000 bytes");
}

TEST(MappingError, ShowsOddTextsSafely) {
  EXPECT_EQ(error_of(with_column("\"a\\e[31m\"")).substr(0, 21), "m.yaml:3: \"a\\u001b[31");
  EXPECT_NE(error_of(with_column(std::string(300, 'x'))).find(std::string(100, 'x') + "…\""), std::string::npos);
}

}  // namespace
}  // namespace pgfeed
