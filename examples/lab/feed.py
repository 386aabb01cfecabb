#!/usr/bin/env python3
"""Populates the normalised tables of the tweets lab, from PySpark, with pgfeed.

Instructions
------------
1. A cluster with Spark (a local one will do: leave --master out). On every node the wheel: pip install pgfeed-*.whl
   (make wheel builds it), or submit with `pgfeed-submit --wheel`, which ships it.
2. A connection: an entry `[tweets]` in ~/.pg_service.conf with host, dbname and user, the password in ~/.pgpass. On a
   cluster both files come along with --files; see docs/spark-submit.md.
3. Try it on a subset. The tables are made if they are not there:
       spark-submit feed.py tweets/ --to service=tweets --limit 1000
4. Then all of it. What is in already is left out, so run it again whenever you like, after a crash as well:
       spark-submit --master spark://HOST:7077 feed.py tweets/ --to service=tweets --connections 16
5. Look at the result:
       psql service=tweets -c 'SELECT tag, count(*) FROM tweet_tags GROUP BY tag ORDER BY count(*) DESC LIMIT 10'
       pgfeed status --to service=tweets; pgfeed rejects list --to service=tweets

The folder must be where the driver and all executors find it. For a file system that only Spark can read (HDFS, S3A), load
`spark.read.text(...)` in place of the folder: see docs/spark.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pgfeed
import pgfeed.spark
from pyspark.sql import SparkSession

MAPPING = Path(__file__).resolve().parent.parent / "tweets" / "tweets.yaml"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Populate the tables of the tweets lab.")
    parser.add_argument("sources", nargs="+", help="files, folders or globs of tweets, newline-delimited JSON")
    parser.add_argument("--to", help="connection string, without a password; else the PG* environment")
    parser.add_argument("--mapping", default=str(MAPPING), help="which field goes to which column")
    parser.add_argument("--connections", type=int, default=4, help="sessions that the job may have, all together")
    parser.add_argument("--limit", type=int, help="load only so many tweets, to try it")
    parser.add_argument("--max-rejects", default="1%", help="bad tweets that are borne; they are kept in pgfeed.rejects")
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    spark = SparkSession.builder.appName("tweets lab").getOrCreate()
    try:
        report = pgfeed.spark.load(
            spark,
            wanted.sources,
            mapping=wanted.mapping,
            to=wanted.to,
            connections=wanted.connections,
            limit=wanted.limit,
            max_rejects=wanted.max_rejects,
        )
    except pgfeed.Error as error:
        print(f"feed.py: {error}", file=sys.stderr)
        return 1
    finally:
        spark.stop()
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
