#!/usr/bin/env bash
# Loads tweets into the private PostgreSQL and shows what is there. Can be run again: it makes its database anew.
# DEMO_TWEETS (200000, about 0.8 GB) says how many.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${DEMO_TWEETS:-200000}
folder=build/demo
tweets=$folder/tweets-$count.ndjson

say() { printf '\n-- %s\n' "$*"; }

say "starting the private PostgreSQL (nothing else on this machine is touched)"
build/pgfeed server start
server=$(build/pgfeed server url)
database=${server/\/pgfeed\?/\/demo\?}

if [[ ! -f $tweets ]]; then
  say "making $count tweets in $tweets"
  mkdir -p "$folder"
  build/generate_tweets --count "$count" >"$tweets.part"
  mv "$tweets.part" "$tweets"
fi
say "$(du -h --apparent-size "$tweets" | cut -f 1) of JSON are in $tweets"

say "making the database demo anew"
psql -X -q -v ON_ERROR_STOP=1 "$server" -c 'SET client_min_messages = warning' \
  -c 'DROP DATABASE IF EXISTS demo WITH (FORCE)' -c 'CREATE DATABASE demo'

say "loading: build/pgfeed load -m examples/tweets/tweets.yaml --to '$database' $tweets"
build/pgfeed load -m examples/tweets/tweets.yaml --to "$database" "$tweets"

say "the tables and their rows"
psql -X -q -v ON_ERROR_STOP=1 "$database" <<'SQL'
SELECT table_schema AS schema, table_name AS "table",
       (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', table_schema, table_name), false, true, '')))[1]::text::bigint AS rows,
       pg_size_pretty(pg_total_relation_size(format('%I.%I', table_schema, table_name)::regclass)) AS size
FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema', 'pgfeed')
ORDER BY schema, "table";
SQL

say "a query: the tags of most tweets, and how many people used each"
psql -X -v ON_ERROR_STOP=1 "$database" <<'SQL'
SELECT tag, count(*) AS tweets, count(DISTINCT id_users) AS users
FROM tweet_tags JOIN tweets USING (id_tweets)
GROUP BY tag ORDER BY tweets DESC, tag LIMIT 5;
SQL

say "look around:  psql '$database'"
say "stop the server:  build/pgfeed server stop"
