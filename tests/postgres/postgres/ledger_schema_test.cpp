#include "postgres/ledger_schema.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "postgres/base64.hpp"
#include "postgres/fresh_database.hpp"
#include "postgres/kept_documents.hpp"
#include "postgres/ledger.hpp"
#include "postgres/pending_keys.hpp"
#include "postgres/reject_query.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {
namespace {

class LedgerSchema : public FreshDatabase {
 protected:
  std::int64_t begin() {
    create_ledger_schema(session());
    session().begin();
    begin_feed(session(), "feed", "0123456789abcdef");
    const std::int64_t load = begin_load(session(), "feed", "0123456789abcdef");
    session().commit();
    return load;
  }
  void insert(std::int64_t load, std::span<const RejectRow> rejects) {
    session().begin();
    insert_rejects(session(), load, "feed", rejects);
    session().commit();
  }
};

TEST_F(LedgerSchema, IsMadeOnceHoweverManyMakeItAtOnce) {
  constexpr int kAtOnce = 6;
  std::latch start(kAtOnce);
  std::vector<std::string> failures(kAtOnce);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([&, i] {
        Connection connection(session_of(conninfo()), "maker");
        start.arrive_and_wait();
        failures[static_cast<std::size_t>(i)] = sqlstate_of([&] { create_ledger_schema(connection); });
      });
    }
  }
  EXPECT_EQ(failures, Strings(kAtOnce));
  EXPECT_EQ(rows("SELECT version FROM pgfeed.version"), Strings{"(5)"});
}

TEST_F(LedgerSchema, ANewerOneIsRefused) {
  create_ledger_schema(session());
  run("UPDATE pgfeed.version SET version = version + 1");
  EXPECT_THROW(create_ledger_schema(session()), Error);
  EXPECT_EQ(PQtransactionStatus(&session().handle()), PQTRANS_IDLE);
}

TEST_F(LedgerSchema, ARoleWithoutTheRightIsTold) {
  run("CREATE ROLE " + database() + " LOGIN");
  Connection other(session_of(conninfo() + " user=" + database()), "other");
  EXPECT_EQ(sqlstate_of([&] { create_ledger_schema(other); }), "42501");
  run("DROP ROLE " + database());
}

TEST_F(LedgerSchema, ALoadIsWrittenDown) {
  const std::int64_t load = begin();
  EXPECT_EQ(rows("SELECT load, feed, mapping_hash, state, ended FROM pgfeed.loads"),
            Strings{"(" + std::to_string(load) + ",feed,0123456789abcdef,running,)"});
  end_load(session(), load, "done");
  EXPECT_EQ(rows("SELECT state, ended IS NOT NULL FROM pgfeed.loads"), Strings{"(done,t)"});
}

TEST_F(LedgerSchema, ARejectIsKeptWithAllThatIsKnownOfIt) {
  const std::int64_t load = begin();
  const std::array<RejectRow, 2> rejects{
      RejectRow{"file:///a.json", 17, 3, "t", "c", "is wrong", "22P02", R"({"a":"é"})", 10, RejectState::rejected},
      RejectRow{"file:///a.json", 5, -1, "", "", "is wrong", "", "", 0, RejectState::stopped}};
  insert(load, rejects);
  EXPECT_EQ(
      rows("SELECT source, byte_offset, line, table_name, column_name, reason, sqlstate, encoding, document_size, state "
           "FROM pgfeed.rejects ORDER BY reject"),
      (Strings{R"((file:///a.json,17,3,t,c,"is wrong",22P02,utf8,10,rejected))",
               R"((file:///a.json,5,,,,"is wrong",,utf8,0,stopped))"}));
  EXPECT_EQ(session().run("SELECT document FROM pgfeed.rejects WHERE line = 3").text(0, 0), R"({"a":"é"})");
}

TEST_F(LedgerSchema, WhatIsNoTextIsKeptInBase64) {
  using namespace std::string_view_literals;
  const std::int64_t load = begin();
  // NUL, a byte that begins nothing, too long a form, half of a surrogate, above U+10FFFF, a character cut off.
  const std::array documents{"a\0b"sv, "\xff"sv, "\xc0\x80"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv, "abc\xe2\x82"sv};
  std::vector<RejectRow> rejects;
  for (const std::string_view document : documents) {
    RejectRow row;
    row.source = "s";
    row.reason = "r";
    row.document = document;
    rejects.push_back(row);
  }
  insert(load, rejects);
  const Result kept =
      session().run("SELECT encoding, encode(decode(document, 'base64'), 'hex') FROM pgfeed.rejects ORDER BY reject");
  ASSERT_EQ(kept.rows(), documents.size());
  const std::array wanted{"610062", "ff", "c080", "eda080", "f4908080", "616263e282"};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(kept.at(i, 0), "base64") << wanted[i];
    EXPECT_EQ(kept.at(i, 1), wanted[i]);
  }
}

TEST_F(LedgerSchema, GoodUtf8OfAllLengthsIsKeptAsItIs) {
  const std::int64_t load = begin();
  RejectRow row;
  row.source = "s";
  row.reason = "r";
  row.document = "\x01 é ߿ ࠀ ퟿  � 𐀀 \xf4\x8f\xbf\xbf";
  insert(load, std::span(&row, 1));
  const Result kept = session().run("SELECT encoding, document FROM pgfeed.rejects");
  EXPECT_EQ(kept.at(0, 0), "utf8");
  EXPECT_EQ(kept.at(0, 1), row.document);
}

