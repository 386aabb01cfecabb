#include "mapping/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sample.hpp"

namespace pgfeed {
namespace {

using testing::ElementsAre;

/// Walks the trie by names and positions; `*` enters a scope.
std::int32_t node_at(const Projection& projection, const std::vector<std::string>& steps) {
  std::int32_t at = 0;
  for (const std::string& step : steps) {
    const Projection::Node& node = projection.nodes[static_cast<std::size_t>(at)];
    std::int32_t next = -1;
    if (step == "*" && node.each >= 0) next = projection.scopes[static_cast<std::size_t>(node.each)].node;
    for (const auto& field : node.fields) next = field.name == step ? field.node : next;
    for (const auto& [position, child] : node.indexes) next = std::to_string(position) == step ? child : next;
    if (next < 0) return -1;
    at = next;
  }
  return at;
}

std::int32_t slot_at(const Plan& plan, const std::vector<std::string>& steps) {
  const std::int32_t node = node_at(plan.projection, steps);
  return node < 0 ? -1 : plan.projection.nodes[static_cast<std::size_t>(node)].slot;
}

// A plain pointer: GCC 14 takes a reference that comes back from a call with a temporary for one that dangles.
const ColumnSource& source_of(const Table& table, std::size_t rows, const char* column) {
  for (const ColumnSource& source : table.row_sources[rows].columns) {
    if (table.columns[source.column].name == column) return source;
  }
  throw Error(ErrorKind::mapping, std::string("no source of ") + column);
}

SlotRef slot_of(const Table& table, std::size_t rows, const char* column) {
  return std::get<SlotRef>(source_of(table, rows, column).first.at(0));
}

TEST(Plan, OfTheSampleHasItsHeadAndTables) {
  const Plan plan = compile_mapping(kSample, "dir/sample.yaml");
  EXPECT_EQ(plan.file, "dir/sample.yaml");
  EXPECT_EQ(plan.feed, "tweets");
  EXPECT_EQ(plan.documents, "$");
  ASSERT_EQ(plan.tables.size(), 4u);
  EXPECT_EQ(plan.root, 2);
  ASSERT_EQ(plan.skip_when.size(), 2u);
  EXPECT_EQ(plan.skip_when[1].kind, Condition::Kind::exists);
  EXPECT_EQ(plan.skip_when[1].slot.slot, slot_at(plan, {"limit"}));

  const Table& urls = plan.tables[0];
  EXPECT_EQ(urls.surrogate, "id_urls");
  EXPECT_EQ(urls.rule, DuplicateRule::skip);
  EXPECT_TRUE(urls.row_sources.empty());
  EXPECT_TRUE(urls.is_shared());

  const Table& users = plan.tables[1];
  EXPECT_EQ(users.rule, DuplicateRule::latest);
  EXPECT_EQ(users.latest, "updated_at");
  EXPECT_EQ(users.line, 14);
  EXPECT_TRUE(users.is_shared());
  std::vector<std::string> names;
  for (const Column& column : users.columns) names.push_back(column.name + " " + column.type);
  EXPECT_THAT(names, ElementsAre("id_users bigint", "created_at timestamptz", "updated_at timestamptz", "id_urls ", "name ",
                                 "screen_name "));
  EXPECT_TRUE(users.columns[3].is_ref);
  EXPECT_EQ(users.columns[3].created_type, "bigint");
  EXPECT_EQ(users.columns[4].created_type, "text");
  EXPECT_EQ(users.columns[0].line, 20);
  EXPECT_EQ(users.columns[0].options.nul, NulPolicy::escape);
  EXPECT_EQ(users.columns[0].options.time_format, "%a %b %d %H:%M:%S %z %Y");
  EXPECT_EQ(users.columns[0].options.timezone, "UTC");

  const Table& tweets = plan.tables[2];
  EXPECT_EQ(tweets.rule, DuplicateRule::skip);
  EXPECT_FALSE(tweets.is_shared());
  ASSERT_EQ(tweets.foreign_keys.size(), 1u);
  EXPECT_THAT(tweets.foreign_keys[0].columns, ElementsAre("id_users"));
  EXPECT_EQ(tweets.foreign_keys[0].references, (TableName{"", "users"}));
  EXPECT_EQ(plan.tables[3].rule, DuplicateRule::error);
}

TEST(Plan, OfTheSampleReadsEachPathOnce) {
  const Plan plan = compile_mapping(kSample, "m.yaml");
  const Table& users = plan.tables[1];
  const Table& tweets = plan.tables[2];
  const Table& tags = plan.tables[3];
  const auto& scopes = plan.projection.scopes;
  ASSERT_EQ(scopes.size(), 3u);
  EXPECT_EQ(scopes[1].parent, 0);
  EXPECT_EQ(scopes[2].parent, 0);

  EXPECT_EQ(users.row_sources[0].scope, 0);
  ASSERT_TRUE(users.row_sources[0].present);
  EXPECT_EQ(users.row_sources[0].present->slot, slot_at(plan, {"user"}));
  EXPECT_EQ(users.row_sources[1].scope, 1);
  EXPECT_FALSE(users.row_sources[1].present);
  EXPECT_EQ(scopes[1].node, node_at(plan.projection, {"entities", "user_mentions", "*"}));
  EXPECT_EQ(scopes[1].slots, 3u);
  EXPECT_EQ(slot_of(users, 1, "screen_name").scope, 1);
  EXPECT_EQ(slot_of(users, 1, "screen_name").slot, slot_at(plan, {"entities", "user_mentions", "*", "screen_name"}));

  // The same path twice is the same slot: $.user.id is "@.id" of $.user.
  EXPECT_EQ(slot_of(tweets, 0, "id_users").slot, slot_of(users, 0, "id_users").slot);
  EXPECT_EQ(slot_of(tags, 0, "id_tweets").slot, slot_of(tweets, 0, "id_tweets").slot);
  EXPECT_EQ(slot_of(tags, 0, "id_tweets").scope, 0);
  EXPECT_EQ(slot_of(tweets, 0, "raw").slot, plan.projection.nodes[0].slot);
  EXPECT_EQ(tweets.row_sources[0].scope, 0);
  EXPECT_FALSE(tweets.row_sources[0].present);

  // delete, limit, user, user.{id, created_at, url}, created_at, id, two texts, country_code, $.
  EXPECT_EQ(scopes[0].slots, 12u);
  std::uint32_t slots = 0;
  for (const auto& node : plan.projection.nodes) slots += node.slot >= 0 ? 1 : 0;
  EXPECT_EQ(slots, scopes[0].slots + scopes[1].slots + scopes[2].slots);
}

TEST(Plan, OfTheSampleHasItsSources) {
  const Plan plan = compile_mapping(kSample, "m.yaml");
  const Table& users = plan.tables[1];
  const ColumnSource& url = source_of(users, 0, "id_urls");
  EXPECT_EQ(url.ref, 0);
  EXPECT_TRUE(url.first.empty());
  ASSERT_EQ(url.ref_key.size(), 1u);
  EXPECT_EQ(url.ref_key[0].column, 0u);
  EXPECT_EQ(std::get<SlotRef>(url.ref_key[0].first.at(0)).slot, slot_at(plan, {"user", "url"}));
  EXPECT_EQ(url.line, 23);

  const Table& tweets = plan.tables[2];
  const ColumnSource& text = source_of(tweets, 0, "text");
  ASSERT_EQ(text.first.size(), 2u);
  EXPECT_EQ(std::get<SlotRef>(text.first[0]).slot, slot_at(plan, {"extended_tweet", "full_text"}));
  EXPECT_EQ(source_of(tweets, 0, "country_code").transform, Transform::lower);
  EXPECT_EQ(std::get<MetaRef>(source_of(tweets, 0, "source_file").first.at(0)).meta, Meta::source);

  const auto& tag = std::get<Template>(source_of(plan.tables[3], 0, "tag").first.at(0));
  ASSERT_EQ(tag.pieces.size(), 2u);
  EXPECT_EQ(std::get<std::string>(tag.pieces[0]), "#");
  EXPECT_EQ(std::get<SlotRef>(tag.pieces[1]).slot, slot_at(plan, {"entities", "hashtags", "*", "text"}));
}

TEST(Plan, NestedArraysHaveAScopeForEachLevel) {
  const Plan plan = compile_mapping(R"(version: 1
tables:
  items:
    from: {order: "$.orders[*]", item: "$order.items[*]"}
    columns:
      order_id: $order.id
      sku: $item.sku
      same_sku: "@.sku"
      shop: $.shop
      order_at: {meta: position, of: order}
      item_at: {meta: position}
  unnamed:
    from: $.orders[*].items[*]
    columns: {sku: "@.sku"}
  customers:
    from: {order: "$.orders[*]", customer: "@.customer"}
    columns: {name: $customer.name, order_id: $order.id}
)",
                                    "m.yaml");
  const auto& scopes = plan.projection.scopes;
  ASSERT_EQ(scopes.size(), 3u);
  EXPECT_EQ(scopes[1].parent, 0);
  EXPECT_EQ(scopes[2].parent, 1);
  const Table& items = plan.tables[0];
  EXPECT_EQ(items.row_sources[0].scope, 2);
  EXPECT_EQ(slot_of(items, 0, "order_id").scope, 1);
  EXPECT_EQ(slot_of(items, 0, "sku").scope, 2);
  EXPECT_EQ(slot_of(items, 0, "same_sku").slot, slot_of(items, 0, "sku").slot);
  EXPECT_EQ(slot_of(items, 0, "shop").scope, 0);
  EXPECT_EQ(std::get<MetaRef>(source_of(items, 0, "order_at").first[0]).scope, 1);
  EXPECT_EQ(std::get<MetaRef>(source_of(items, 0, "item_at").first[0]).scope, 2);
  EXPECT_EQ(slot_of(plan.tables[1], 0, "sku").slot, slot_of(items, 0, "sku").slot);
  const RowSource& customers = plan.tables[2].row_sources[0];
  EXPECT_EQ(customers.scope, 1);
  ASSERT_TRUE(customers.present);
  EXPECT_EQ(customers.present->scope, 1);
  EXPECT_EQ(slot_of(plan.tables[2], 0, "order_id").slot, slot_of(items, 0, "order_id").slot);
}

TEST(Plan, PositionsAndEachShareANode) {
  const Plan plan = compile_mapping(R"(version: 1
tables:
  a: {columns: {head: "$.tags[0]", third: "$.tags[2].x"}}
  b: {from: "$.tags[*]", columns: {tag: "@"}}
)",
                                    "m.yaml");
  const std::int32_t tags = node_at(plan.projection, {"tags"});
  EXPECT_EQ(plan.projection.nodes[static_cast<std::size_t>(tags)].indexes.size(), 2u);
  EXPECT_EQ(plan.projection.nodes[static_cast<std::size_t>(tags)].each, 1);
  EXPECT_EQ(slot_of(plan.tables[1], 0, "tag").scope, 1);
  EXPECT_EQ(slot_at(plan, {"tags", "*"}), slot_of(plan.tables[1], 0, "tag").slot);
}

