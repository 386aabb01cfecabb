#include "load/row_order.hpp"

#include <gtest/gtest.h>

#include "unit/load/offline_target.hpp"

namespace pgfeed {
namespace {

/// A table (id, at, name) under a rule, with or without being the root.
std::string under(const std::string& rule, bool root = false, const std::string& type_of_at = "bigint") {
  return std::string("version: 1\n") + (root ? "root: t\n" : "") +
         "tables:\n  t:\n    key: [id]\n    shared: false\n    on_duplicate: " + rule +
         "\n    columns: {id: {path: $.id, type: bigint}, at: {path: $.at, type: " + type_of_at +
         "}, name: {path: $.name, type: text}}\n";
}

Strings states(const SplitBatch& batch) {
  Strings names;
  for (const BatchDocument& document : batch.documents) {
    names.emplace_back(document.state == DocumentState::live      ? "live"
                       : document.state == DocumentState::skipped ? "skipped"
                                                                  : "rejected");
  }
  return names;
}

const Strings kTwice{R"({"id":2,"at":1,"name":"first"})", R"({"id":1,"at":5,"name":"one"})",
                     R"({"id":2,"at":3,"name":"second"})", R"({"id":2,"at":2,"name":"third"})"};

TEST(OrderRows, SkipKeepsTheFirst) {
  const OfflineTarget target(under("skip"));
  EXPECT_EQ(OfflineBatch(target, kTwice).ordered(0), (Strings{"1|5|one", "2|1|first"}));
}

TEST(OrderRows, UpdateKeepsTheLast) {
  const OfflineTarget target(under("update"));
  EXPECT_EQ(OfflineBatch(target, kTwice).ordered(0), (Strings{"1|5|one", "2|2|third"}));
}

TEST(OrderRows, LatestKeepsTheGreatest) {
  const OfflineTarget target(under("{latest: at}"));
  EXPECT_EQ(OfflineBatch(target, kTwice).ordered(0), (Strings{"1|5|one", "2|3|second"}));
}

TEST(OrderRows, NullIsNeverTheLatest) {
  const OfflineTarget target(under("{latest: at}"));
  OfflineBatch batch(target, {R"({"id":1,"name":"null"})", R"({"id":1,"at":-5,"name":"old"})", R"({"id":1,"name":"null"})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"1|-5|old"}));
}

TEST(OrderRows, EquallyLateRowsAreLeftToTheServerUnlessTheyAreTheSame) {
  const OfflineTarget target(under("{latest: at}"));
  OfflineBatch batch(target, {R"({"id":1,"at":5,"name":"a"})", R"({"id":1,"at":5,"name":"b"})",
                              R"({"id":1,"at":5,"name":"a"})", R"({"id":1,"at":4,"name":"c"})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"1|5|a", "1|5|b"}));
}

TEST(OrderRows, OnlyTheServerOrdersTexts) {
  const OfflineTarget target(under("{latest: at}", false, "text"));
  OfflineBatch batch(target, {R"({"id":1,"at":"2024"})", R"({"id":1,"at":"2025"})"});
  EXPECT_EQ(batch.ordered(0).size(), 2U);
}

TEST(OrderRows, FillTakesWhatTheEarlierRowsDoNotHave) {
  const OfflineTarget target(under("fill"));
  OfflineBatch batch(target,
                     {R"({"id":1})", R"({"id":1,"name":"a"})", R"({"id":1,"at":7,"name":"b"})", R"({"id":2,"at":1})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"1|7|a", "2|1|NULL"}));
}

TEST(OrderRows, ErrorRejectsTheLaterDocument) {
  const OfflineTarget target(under("error"));
  OfflineBatch batch(target, kTwice);
  EXPECT_EQ(batch.ordered(0), (Strings{"1|5|one", "2|1|first"}));
  EXPECT_EQ(states(batch.batch()), (Strings{"live", "live", "rejected", "rejected"}));
  ASSERT_EQ(batch.batch().rejects.size(), 2U);
  EXPECT_EQ(batch.batch().rejects[0].document, 2U);
  EXPECT_EQ(batch.batch().rejects[0].table, "t");
  EXPECT_EQ(batch.batch().rejects[0].sqlstate, "23505");
}

TEST(OrderRows, ErrorTakesEqualRowsOfOneDocumentAsOne) {
  const OfflineTarget target(
      "version: 1\ntables:\n  t:\n    key: [id]\n    from: $.all[*]\n    columns: {id: {path: '@', type: bigint}}\n");
  OfflineBatch batch(target, {R"({"all":[7,7,3]})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"3", "7"}));
  EXPECT_EQ(states(batch.batch()), (Strings{"live"}));
}

TEST(OrderRows, ADocumentThatIsOutGivesNoRow) {
  const OfflineTarget target(under("update"));
  OfflineBatch batch(target, kTwice);
  batch.batch().documents[3].state = DocumentState::skipped;
  batch.batch().documents[1].state = DocumentState::parked;
  EXPECT_EQ(batch.ordered(0), (Strings{"2|3|second"}));
}

TEST(OrderRows, WithoutAKeyRowsStayAsTheyCame) {
  const OfflineTarget target("version: 1\ntables: {t: {columns: {id: {path: $.id, type: bigint}}}}\n");
  OfflineBatch batch(target, {R"({"id":3})", R"({"id":1})", R"({"id":3})"});
  EXPECT_EQ(batch.ordered(0), (Strings{"3", "1", "3"}));
}

TEST(SettleRootDuplicates, KeepsOneDocumentForEachKeyByTheRule) {
  const auto settled = [](const std::string& rule) {
    const OfflineTarget target(under(rule, true));
    OfflineBatch batch(target, kTwice);
    settle_root_duplicates(target.table(0), batch.rows(0), batch.batch());
    return states(batch.batch());
  };
  EXPECT_EQ(settled("skip"), (Strings{"live", "live", "skipped", "skipped"}));
  EXPECT_EQ(settled("update"), (Strings{"skipped", "live", "skipped", "live"}));
  EXPECT_EQ(settled("{latest: at}"), (Strings{"skipped", "live", "live", "skipped"}));
  EXPECT_EQ(settled("error"), (Strings{"live", "live", "rejected", "rejected"}));
}

TEST(SettleRootDuplicates, LeavesEquallyLateDocumentsToTheServer) {
  const OfflineTarget target(under("{latest: at}", true));
  OfflineBatch batch(target,
                     {R"({"id":1,"at":5,"name":"a"})", R"({"id":1,"at":5,"name":"b"})", R"({"id":1,"at":5,"name":"a"})"});
  settle_root_duplicates(target.table(0), batch.rows(0), batch.batch());
  EXPECT_EQ(states(batch.batch()), (Strings{"live", "live", "skipped"}));
}

}  // namespace
}  // namespace pgfeed