TEST_F(LedgerSchema, ParkedDocumentsAreReadInBatchesAndTakenOut) {
  const std::int64_t load = begin();
  std::vector<RejectRow> rejects(5);
  const Strings documents{"{\"a\":0}", "{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":4}"};
  for (std::size_t i = 0; i < rejects.size(); ++i) {
    rejects[i].source = "s";
    rejects[i].reason = "r";
    rejects[i].offset = static_cast<std::int64_t>(i * 10);
    rejects[i].document = documents[i];
    rejects[i].state = i == 2 ? RejectState::rejected : RejectState::parked;
  }
  const auto parked = [&](std::int64_t after, std::uint64_t bytes) {
    return read_kept(session(), select_parked(session(), "feed", load), after, bytes);
  };
  EXPECT_TRUE(parked(0, 100).empty());
  insert(load, rejects);
  const std::vector<KeptDocument> first = parked(0, 20);  // up to the document that passes so many bytes
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[2].document, documents[3]);
  EXPECT_EQ(first[2].offset, 30);
  EXPECT_EQ(first[2].line, -1);
  const std::vector<KeptDocument> rest = parked(first[2].reject, 20);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].document, documents[4]);
  session().begin();
  settle_kept(session(), load, std::vector{first[0].reject, first[1].reject});
  keep_again(session(), load, std::vector{KeptFailure{first[2].reject, "t", "", "no", "23503", RejectState::rejected, {}}});
  session().commit();
  EXPECT_EQ(rows("SELECT byte_offset, state, tries, table_name, reason FROM pgfeed.rejects ORDER BY 1"),
            (Strings{"(20,rejected,1,,r)", "(30,rejected,2,t,no)", "(40,parked,1,,r)"}));
}

TEST_F(LedgerSchema, ARejectThatIsSettledStays) {
  const std::int64_t load = begin();
  RejectRow row;
  row.source = "s";
  row.reason = "r";
  row.document = "\xff";
  insert(load, std::span(&row, 1));
  const std::vector<KeptDocument> kept = read_kept(session(), {"r.state = 'rejected'", {}}, 0, 1);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].document, "\xff");
  session().begin();  // parked in between, as a retry does: it was a reject all the same
  keep_again(session(), load, std::vector{KeptFailure{kept[0].reject, "t", "", "no", "23503", RejectState::parked, "{}"}});
  settle_kept(session(), load, std::vector{kept[0].reject});
  session().commit();
  EXPECT_EQ(rows("SELECT state, settled_by, tries, document, encoding, document_size FROM pgfeed.rejects"),
            Strings{"(settled," + std::to_string(load) + ",3,{},utf8,2)"});
}

TEST_F(LedgerSchema, RejectsAreExportedInTheOrderOfTheirSources) {
  const std::int64_t load = begin();
  std::vector<RejectRow> rejects(3);
  for (std::size_t i = 0; i < rejects.size(); ++i) {
    rejects[i].source = i == 2 ? "a" : "b";
    rejects[i].offset = i == 1 ? 5 : 7;
    rejects[i].reason = "a \"line\nbreak";
    rejects[i].document = "x";
  }
  insert(load, rejects);
  const std::string path = testing::TempDir() + database() + ".ndjson";
  EXPECT_EQ(export_rejects(session(), select_exported(load, "feed", {}), path), 3);
  std::ifstream file(path);
  Strings places;
  for (std::string line; std::getline(file, line);) {
    const Result read =
        session().run("SELECT concat_ws(' ', j ->> 'source', j ->> 'offset', j ->> 'reason') FROM (SELECT $exported$" +
                      line + "$exported$::json AS j) x");
    places.push_back(read.text(0, 0));
  }
  std::filesystem::remove(path);
  EXPECT_EQ(places, (Strings{"a 7 a \"line\nbreak", "b 5 a \"line\nbreak", "b 7 a \"line\nbreak"}));
  try {
    export_rejects(session(), select_exported(load, "feed", {}), "/no/such/folder/rejects.ndjson");
    FAIL() << "wrote into a folder that is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::source);
  }
}

TEST_F(LedgerSchema, PendingKeysComeBackByPhaseAndThenInTheirOrder) {
  create_ledger_schema(session());
  using Phase = PendingKey::Phase;
  const std::vector<PendingKey> keys{
      {0, Phase::validate, "t", "1"}, {0, Phase::key, "t", "ALTER TABLE t ADD CHECK (x <> 'x')"}, {0, Phase::key, "u", "3"}};
  add_pending_keys(session(), "feed", keys);
  add_pending_keys(session(), "other", std::span(keys).first(1));
  const auto read = [this] {
    Strings statements;
    for (const PendingKey& key : read_pending_keys(session(), "feed")) statements.push_back(key.table + " " + key.statement);
    return statements;
  };
  EXPECT_EQ(read(), (Strings{"t ALTER TABLE t ADD CHECK (x <> 'x')", "u 3", "t 1"}));
  delete_pending_key(session(), read_pending_keys(session(), "feed")[0].step);
  EXPECT_EQ(read(), (Strings{"u 3", "t 1"}));
}

TEST(Base64, IsWhatTheRfcShows) {  // https://www.rfc-editor.org/rfc/rfc4648#section-10
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
  for (const char* bytes : {"", "f", "fo", "foo", "foobar", "\xfb\xff"}) EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
}

TEST(Base64, OnlyOneTextStandsForSomeBytes) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "Zm 8", "Zm-_", "Zg==\n"})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pgfeed