TEST(Plan, ConstantsAreSpelledAsInJson) {
  const Plan plan = compile_mapping(R"(version: 1
tables:
  t:
    columns:
      number: {constant: -1.50e3}
      text: {constant: "12"}
      word: {constant: 0x1F}
      flag: {constant: true}
      nothing: {constant: null}
      missing: {path: $.a, default: 0, transform: trim}
      last: {first: ["$.a", {template: "{{{$.b}}}!"}, {constant: none}]}
)",
                                    "m.yaml");
  const Table& table = plan.tables[0];
  const auto constant = [&](const char* column) { return std::get<Constant>(source_of(table, 0, column).first.at(0)); };
  EXPECT_EQ(constant("number").kind, ValueKind::number);
  EXPECT_EQ(constant("number").text, "-1.50e3");
  EXPECT_EQ(constant("text").kind, ValueKind::string);
  EXPECT_EQ(constant("word").kind, ValueKind::string);
  EXPECT_EQ(constant("flag").kind, ValueKind::boolean);
  EXPECT_EQ(constant("nothing").kind, ValueKind::null);
  EXPECT_EQ(source_of(table, 0, "missing").fallback->kind, ValueKind::number);
  EXPECT_EQ(source_of(table, 0, "missing").transform, Transform::trim);
  const auto& last = source_of(table, 0, "last").first;
  ASSERT_EQ(last.size(), 3u);
  const auto& pieces = std::get<Template>(last[1]).pieces;
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(std::get<std::string>(pieces[0]), "{");
  EXPECT_EQ(std::get<std::string>(pieces[2]), "}!");
  EXPECT_EQ(std::get<Constant>(last[2]).text, "none");
}

