#!/usr/bin/env python3
"""The classic lab: tweets into normalised tables by PySpark, `foreachPartition` and psycopg2. No pgfeed here.

    psql -f examples/lab/schema.sql
    spark-submit examples/lab/feed_psycopg2.py tweets.ndjson [CONNECTION]

CONNECTION is libpq's, such as "service=lab"; without it the executors' environment (PGHOST, PGDATABASE, …) says where to.

What it does not do:
- A line that is no JSON, a value that a column refuses or a U+0000 ends the job, and nothing says which line it was. What
  other batches have committed stays.
- It keeps no account of what is in. Only keys and DO NOTHING stop a task that Spark tries again, or a second run, from
  doubling rows; in a table without a key they double.
- The first row of a user to come stays, which may be an old profile, or no more than a name.
- It has no answer to a deadlock but to avoid it: rows are sorted, for two tasks that meet the same users in another order
  would wait for each other. A second program that writes to these tables must know that order too.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pyspark.sql import SparkSession

BATCH = 1000  # tweets in a transaction
PROFILE = ["screen_name", "name", "location", "description", "lang", "protected", "verified"]
PROFILE += ["followers_count", "friends_count", "listed_count", "favourites_count", "statuses_count"]
REPLY = ["in_reply_to_status_id", "in_reply_to_user_id", "quoted_status_id"]
KEYS = {"urls": 1, "users": 1, "tweets": 1, "tweet_urls": 2, "tweet_mentions": 2, "tweet_tags": 2, "tweet_media": 2}

Json = Any
Rows = dict[str, dict[tuple[Json, ...], list[Json]]]  # by table and key; the first of a key stays


def entities(tweet: dict[str, Json], kind: str, *fields: str) -> Iterator[dict[str, Json]]:
    for part in (tweet, tweet.get("extended_tweet") or {}):
        for field in fields or ("entities",):
            yield from (part.get(field) or {}).get(kind) or []


def rows_of(tweets: Iterable[dict[str, Json]]) -> Rows:
    rows: Rows = defaultdict(dict)

    def add(table: str, *values: Json) -> None:
        rows[table].setdefault(values[: KEYS[table]], list(values))

    def url(link: str | None) -> str | None:
        if link is not None:
            add("urls", link)
        return link

    tweets = [tweet for tweet in tweets if "user" in tweet]  # the others are notices
    for tweet in tweets:  # profiles first, so that within a batch none is kept out by a mention
        for user in (tweet["user"], (tweet.get("retweeted_status") or {}).get("user")):
            if user:
                links = ((user.get("entities") or {}).get("url") or {}).get("urls") or [{}]
                home = url(links[0].get("expanded_url") or user.get("url"))
                add("users", user["id"], user["created_at"], tweet["created_at"], home, *map(user.get, PROFILE))
    for tweet in tweets:
        number, place, point = tweet["id"], tweet.get("place") or {}, (tweet.get("geo") or {}).get("coordinates")
        if tweet.get("in_reply_to_user_id"):
            name = tweet.get("in_reply_to_screen_name")
            add("users", tweet["in_reply_to_user_id"], None, None, None, name, *[None] * (len(PROFILE) - 1))
        for user in entities(tweet, "user_mentions"):
            nothing = [None] * (len(PROFILE) - 2)
            add("users", user["id"], None, None, None, user["screen_name"], user["name"], *nothing)
            add("tweet_mentions", number, user["id"])
        retweeted = (tweet.get("retweeted_status") or {}).get("id")
        counts = [tweet.get("retweet_count"), tweet.get("favorite_count"), tweet.get("source")]
        text = (tweet.get("extended_tweet") or {}).get("full_text") or tweet["text"]
        country = place["country_code"].lower() if place.get("country_code") else None
        where = [tweet.get("lang"), country, place.get("full_name"), *(point or [None, None])]
        replied = map(tweet.get, REPLY)
        add("tweets", number, tweet["user"]["id"], tweet["created_at"], *replied, retweeted, *counts, text, *where)
        for link in entities(tweet, "urls"):
            add("tweet_urls", number, url(link.get("expanded_url") or link["url"]))
        for kind, sign in (("hashtags", "#"), ("symbols", "$")):
            for tag in entities(tweet, kind):
                add("tweet_tags", number, sign + tag["text"])
        for medium in entities(tweet, "media", "entities", "extended_entities"):
            add("tweet_media", number, url(medium["media_url_https"]), medium["type"])
    return rows


def write(cursor: Cursor, rows: Rows) -> None:
    ids: dict[str | None, int | None] = {None: None}
    for table in KEYS:  # in this order, for the foreign keys
        values = [rows[table][key] for key in sorted(rows[table])]
        if column := {"users": 3, "tweet_urls": 1, "tweet_media": 1}.get(table):
            for row in values:
                row[column] = ids[row[column]]
        columns = "(url)" if table == "urls" else ""
        execute_values(cursor, f"INSERT INTO {table} {columns} VALUES %s ON CONFLICT DO NOTHING", values, page_size=BATCH)
        if table == "urls":
            cursor.execute("SELECT url, id_urls FROM urls WHERE url = ANY (%s)", [[url for (url,) in values]])
            ids.update(cursor.fetchall())


def feed_partition(lines: Iterable[str], connection: str) -> None:
    lines = iter(lines)
    with closing(psycopg2.connect(connection)) as session:
        while batch := list(islice(lines, BATCH)):
            with session, session.cursor() as cursor:  # a transaction
                write(cursor, rows_of(json.loads(line) for line in batch))


def main(path: str, connection: str = "application_name=lab") -> None:
    spark = SparkSession.builder.appName("lab").getOrCreate()
    spark.sparkContext.textFile(path).foreachPartition(lambda lines: feed_partition(lines, connection))
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
