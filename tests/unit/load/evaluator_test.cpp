#include "load/evaluator.hpp"

#include <gtest/gtest.h>

#include "unit/load/offline_target.hpp"

namespace pgfeed {
namespace {

/// The rows of a table whose columns, all text unless they say otherwise, are these, made of one document.
Strings rows_of(const std::string& columns, const std::string& document, const std::string& more = "") {
  const OfflineTarget target("version: 1\ntables:\n  t:\n    columns: " + columns + "\n" + more);
  OfflineBatch batch(target, {document});
  EXPECT_TRUE(batch.batch().rejects.empty()) << batch.batch().rejects.front().reason;
  return batch.all(0);
}

TEST(Operands, FirstTakesTheFirstThatIsNeitherNullNorMissing) {
  const std::string columns = "{x: {first: [$.a, $.b.c, {constant: none}]}}";
  EXPECT_EQ(rows_of(columns, R"({"a":"1","b":{"c":"2"}})"), Strings{"1"});
  EXPECT_EQ(rows_of(columns, R"({"a":null,"b":{"c":"2"}})"), Strings{"2"});
  EXPECT_EQ(rows_of(columns, R"({"b":{}})"), Strings{"none"});
  EXPECT_EQ(rows_of(columns, R"({"a":""})"), Strings{""});
}

TEST(Operands, DefaultStandsForNullAndMissingAndIsNotTransformed) {
  const std::string columns = "{x: {path: $.a, transform: upper, default: nil}}";
  EXPECT_EQ(rows_of(columns, R"({"a":"b"})"), Strings{"B"});
  EXPECT_EQ(rows_of(columns, R"({"a":null})"), Strings{"nil"});
  EXPECT_EQ(rows_of(columns, "{}"), Strings{"nil"});
  EXPECT_EQ(rows_of("{x: $.a}", "{}"), Strings{"NULL"});
}

TEST(Operands, ConstantsAreWhatTheYamlSays) {
  EXPECT_EQ(rows_of("{a: {constant: archive}, b: {constant: 12, type: bigint}, c: {constant: null}}", "{}"),
            Strings{"archive|12|NULL"});
}

TEST(Operands, MetaTellsWhereADocumentComesFrom) {
  const OfflineTarget target(
      "version: 1\ntables:\n  t:\n    columns: {a: {meta: source}, b: {meta: offset, type: bigint}, "
      "c: {meta: line, type: bigint}, d: {meta: load_time}}\n");
  EXPECT_TRUE(uses_lines(target.plan()));
  OfflineBatch batch(target, {"{}", "{}"});
  EXPECT_EQ(batch.all(0), (Strings{"file:///x.json|0|1|2024-05-01T00:00:00Z", "file:///x.json|100|2|2024-05-01T00:00:00Z"}));
}

TEST(Operands, PositionAndKeyAreThoseOfTheLevelThatIsNamed) {
  EXPECT_EQ(
      rows_of("{o: {meta: position, of: order, type: integer}, i: {meta: position, type: integer}, s: $item.sku, "
              "c: $order.city, d: $.id}",
              R"({"id":"d","orders":[{"city":"A","items":[{"sku":"x"},{"sku":"y"}]},{"items":[{"sku":"z"}],"city":"B"}]})",
              "    from: {order: '$.orders[*]', item: '$order.items[*]'}\n"),
      (Strings{"0|0|x|A|d", "0|1|y|A|d", "1|0|z|B|d"}));
  EXPECT_EQ(
      rows_of("{k: {meta: key}, v: {path: '@', type: bigint}}", R"({"counts":{"a\n":1,"":2}})", "    from: $.counts[*]\n"),
      (Strings{"a\n|1", "|2"}));
}

TEST(Templates, AreNullAsSoonAsOnePieceIs) {
  const std::string columns = "{x: {template: '{{#{$.a}-{$.b}}}'}}";
  EXPECT_EQ(rows_of(columns, R"({"a":"é","b":2.50})"), Strings{"{#é-2.50}"});
  EXPECT_EQ(rows_of(columns, R"({"a":"","b":true})"), Strings{"{#-true}"});
  EXPECT_EQ(rows_of(columns, R"({"a":"x","b":null})"), Strings{"NULL"});
  EXPECT_EQ(rows_of(columns, R"({"b":"x"})"), Strings{"NULL"});
}

TEST(Templates, AnObjectInOneIsRejected) {
  const OfflineTarget target("version: 1\ntables: {t: {columns: {x: {template: '#{$.a}'}}}}\n");
  OfflineBatch batch(target, {R"({"a":{"b":1}})"});
  ASSERT_EQ(batch.batch().rejects.size(), 1U);
  EXPECT_EQ(batch.batch().rejects[0].column, "x");
  EXPECT_TRUE(batch.all(0).empty());
}

TEST(Transforms, ChangeTextsAndLeaveTheRest) {
  const std::string columns =
      "{l: {path: $.a, transform: lower}, u: {path: $.a, transform: upper}, t: {path: $.a, transform: trim}}";
  EXPECT_EQ(rows_of(columns, R"({"a":" \tÄb\u00a0 \n"})"), Strings{" \täb\u00a0 \n| \tÄB\u00a0 \n|Äb\u00a0"});
  EXPECT_EQ(rows_of(columns, R"({"a":"  "})"), Strings{"  |  |"});
  EXPECT_EQ(rows_of(columns, R"({"a":1E5})"), Strings{"1E5|1E5|1E5"});
}

/// Whether a document passes `when`.
bool passes(const std::string& condition, const std::string& document) {
  return !rows_of("{x: {constant: 1}}", document, "    when: " + condition + "\n").empty();
}

TEST(Conditions, ExistsMeansThereAndNotNull) {
  for (const char* condition : {"$.a", "{path: $.a}", "{path: $.a, exists: true}"}) {
    EXPECT_TRUE(passes(condition, R"({"a":0})")) << condition;
    EXPECT_TRUE(passes(condition, R"({"a":{}})")) << condition;
    EXPECT_FALSE(passes(condition, R"({"a":null})")) << condition;
    EXPECT_FALSE(passes(condition, "{}")) << condition;
  }
  EXPECT_TRUE(passes("{path: $.a, exists: false}", R"({"a":null})"));
  EXPECT_FALSE(passes("{path: $.a, exists: false}", R"({"a":false})"));
}

TEST(Conditions, EqualsGoesByKindAndSpelling) {
  EXPECT_TRUE(passes("{path: $.a, equals: photo}", R"({"a":"photo"})"));
  EXPECT_FALSE(passes("{path: $.a, equals: photo}", R"({"a":"Photo"})"));
  EXPECT_TRUE(passes("{path: $.a, equals: 1}", R"({"a":1})"));
  EXPECT_FALSE(passes("{path: $.a, equals: 1}", R"({"a":1.0})"));
  EXPECT_FALSE(passes("{path: $.a, equals: 1}", R"({"a":"1"})"));
  EXPECT_TRUE(passes("{path: $.a, equals: '1'}", R"({"a":"1"})"));
  EXPECT_TRUE(passes("{path: $.a, equals: false}", R"({"a":false})"));
  EXPECT_TRUE(passes("{path: $.a, equals: null}", R"({"a":null})"));
  EXPECT_TRUE(passes("{path: $.a, equals: null}", "{}"));
  EXPECT_FALSE(passes("{path: $.a, equals: null}", R"({"a":0})"));
}

TEST(Conditions, InIsOneOfAList) {
  EXPECT_TRUE(passes("{path: $.a, in: [x, 2, null]}", R"({"a":2})"));
  EXPECT_TRUE(passes("{path: $.a, in: [x, 2, null]}", "{}"));
  EXPECT_FALSE(passes("{path: $.a, in: [x, 2]}", R"({"a":3})"));
  EXPECT_FALSE(passes("{path: $.a, in: [x, 2]}", "{}"));
}

TEST(Conditions, MatchesFindsAPartUnlessTied) {
  EXPECT_TRUE(passes("{path: $.a, matches: 'b+'}", R"({"a":"abbc"})"));
  EXPECT_FALSE(passes("{path: $.a, matches: '^b'}", R"({"a":"abbc"})"));
  EXPECT_TRUE(passes("{path: $.a, matches: '^[0-9]+$'}", R"({"a":123})"));
  EXPECT_FALSE(passes("{path: $.a, matches: '.*'}", R"({"a":null})"));
  EXPECT_FALSE(passes("{path: $.a, matches: '.*'}", R"({"a":["x"]})"));
}

TEST(Conditions, CombineAsTheirNamesSay) {
  EXPECT_TRUE(passes("{not: $.a}", "{}"));
  EXPECT_FALSE(passes("{not: $.a}", R"({"a":1})"));
  EXPECT_TRUE(passes("{all: [$.a, $.b]}", R"({"a":1,"b":1})"));
  EXPECT_FALSE(passes("{all: [$.a, $.b]}", R"({"a":1})"));
  EXPECT_TRUE(passes("{any: [$.a, $.b]}", R"({"b":1})"));
  EXPECT_FALSE(passes("{any: [$.a, $.b]}", R"({"c":1})"));
  EXPECT_FALSE(passes("{path: $.a, equals: x, not: {any: [$.b, $.c]}}", R"({"a":"x","c":1})"));
  EXPECT_TRUE(passes("{path: $.a, equals: x, not: {any: [$.b, $.c]}}", R"({"a":"x"})"));
}

TEST(Conditions, SkipWhenTakesTheDocumentOutOfAllTables) {
  const OfflineTarget target(
      "version: 1\nskip_when: [$.delete, {path: $.kind, in: [ping]}]\ntables:\n  t: {columns: {x: $.x}}\n");
  OfflineBatch batch(
      target, {R"({"x":"1"})", R"({"x":"2","delete":{}})", R"({"x":"3","kind":"ping"})", R"({"x":"4","kind":"pong"})"});
  EXPECT_EQ(batch.all(0), (Strings{"1", "4"}));
  EXPECT_EQ(batch.batch().documents[1].state, DocumentState::skipped);
  EXPECT_EQ(batch.batch().documents[2].state, DocumentState::skipped);
}

}  // namespace
}  // namespace pgfeed
