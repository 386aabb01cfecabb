#include "postgres/ledger_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

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
  ADD settled_at timestamptz,
  ADD tries integer NOT NULL DEFAULT 1,
  ADD was_rejected boolean NOT NULL DEFAULT false;
CREATE INDEX ON pgfeed.rejects (feed, state);
CREATE TABLE pgfeed.late_batches (
  batch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  worker text NOT NULL,
  loaded bigint NOT NULL,
  skipped bigint NOT NULL,
  rejected bigint NOT NULL,
  rows jsonb,
  ended timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON pgfeed.late_batches (load);
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
)sql",
    // Which documents of a partition are in, as long as not all are (partition_ledger.hpp).
    R"sql(
CREATE TABLE pgfeed.parts (
  split bigint PRIMARY KEY REFERENCES pgfeed.splits ON DELETE CASCADE,
  digests bytea NOT NULL
);
CREATE UNLOGGED TABLE pgfeed.staged_parts (
  split bigint PRIMARY KEY REFERENCES pgfeed.staged_splits ON DELETE CASCADE,
  digests bytea NOT NULL
);
)sql",
    // The batch of a stream that was published last (stream_ledger.hpp).
    R"sql(
CREATE TABLE pgfeed.streams (
  feed text NOT NULL REFERENCES pgfeed.feeds ON DELETE CASCADE,
  stream text NOT NULL,
  batch bigint NOT NULL,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  PRIMARY KEY (feed, stream)
);
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

/// What a load needs of a ledger that is not its own.
std::string grants(const std::string& schema, const std::string& role) {
  return fmt::format(
      "GRANT USAGE ON SCHEMA {0} TO {1};\nGRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {0} TO {1};\n",
      quote_identifier(schema), quote_identifier(role));
}

Error newer_error(const Connection& connection, int version) {
  return {ErrorKind::database,
          fmt::format("the schema {} in {} is of version {}, made by a newer pgfeed: this one knows version {}",
                      connection.session().schema, connection.where(), version, kVersion)};
}

std::string quote_literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

/// The server names the object only: this says what is wanted of it.
Error without_right(const Connection& connection, const Error& refused) {
  Error error(ErrorKind::database,
              fmt::format("this role may neither make the ledger, bring it up to date nor read it (schema {}: {}): it needs "
                          "USAGE on the schema and SELECT, INSERT, UPDATE and DELETE on its tables, as its owner gives them "
                          "by what `pgfeed ddl --ledger --grant-to ROLE` prints; --no-ledger loads without",
                          connection.session().schema, refused.what()));
  error.sqlstate = refused.sqlstate;
  return error;
}

void create_or_update(Connection& connection) {
  connection.begin();
  connection.run("SELECT pg_advisory_xact_lock(7090217, 0)");
  const int version = version_of(connection);
  if (version == 0) create_schema(connection);
  for (int step = version; step < kVersion; ++step) connection.run_ledger(kSteps[static_cast<std::size_t>(step)]);
  if (version < kVersion)
    connection.run_ledger(fmt::format("DELETE FROM pgfeed.version; INSERT INTO pgfeed.version VALUES ({})", kVersion));
  connection.commit();
  if (version > kVersion) throw newer_error(connection, version);
}

}  // namespace

std::string in_ledger_schema(std::string sql, const std::string& schema) {
  constexpr std::string_view kWritten = "pgfeed.";
  if (schema == "pgfeed") return sql;
  const std::string quoted = quote_identifier(schema) + ".";
  for (std::size_t at = sql.find(kWritten); at != std::string::npos; at = sql.find(kWritten, at + quoted.size()))
    sql.replace(at, kWritten.size(), quoted);
  return sql;
}

bool has_ledger_schema(Connection& connection) { return version_of(connection) != 0; }

void create_ledger_schema(Connection& connection) {
  try {
    create_or_update(connection);
  } catch (const Error& error) {
    constexpr std::string_view kNoRight = "42501";
    if (error.sqlstate != kNoRight) throw;
    throw without_right(connection, error);
  }
}

bool require_known_ledger(Connection& connection) {
  const int version = version_of(connection);
  if (version > kVersion) throw newer_error(connection, version);
  if (version == 0 || version == kVersion) return version != 0;
  throw Error(ErrorKind::database,
              fmt::format("the schema {} in {} is of version {}, made by an older pgfeed: the next load brings it up to "
                          "version {}, and then it can be read",
                          connection.session().schema, connection.where(), version, kVersion));
}

void require_ledger_rights(Connection& connection) {
  const std::array<Parameter, 1> parameters{Parameter{connection.session().schema}};
  const Result lacking = connection.run(
      "SELECT kind || ' on ' || relname, current_user FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
      "relnamespace CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) kind WHERE nspname = $1 AND relkind = 'r' "
      "AND NOT has_table_privilege(c.oid, kind) ORDER BY relname, kind LIMIT 1",
      parameters);
  if (lacking.rows() == 0) return;
  std::string grant = grants(connection.session().schema, lacking.text(0, 1));
  std::ranges::replace(grant, '\n', ' ');
  Error error(ErrorKind::database, fmt::format("no right to {} in the ledger; its owner grants what a load needs: {}",
                                               lacking.text(0, 0), grant.substr(0, grant.size() - 1)));
  error.sqlstate = "42501";
  throw error;
}

std::string ledger_ddl(const std::string& schema, const std::string& role) {
  const std::string quoted = quote_identifier(schema);
  std::string body = fmt::format(
      "  PERFORM pg_advisory_xact_lock(7090217, 0);\n"
      "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}) THEN\n    CREATE SCHEMA {};\n  END IF;\n",
      quote_literal(schema), quoted);
  for (int step = 0; step < kVersion; ++step) {
    const std::string lacks =
        step == 0 ? fmt::format("to_regclass({}) IS NULL", quote_literal(quoted + ".version"))
                  : in_ledger_schema(fmt::format("(SELECT max(version) FROM pgfeed.version) < {}", step + 1), schema);
    const std::string done = step == 0 ? "INSERT INTO pgfeed.version VALUES (1)"
                                       : fmt::format("UPDATE pgfeed.version SET version = {}", step + 1);
    body += fmt::format("  IF {} THEN{}{};\n  END IF;\n", lacks,
                        in_ledger_schema(kSteps[static_cast<std::size_t>(step)], schema), in_ledger_schema(done, schema));
  }
  std::string tag = "$ledger$";
  while (body.find(tag) != std::string::npos) tag.insert(1, "x");
  return fmt::format(
      "-- The ledger of pgfeed, version {}: makes it, or brings an older one up to date.\nDO {}\nBEGIN\n{}END\n{};\n{}",
      kVersion, tag, body, tag, role.empty() ? "" : grants(schema, role));
}

void require_ledger_schema(Connection& connection) {
  const int version = version_of(connection);
  if (version == kVersion) return;
  const std::string& schema = connection.session().schema;
  throw Error(ErrorKind::database,
              version == 0
                  ? fmt::format("there is no schema {} in {}: nothing was loaded into it yet", schema, connection.where())
                  : fmt::format("the schema {} in {} is of version {}, and this pgfeed knows version {}{}", schema,
                                connection.where(), version, kVersion,
                                version < kVersion ? ": the next load brings it up to date" : ""));
}

}  // namespace pgfeed
