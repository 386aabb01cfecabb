#include "load/shaper.hpp"

#include <gtest/gtest.h>

#include "unit/load/offline_target.hpp"

namespace pgfeed {
namespace {

const std::string kOrders = R"yaml(version: 1
tables:
  orders:
    key: [id]
    columns: {id: {path: $.id, type: bigint}}
  items:
    from: $.items[*]
    columns: {order_id: {path: $.id, type: bigint}, amount: {path: "@.amount", type: smallint}}
)yaml";

TEST(Shaper, ABadValueTakesTheWholeDocumentOut) {
  const OfflineTarget target(kOrders);
  OfflineBatch batch(target, {R"({"id":1,"items":[{"amount":5}]})", R"({"id":2,"items":[{"amount":1},{"amount":40000}]})",
                              R"({"id":3,"items":[{"amount":null}]})"});
  EXPECT_EQ(batch.all(0), (Strings{"1", "3"}));
  EXPECT_EQ(batch.all(1), (Strings{"1|5", "3|NULL"}));
  ASSERT_EQ(batch.batch().rejects.size(), 1U);
  const BatchReject& reject = batch.batch().rejects[0];
  EXPECT_EQ(reject.document, 1U);
  EXPECT_EQ(reject.table, "items");
  EXPECT_EQ(reject.column, "amount");
  EXPECT_EQ(reject.sqlstate, "22003");
  EXPECT_NE(reject.reason.find("40000"), std::string::npos) << reject.reason;
}

TEST(Shaper, ANullInTheKeyIsAReject) {
  const OfflineTarget target(kOrders);
  OfflineBatch batch(target, {R"({"items":[{"amount":5}]})"});
  EXPECT_TRUE(batch.all(0).empty());
  EXPECT_TRUE(batch.all(1).empty());
  ASSERT_EQ(batch.batch().rejects.size(), 1U);
  EXPECT_EQ(batch.batch().rejects[0].column, "id");
  EXPECT_EQ(batch.batch().rejects[0].sqlstate, "23502");
}

TEST(Shaper, ALongValueIsShownShortAndNotCutInsideACharacter) {
  const OfflineTarget target(kOrders);
  std::string text = "x";
  for (int i = 0; i < 50; ++i) text += "é";
  OfflineBatch batch(target, {R"({"id":")" + text + R"("})"});
  ASSERT_EQ(batch.batch().rejects.size(), 1U);
  const std::string& reason = batch.batch().rejects[0].reason;
  EXPECT_LT(reason.size(), 150U) << reason;
  EXPECT_NE(reason.find("é…\""), std::string::npos) << reason;
}

TEST(Shaper, EachNaturalKeyOfASplitStandsOnceAndRowsPointToIt) {
  const OfflineTarget target(R"yaml(version: 1
tables:
  urls:
    key: [url]
    surrogate: id_urls
    columns: {url: {type: text}}
  users:
    columns: {id: {path: $.id, type: bigint}, id_urls: {ref: urls, path: $.url}}
)yaml");
  OfflineBatch batch(target, {R"({"id":1,"url":"a"})", R"({"id":2,"url":"b"})", R"({"id":3,"url":"a"})", R"({"id":4})",
                              R"({"id":"no number","url":"c"})"});
  std::vector<NaturalKeys::Key>& keys = batch.batch().keys[0].keys();
  ASSERT_GE(keys.size(), 2U);
  EXPECT_EQ(batch.batch().keys[0].fields(keys[0]).substr(4), "a");
  EXPECT_EQ(batch.batch().keys[0].fields(keys[1]).substr(4), "b");
  for (std::size_t i = 2; i < keys.size(); ++i) EXPECT_FALSE(keys[i].used) << "only a rejected document refers to it";
  const std::vector<IdPlace>& ids = batch.rows(1).ids;
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids[0].key, 0U);
  EXPECT_EQ(ids[1].key, 1U);
  EXPECT_EQ(ids[2].key, 0U);
  EXPECT_EQ(batch.all(1)[3], "4|NULL");
}

TEST(Parser, DocumentsOnOneLineAreSeveral) {
  const OfflineTarget target(kOrders);
  OfflineBatch batch(target, {R"({"id":1} {"id":2}{"id":3})"});
  EXPECT_EQ(batch.all(0), (Strings{"1", "2", "3"}));
  ASSERT_EQ(batch.batch().documents.size(), 3U);
  EXPECT_EQ(batch.batch().documents[1].offset, 9U);
  EXPECT_EQ(batch.batch().documents[2].offset, 17U);
}

TEST(Parser, WhatCannotBeReadIsARejectAndTheRestGoesOn) {
  const OfflineTarget target(kOrders);
  OfflineBatch batch(target, {R"({"id":1)", R"({"id":2})", "nonsense"});
  EXPECT_EQ(batch.all(0), Strings{"2"});
  ASSERT_EQ(batch.batch().rejects.size(), 2U);
  EXPECT_EQ(batch.batch().rejects[0].document, 0U);
  EXPECT_EQ(batch.batch().rejects[1].document, 2U);
  EXPECT_EQ(batch.batch().rejects[1].sqlstate, "22P02");
}

}  // namespace
}  // namespace pgfeed
