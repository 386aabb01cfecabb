#include "postgres/ledger_schema.hpp"

#include <fmt/format.h>

#include <array>

#include "mapping/ddl.hpp"

namespace pgfeed {
namespace {

// Each step takes the schema from one version to the next. A step that was released is never changed.
constexpr std::array kSteps{
    R"sql(
CREATE TABLE pgfeed.version (version integer NOT NULL);
CREATE TABLE pgfeed.loads (
  load bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feed text NOT NULL,
  mapping_hash text NOT NULL,
  role text NOT NULL DEFAULT session_user,
  started timestamptz NOT NULL DEFAULT now(),
  ended timestamptz,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'stopped', 'interrupted'))
);
CREATE TABLE pgfeed.rejects (
  reject bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  feed text NOT NULL,
  source text NOT NULL,
  byte_offset bigint NOT NULL,
  line bigint,
  table_name text,
  column_name text,
  reason text NOT NULL,
  sqlstate text,
  document text NOT NULL,
  encoding text NOT NULL CHECK (encoding IN ('utf8', 'base64')),
  document_size bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('rejected', 'parked', 'stopped', 'settled')),
  rejected_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON pgfeed.rejects (load, state);
CREATE TABLE pgfeed.pending_keys (
  step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  phase smallint NOT NULL,
  feed text NOT NULL,
  table_name text NOT NULL,
  statement text NOT NULL
);
)sql",
    // A split's span is claimed by inserting it: what is claimed twice waits for the first, and is then in its way. An entry
    // is updated once, in the transaction that made it: room is left for that.
    R"sql(
CREATE TABLE pgfeed.feeds (
  feed text PRIMARY KEY,
  mapping_hash text NOT NULL,
  made timestamptz NOT NULL DEFAULT now()
);
INSERT INTO pgfeed.feeds (feed, mapping_hash)
  SELECT DISTINCT ON (feed) feed, mapping_hash FROM pgfeed.loads ORDER BY feed, load DESC;
ALTER TABLE pgfeed.loads ADD FOREIGN KEY (feed) REFERENCES pgfeed.feeds;
CREATE TABLE pgfeed.feed_tables (
  feed text NOT NULL REFERENCES pgfeed.feeds ON DELETE CASCADE,
  table_name text NOT NULL,
  oid oid NOT NULL,
  PRIMARY KEY (feed, table_name)
);
CREATE TABLE pgfeed.sources (
  source bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feed text NOT NULL REFERENCES pgfeed.feeds ON DELETE CASCADE,
  uri text NOT NULL,
  generation integer NOT NULL,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  size bigint,
  version text NOT NULL,
  content_size bigint,
  UNIQUE (feed, uri, generation)
);
CREATE TABLE pgfeed.splits (
  split bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source bigint NOT NULL REFERENCES pgfeed.sources ON DELETE CASCADE,
  span int8range NOT NULL,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  worker text NOT NULL,
  loaded bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  rows jsonb,
  claimed timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended timestamptz,
  EXCLUDE USING gist (int8range(source, source, '[]') WITH &&, span WITH &&)
) WITH (fillfactor = 50);
CREATE INDEX ON pgfeed.splits (source);
CREATE INDEX ON pgfeed.splits (load);
)sql",
    // What an operator asks for; rejects that came in after all; and splits that wait to be published. The latter are
    // unlogged, entries and documents alike: a crash takes both, and they are made again.
    R"sql(
ALTER TABLE pgfeed.loads
  ADD options jsonb NOT NULL DEFAULT '{}',
  ADD client jsonb NOT NULL DEFAULT '{}',
  DROP CONSTRAINT loads_state_check,
  ADD CHECK (state IN ('running', 'done', 'failed', 'stopped', 'interrupted', 'abandoned', 'dropped'));
CREATE INDEX ON pgfeed.loads (feed, load);
ALTER TABLE pgfeed.rejects
  ADD settled_by bigint REFERENCES pgfeed.loads,
  ADD settled_at timestamptz;
CREATE INDEX ON pgfeed.rejects (feed, state);
CREATE UNLOGGED TABLE pgfeed.staged_splits (
  split bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source bigint NOT NULL REFERENCES pgfeed.sources ON DELETE CASCADE,
  span int8range NOT NULL,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  worker text NOT NULL,
  format text NOT NULL DEFAULT '',
  documents bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  claimed timestamptz NOT NULL DEFAULT clock_timestamp(),
  EXCLUDE USING gist (int8range(source, source, '[]') WITH &&, span WITH &&)
) WITH (fillfactor = 50);
CREATE INDEX ON pgfeed.staged_splits (source);
CREATE INDEX ON pgfeed.staged_splits (load);
CREATE UNLOGGED TABLE pgfeed.staged_pieces (
  split bigint NOT NULL REFERENCES pgfeed.staged_splits ON DELETE CASCADE,
  piece integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (split, piece)
);
ALTER TABLE pgfeed.staged_pieces ALTER bytes SET STORAGE EXTERNAL;
)sql"};

constexpr int kVersion = static_cast<int>(kSteps.size());

/// 0: there is no schema.
int version_of(Connection& connection) {
  const std::string table = connection.in_ledger("pgfeed.version");
  const std::array<Parameter, 1> parameters{Parameter{table}};
  if (!connection.run("SELECT to_regclass($1) IS NOT NULL", parameters).is_true(0, 0)) return 0;
  return static_cast<int>(connection.run_ledger("SELECT max(version) FROM pgfeed.version").number(0, 0));
}

/// Only where it is not there: its owner may have made it for a role that may not.
void create_schema(Connection& connection) {
  const std::string& schema = connection.session().schema;
  const std::array<Parameter, 1> parameters{Parameter{schema}};
  const Result there = connection.run("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", parameters);
  if (there.rows() == 0) connection.run("CREATE SCHEMA " + quote_identifier(schema));
}

}  // namespace

void create_ledger_schema(Connection& connection) {
  connection.begin();
  connection.run("SELECT pg_advisory_xact_lock(7090217, 0)");
  const int version = version_of(connection);
  if (version == 0) create_schema(connection);
  for (int step = version; step < kVersion; ++step) connection.run_ledger(kSteps[static_cast<std::size_t>(step)]);
  if (version < kVersion)
    connection.run_ledger(fmt::format("DELETE FROM pgfeed.version; INSERT INTO pgfeed.version VALUES ({})", kVersion));
  connection.commit();
  if (version > kVersion) {
    throw Error(ErrorKind::database,
                fmt::format("the schema {} in {} is of version {}, made by a newer pgfeed: this one knows version {}",
                            connection.session().schema, connection.where(), version, kVersion));
  }
}

}  // namespace pgfeed
