"""Runs a stream over what files there are, as its one argument says, a JSON object, with faults of its own.

way : source, write or load
    the data source; or `foreachBatch`, with `pgfeed.spark.write` or `pgfeed.spark.load`
files, checkpoint : str
    folders: of JSON files, each a batch, and of what Spark knows of the query
stay_after : int, optional
    the commit of that batch has taken place in the database, and Spark is never told
stay_in : int, optional
    a task of that batch stays there for good when it has handed its rows over
marker : str
    a file that is made before
arguments : object
    what else the write takes by name
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pgfeed.spark
from pyspark.sql import DataFrame, SparkSession

asked = json.loads(sys.argv[1])


def stay(fault: str, batch: int, asked: dict[str, Any] = asked) -> None:
    if asked.get(fault) == batch:
        Path(asked["marker"]).touch()
        threading.Event().wait()  # until it is killed


def by_foreach(frame: DataFrame, batch: int) -> None:
    arguments: dict[str, Any] = {"to": asked["to"], "name": f"orders {batch}", **asked["arguments"]}
    if asked["way"] == "write":
        pgfeed.spark.write(frame, table="seen", **arguments)
    else:
        pgfeed.spark.load(frame, mapping=asked["mapping"], **arguments)
    stay("stay_after", batch)


def faulty_source() -> str:
    """Spark 3.5 lacks what it is made of."""
    from pgfeed.spark.source import PgfeedSource
    from pgfeed.spark.stream_sink import PgfeedStreamWriter
    from pyspark import TaskContext
    from pyspark.sql.datasource import WriterCommitMessage

    class FaultyWriter(PgfeedStreamWriter):
        def write(self, iterator: Iterator[Any]) -> WriterCommitMessage:
            written = super().write(iterator)
            if TaskContext.get().partitionId() == 0:
                stay("stay_in", int(TaskContext.get().getLocalProperty("streaming.sql.batchId")))
            return written

        def commit(self, messages: list[WriterCommitMessage | None], batchId: int) -> None:
            super().commit(messages, batchId)
            stay("stay_after", batchId)

    class Faulty(PgfeedSource):
        @classmethod
        def name(cls) -> str:
            return "faulty"

        def streamWriter(self, schema: Any, overwrite: bool) -> Any:  # noqa: ANN401
            return FaultyWriter(schema, self._given("checkpointlocation"), overwrite)

    spark.dataSource.register(Faulty)
    return "faulty"


spark = SparkSession.builder.getOrCreate()
stream = spark.readStream.schema("id long").option("maxFilesPerTrigger", 1).json(asked["files"])
writer = stream.writeStream.trigger(availableNow=True).option("checkpointLocation", asked["checkpoint"])
if asked["way"] == "source":
    is_faulty = "stay_in" in asked or "stay_after" in asked
    writer = writer.format(faulty_source() if is_faulty else "pgfeed").option("to", asked["to"]).option("dbtable", "seen")
    for name, value in asked["arguments"].items():
        writer = writer.option(name, str(value))
else:
    writer = writer.foreachBatch(by_foreach)
writer.start().awaitTermination()
