"""Loads partitions as each of its arguments says, a JSON object, with faults of their own. Prints each report, or the error.

way : each, rdd, frame or source
    `foreachPartition` with a loader; `load` of an RDD or a DataFrame; or the data source
path : str, optional
    of files whose lines are the documents; what follows is for documents that are made here
count, partitions
    documents for the mapping SEEN, and what they are spread over
shuffled : bool
    each attempt of a partition hands its documents over in another order
fail_at, stay_at : int, optional
    the first attempt of the partition in which that document is fails when it comes to it, or stays there for good
marker : str
    a file that the attempt makes before
arguments : object
    what else `load` or `PartitionLoader` takes by name
"""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pgfeed
import pgfeed.spark
from pyspark import RDD, TaskContext
from pyspark.sql import DataFrame, SparkSession

Asked = dict[str, Any]


def documents_of(spark: SparkSession, asked: Asked) -> RDD[str] | DataFrame:
    if "path" in asked:
        return spark.read.text(asked["path"]) if asked["way"] == "frame" else spark.sparkContext.textFile(asked["path"])
    numbers = spark.sparkContext.parallelize(range(asked["count"]), asked["partitions"])
    made = numbers.mapPartitions(partial(faulty, asked))
    if asked["way"] == "source":
        return spark.createDataFrame(made.map(lambda text: (json.loads(text)["id"],)), "id long")
    return spark.createDataFrame(made, "string") if asked["way"] == "frame" else made


def faulty(asked: Asked, numbers: Iterable[int]) -> Iterator[str]:
    context = TaskContext.get()
    listed = list(numbers)
    if asked["shuffled"]:
        random.Random(context.taskAttemptId()).shuffle(listed)
    is_first = context.attemptNumber() == 0
    faults = [asked.get("fail_at", -1), asked.get("stay_at", -1)]
    fault = next((number for number in faults if number in listed), None)
    for at, number in enumerate(listed):
        if is_first and fault is not None and at == len(listed) // 2 and not Path(asked["marker"]).exists():
            Path(asked["marker"]).touch()
            if fault == asked.get("fail_at"):
                raise RuntimeError("this attempt fails")
            threading.Event().wait()  # until it is killed
        yield json.dumps({"id": number, "filler": "x" * (number % 50)})


def write(frame: DataFrame, arguments: dict[str, Any]) -> None:
    writer = frame.write.format("pgfeed").mode("append").option("dbtable", "seen")
    for name in arguments.keys() - {"mapping"}:
        writer = writer.option(name, str(arguments[name]))
    writer.save()


def load(spark: SparkSession, asked: Asked) -> dict[str, object]:
    """What is printed."""
    documents = documents_of(spark, asked)
    arguments = {"mapping": asked["mapping"], "to": asked["to"], "split_size": "8KiB", **asked["arguments"]}
    try:
        if asked["way"] == "each":
            documents.foreachPartition(pgfeed.PartitionLoader(**arguments))
            return {}
        if asked["way"] == "source":
            assert isinstance(documents, DataFrame)
            write(documents, arguments)
            return {}
        report = pgfeed.spark.load(documents, **arguments)
    except pgfeed.Error as error:
        return {"error": error.kind, "said": str(error)}
    return {"load": report.load, "read": report.read, "loaded": report.loaded}


spark = SparkSession.builder.getOrCreate()
has_failed = False
for word in sys.argv[1:]:
    asked = json.loads(word)
    answer = load(spark, asked)
    has_failed = has_failed or "error" in answer
    print(json.dumps({"way": asked["way"], **answer}), flush=True)
sys.exit(has_failed)