TEST(Plan, ConditionsMayBeCombined) {
  const Plan plan = compile_mapping(R"(version: 1
skip_when:
  - $.delete
  - {path: $.kind, in: [ping, 5, null]}
  - {path: $.text, exists: false}
tables:
  t:
    from: $.items[*]
    when: {path: "@.type", equals: photo, not: {any: ["@.hidden", {path: "@.name", matches: "^_"}]}}
    columns: {a: "@.a"}
)",
                                    "m.yaml");
  ASSERT_EQ(plan.skip_when.size(), 3u);
  EXPECT_EQ(plan.skip_when[1].kind, Condition::Kind::in);
  ASSERT_EQ(plan.skip_when[1].values.size(), 3u);
  EXPECT_EQ(plan.skip_when[1].values[2].kind, ValueKind::null);
  EXPECT_EQ(plan.skip_when[2].kind, Condition::Kind::negation);
  EXPECT_EQ(plan.skip_when[2].of.at(0).kind, Condition::Kind::exists);

  const Condition& when = plan.tables[0].row_sources[0].when.value();
  ASSERT_EQ(when.kind, Condition::Kind::all);
  ASSERT_EQ(when.of.size(), 2u);
  EXPECT_EQ(when.of[0].kind, Condition::Kind::in);
  EXPECT_EQ(when.of[0].values.at(0).text, "photo");
  EXPECT_EQ(when.of[0].slot.scope, 1);
  const Condition& any = when.of[1].of.at(0);
  EXPECT_EQ(any.kind, Condition::Kind::any);
  EXPECT_EQ(any.of.at(1).kind, Condition::Kind::matches);
  EXPECT_EQ(any.of[1].pattern, "^_");
}

