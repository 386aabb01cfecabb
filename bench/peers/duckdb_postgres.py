"""DuckDB: `read_json` into memory, then its postgres extension, which writes by COPY.

    duckdb_postgres.py THREADS FILE…      (connection by PG* environment; prints {"seconds": …})

It loads empty tables only, has no retry, and must hold all rows in memory. The seconds are without the start.
"""

from __future__ import annotations

import json
import sys
import time

import duckdb
import duckdb_extensions  # type: ignore[import-untyped]

COLUMNS = {
    "id": "BIGINT",
    "created_at": "VARCHAR",
    "text": "VARCHAR",
    "source": "VARCHAR",
    "lang": "VARCHAR",
    "retweet_count": "INT",
    "favorite_count": "INT",
    "in_reply_to_status_id": "BIGINT",
    "in_reply_to_user_id": "BIGINT",
    "quoted_status_id": "BIGINT",
    "user": "STRUCT(id BIGINT, created_at VARCHAR, url VARCHAR, friends_count INT, listed_count INT, favourites_count INT,"
    " statuses_count INT, protected BOOL, verified BOOL, screen_name VARCHAR, name VARCHAR, location VARCHAR,"
    " description VARCHAR)",
    "geo": "STRUCT(coordinates DOUBLE[])",
    "place": "STRUCT(country_code VARCHAR, full_name VARCHAR)",
    "entities": 'STRUCT(hashtags STRUCT("text" VARCHAR)[], urls STRUCT(expanded_url VARCHAR)[],'
    " user_mentions STRUCT(id BIGINT)[])",
}
TIME = "strptime({}, '%a %b %d %H:%M:%S %z %Y')"

STATEMENTS = (
    f"""INSERT INTO pg.users
        SELECT DISTINCT ON (u.id) u.id, {TIME.format("u.created_at")}, {TIME.format("created_at")}, u.url,
               u.friends_count, u.listed_count, u.favourites_count, u.statuses_count, u.protected, u.verified,
               u.screen_name, u.name, u.location, u.description
        FROM (SELECT "user" AS u, created_at FROM documents)""",
    f"""INSERT INTO pg.tweets
        SELECT id, "user".id, {TIME.format("created_at")}, in_reply_to_status_id, in_reply_to_user_id, quoted_status_id,
               retweet_count, favorite_count, source, text, lower(place.country_code), lang, place.full_name,
               geo.coordinates[1], geo.coordinates[2]
        FROM documents""",
    """INSERT INTO pg.tweet_urls
       SELECT DISTINCT id, u.expanded_url FROM (SELECT id, unnest(entities.urls) AS u FROM documents)""",
    """INSERT INTO pg.tweet_mentions
       SELECT DISTINCT id, u.id FROM (SELECT id, unnest(entities.user_mentions) AS u FROM documents)""",
    """INSERT INTO pg.tweet_tags
       SELECT DISTINCT id, '#' || u.text FROM (SELECT id, unnest(entities.hashtags) AS u FROM documents)""",
)


def main(threads: int, paths: list[str]) -> float:
    duckdb_extensions.import_extension("postgres")
    connection = duckdb.connect()
    connection.execute("LOAD postgres")
    connection.execute(f"SET threads = {threads}")
    connection.execute("ATTACH '' AS pg (TYPE postgres)")
    begin = time.monotonic()
    connection.execute(
        "CREATE TEMP TABLE documents AS SELECT * FROM read_json($paths, format = 'newline_delimited', columns = $columns)",
        {"paths": paths, "columns": COLUMNS},
    )
    for statement in STATEMENTS:
        connection.execute(statement)
    return time.monotonic() - begin


if __name__ == "__main__":
    print(json.dumps({"seconds": main(int(sys.argv[1]), sys.argv[2:])}))
