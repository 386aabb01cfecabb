"""Spark's own way: `read.json`, and its JDBC writer, with reWriteBatchedInserts and batches of 10,000 rows.

    spark_jdbc.py tweets|flat FILE…      (driver BENCH_JDBC_DRIVER, URL BENCH_JDBC; prints {"seconds": …})

Its INSERT knows no ON CONFLICT, so it loads empty tables only, and rows that are there twice are dropped by a shuffle
before. The seconds are the job's, without Spark's start, after the same with a sample (BENCH_SAMPLE, into
BENCH_SAMPLE_JDBC), if there is one; to infer the schema from a fiftieth of the documents is part of it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from spark_session import sample, start_session

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

NUMBERS = ("friends_count", "listed_count", "favourites_count", "statuses_count")
TEXTS = ("screen_name", "name", "location", "description")


def instant(column: str) -> Column:
    return F.to_timestamp(F.col(column), "EEE MMM dd HH:mm:ss Z yyyy")


def clean(column: str) -> Column:
    """A text without U+0000, which PostgreSQL's text cannot hold."""
    name = column.rpartition(".")[2]
    return F.regexp_replace(F.col(column), "\\x00", r"\\\\u0000").alias(name)


def tables_of(tweets: DataFrame) -> dict[str, DataFrame]:
    users = tweets.select(
        F.col("user.id").alias("id_users"),
        instant("user.created_at").alias("created_at"),
        instant("created_at").alias("updated_at"),
        clean("user.url"),
        *(F.col(f"user.{name}").cast("int").alias(name) for name in NUMBERS),
        "user.protected",
        "user.verified",
        *(clean(f"user.{name}") for name in TEXTS),
    )
    rows = tweets.select(
        F.col("id").alias("id_tweets"),
        F.col("user.id").alias("id_users"),
        instant("created_at").alias("created_at"),
        "in_reply_to_status_id",
        "in_reply_to_user_id",
        "quoted_status_id",
        F.col("retweet_count").cast("int").alias("retweet_count"),
        F.col("favorite_count").cast("int").alias("favorite_count"),
        clean("source"),
        clean("text"),
        F.lower(F.col("place.country_code")).alias("country_code"),
        "lang",
        F.col("place.full_name").alias("place_name"),
        F.col("geo.coordinates")[0].cast("double").alias("lat"),
        F.col("geo.coordinates")[1].cast("double").alias("lon"),
    )
    number = F.col("id").alias("id_tweets")
    tags = tweets.select(number, F.explode("entities.hashtags.text").alias("tag"))
    return {
        "users": users.dropDuplicates(["id_users"]),
        "tweets": rows.dropDuplicates(["id_tweets"]),
        "tweet_urls": tweets.select(number, F.explode("entities.urls.expanded_url").alias("url")).dropDuplicates(),
        "tweet_mentions": tweets.select(number, F.explode("entities.user_mentions.id").alias("id_users")).dropDuplicates(),
        "tweet_tags": tags.select("id_tweets", F.concat(F.lit("#"), "tag").alias("tag")).dropDuplicates(),
    }


def write(frame: DataFrame, table: str, url: str) -> None:
    options = {
        "url": url + "&reWriteBatchedInserts=true",
        "dbtable": table,
        "batchsize": "10000",
        "driver": "org.postgresql.Driver",
    }
    frame.write.mode("append").format("jdbc").options(**options).save()


def write_tweets(session: SparkSession, paths: list[str], url: str) -> None:
    session.conf.set("spark.sql.legacy.timeParserPolicy", "LEGACY")
    tweets = session.read.json(paths, samplingRatio=0.02)
    for table, frame in tables_of(tweets).items():
        write(frame, table, url)


def write_trips(session: SparkSession, paths: list[str], url: str) -> None:
    write(session.read.parquet(*paths), "trips", url)


def main(what: str, paths: list[str]) -> float:
    session = start_session()
    work = write_tweets if what == "tweets" else write_trips
    if paths_of_sample := sample():
        work(session, paths_of_sample, os.environ["BENCH_SAMPLE_JDBC"])
    begin = time.monotonic()
    work(session, paths, os.environ["BENCH_JDBC"])
    seconds = time.monotonic() - begin
    session.stop()
    return seconds


if __name__ == "__main__":
    print(json.dumps({"seconds": main(sys.argv[1], sys.argv[2:])}))