TEST(Plan, OptionsOfAColumnComeBeforeTheDefaults) {
  const Plan plan = compile_mapping(R"(version: 1
defaults: {timestamp_format: epoch_ms, timezone: Europe/Berlin, nul: strip, bytes: hex}
tables:
  t:
    columns: {when: {format: iso}}
    rows:
      - columns: {when: {path: $.a, timezone: "+02:00", nul: replace}, other: $.b}
)",
                                    "m.yaml");
  const EncodeOptions& when = plan.tables[0].columns[0].options;
  EXPECT_EQ(when.time_format, "");
  EXPECT_EQ(when.timezone, "+02:00");
  EXPECT_EQ(when.nul, NulPolicy::replace);
  const EncodeOptions& other = plan.tables[0].columns[1].options;
  EXPECT_EQ(other.time_format, "epoch_ms");
  EXPECT_EQ(other.timezone, "Europe/Berlin");
  EXPECT_EQ(other.nul, NulPolicy::strip);
  EXPECT_EQ(other.bytes, EncodeOptions::Bytes::hex);
}

TEST(Plan, ARefMayHaveSeveralKeyColumnsAndBeForwardOrToItself) {
  const Plan plan = compile_mapping(R"(version: 1
tables:
  visits:
    columns: {id_place: {ref: places, columns: {country: {path: $.cc, transform: upper}, name: $.place}}}
  places:
    key: [name, country]
    surrogate: id_places
    columns: {name: $.place, country: $.cc, id_parent: {ref: places, columns: {name: $.region, country: $.cc}}}
)",
                                    "m.yaml");
  const ColumnSource& place = source_of(plan.tables[0], 0, "id_place");
  EXPECT_EQ(place.ref, 1);
  ASSERT_EQ(place.ref_key.size(), 2u);  // in the order of the key
  EXPECT_EQ(plan.tables[1].columns[place.ref_key[0].column].name, "name");
  EXPECT_EQ(place.ref_key[1].transform, Transform::upper);
  EXPECT_EQ(source_of(plan.tables[1], 0, "id_parent").ref, 1);
}

