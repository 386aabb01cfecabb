"""One load by pgfeed on Spark, or what Spark itself needs for it, as a driver program.

    spark_pgfeed.py files|frame|partitions|transport|write|source CONNINFO FILE…   (prints {"seconds": …, "worker_bytes": …})

The seconds are the job's, without Spark's start, after the same with a sample (BENCH_SAMPLE, into BENCH_SAMPLE_TO), if there
is one: then Java has its classes loaded. `worker_bytes` is how much the largest Python worker grew above one that has run an
empty task.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pgfeed.spark
from spark_session import CORES, sample, start_session, worker_bytes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MAPPING = str(Path(__file__).parent.parent / "plain.yaml")


def files(spark: SparkSession, to: str, paths: list[str]) -> None:
    pgfeed.spark.load(spark, paths, mapping=MAPPING, to=to, connections=CORES)


def frame(spark: SparkSession, to: str, paths: list[str]) -> None:
    pgfeed.spark.load(spark.read.text(paths), mapping=MAPPING, to=to, connections=CORES)


def partitions(spark: SparkSession, to: str, paths: list[str]) -> None:
    spark.sparkContext.textFile(",".join(paths)).foreachPartition(pgfeed.PartitionLoader(mapping=MAPPING, to=to))


def transport(spark: SparkSession, to: str, paths: list[str]) -> None:
    """Spark hands the same strings to Python, which does nothing with them."""
    spark.sparkContext.textFile(",".join(paths)).foreachPartition(lambda lines: deque(lines, maxlen=0))


def write(spark: SparkSession, to: str, paths: list[str]) -> None:
    pgfeed.spark.write(spark.read.parquet(*paths), table="trips", to=to, connections=CORES)


def source(spark: SparkSession, to: str, paths: list[str]) -> None:
    rows = spark.read.parquet(*paths)
    rows.write.format("pgfeed").option("to", to).option("dbtable", "trips").mode("append").save()


WAYS: dict[str, Callable[..., None]] = {way.__name__: way for way in (files, frame, partitions, transport, write, source)}


def main(way: str, to: str, paths: list[str]) -> dict[str, Any]:
    session = start_session()
    idle = worker_bytes("VmRSS")
    if paths_of_sample := sample():
        WAYS[way](session, os.environ["BENCH_SAMPLE_TO"], paths_of_sample)
    begin = time.monotonic()
    WAYS[way](session, to, paths)
    seconds = time.monotonic() - begin
    most = worker_bytes("VmHWM")
    session.stop()
    grown = max(most) - int(statistics.median(idle)) if idle and most else None
    return {"seconds": seconds, "worker_bytes": grown}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], sys.argv[3:])))