TEST(Plan, TheFeedIsNamedByTheFileElse) {
  EXPECT_EQ(compile_mapping(with_column("$.a"), "/x/daily.orders.yaml").feed, "daily.orders");
}

TEST(Plan, TheHashIsOfTheMeaning) {
  const std::string plain = "version: 1\ntables:\n  t:\n    key: [a]\n    columns: {a: $.a, b: {path: $.b, type: text}}\n";
  const std::string other_form =
      "# a comment\nversion: 1\n\ntables:\n  t:\n    rows:\n      - from: $\n        columns:\n          a: {path: "
      "\"$['a']\"}\n"
      "          b:\n            type:  text\n            path: $.b\n    key:\n      - a\n";
  const std::string hash = compile_mapping(plain, "m.yaml").hash;
  EXPECT_EQ(hash.size(), 16u);
  EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(compile_mapping(other_form, "dir/m.yaml").hash, hash);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = plain;
    text.replace(text.find(from), from.size(), to);
    return compile_mapping(text, "m.yaml").hash;
  };
  EXPECT_NE(changed("$.b", "$.c"), hash);
  EXPECT_NE(changed("type: text", "type: bigint"), hash);
  EXPECT_NE(changed("key: [a]", "key: [b]"), hash);
  EXPECT_NE(changed("key: [a]", "key: [a]\n    on_duplicate: skip"), hash);
  EXPECT_NE(changed("version: 1", "version: 1\nfeed: x"), hash);
}

TEST(Plan, TheHashTellsEachWordOfAMappingApart) {
  const auto hash_with = [](const std::string& from, const std::string& to) {
    std::string text = R"(version: 1
documents: $.x[*]
skip_when: [{path: $.kind, equals: ping}, {path: $.kind, matches: "^p"}]
tables:
  t:
    key: [id]
    from: $.items[*]
    when: {not: "@.hidden"}
    columns:
      id: {path: "@.id", type: bigint, default: 1, nul: strip}
      origin: {constant: here}
      name: {template: "a{@.name}", transform: lower}
      at: {meta: position, format: epoch_s, timezone: "+01:00"}
      data: {first: ["@.data", "@.raw"], bytes: hex}
)";
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    return compile_mapping(text, "m.yaml").hash;
  };
  const std::string hash = hash_with("", "");
  EXPECT_EQ(hash_with("", ""), hash);
  const std::vector<std::pair<std::string, std::string>> changes{{"$.x[*]", "$.y[*]"},
                                                                 {"ping", "pong"},
                                                                 {"^p", "^q"},
                                                                 {"not:", "all: [$.a], not:"},
                                                                 {"default: 1", "default: 2"},
                                                                 {"strip", "escape"},
                                                                 {"here", "there"},
                                                                 {"a{@.name}", "b{@.name}"},
                                                                 {"lower", "upper"},
                                                                 {"position", "key"},
                                                                 {"epoch_s", "epoch_ms"},
                                                                 {"+01:00", "+02:00"},
                                                                 {"\"@.data\", \"@.raw\"", "\"@.raw\", \"@.data\", $.id"},
                                                                 {"hex", "base64"},
                                                                 {"  t:", "  u:"}};
  for (const auto& [from, to] : changes) EXPECT_NE(hash_with(from, to), hash) << from;
}

TEST(LoadMapping, ReadsAFileAndSaysWhyItCannot) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "pgfeed_sample.yaml";
  std::ofstream(file) << kSample;
  EXPECT_EQ(load_mapping(file.string()).tables.size(), 4u);
  std::filesystem::remove(file);
  try {
    load_mapping(file.string());
    FAIL() << "a missing file was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::mapping);
    EXPECT_EQ(error.source, file.string());
    EXPECT_EQ(std::string(error.what()), "cannot read the mapping " + file.string() + ": No such file or directory");
  }
  EXPECT_THROW(load_mapping(testing::TempDir()), Error);
}

}  // namespace
}  // namespace pgfeed
