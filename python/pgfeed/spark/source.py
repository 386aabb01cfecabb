"""The data source ``pgfeed`` of Spark 4: a DataFrame or a stream into one table."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow
from pyspark.sql.datasource import DataSource, DataSourceArrowWriter, WriterCommitMessage

from pgfeed.errors import UsageError
from pgfeed.spark.table_job import OPTIONS, TableJob, require_known

if TYPE_CHECKING:
    from pyspark.sql.datasource import DataSourceStreamWriter
    from pyspark.sql.types import StructType


@dataclass
class Written(WriterCommitMessage):  # type: ignore[misc]
    """What a task came to, in the engine's words; None: its partition had no rows."""

    outcome: str | None


class PgfeedSource(DataSource):  # type: ignore[misc]
    """Writes a DataFrame or a stream into one table.

    >>> frame.write.format("pgfeed").option("to", "service=tweets").option("dbtable", "trips").mode("append").save()
    >>> stream.writeStream.format("pgfeed").option("dbtable", "trips").option("checkpointLocation", "trips/").start()

    Options are those of `pgfeed.spark.write`: ``to``, ``dbtable``, ``on_duplicate``, ``key`` (columns with commas between),
    ``connections`` (the most sessions that its tasks have at a time), ``publish``, ``max_rejects``, ``split_size``,
    ``ledger_schema``, ``connect_timeout``, ``retry_for``, ``lock_timeout``, ``answer_timeout`` and ``name``; and
    ``timezone``: that of timestamps without one, the session's unless given. Mode ``overwrite`` publishes at the end; Spark
    itself refuses ``errorifexists`` and ``ignore``.

    Each batch of a stream is published as a whole, and once, however often Spark runs it: it is known by the query's id,
    which is in its checkpoint, and its number. With output mode ``complete`` it takes the place of the rows before.
    """

    @classmethod
    def name(cls) -> str:
        """What it is called in ``format``."""
        return "pgfeed"

    def writer(self, schema: StructType, overwrite: bool) -> DataSourceArrowWriter:
        """Look at the table, and say what tasks are to do. Raises `Error` before any of them starts."""
        given = self._given("path")
        require_known(given, (*OPTIONS, "name"))
        return PgfeedWriter(schema, given, overwrite)

    def streamWriter(self, schema: StructType, overwrite: bool) -> DataSourceStreamWriter:  # Spark's name
        """Do the same for one run of one batch of a stream."""
        given = self._given("path", "checkpointlocation", "queryname")
        if "name" in given:
            raise UsageError("option name is not for streams, which are known by their checkpoints")
        require_known(given, OPTIONS)
        if given.get("publish", "atomic") != "atomic":
            raise UsageError("a stream's batches are published as a whole: leave out option publish")
        try:
            from pgfeed.spark.stream_sink import PgfeedStreamWriter
        except ImportError as error:
            raise UsageError("streams need Spark 4.1 here: use foreachBatch and pgfeed.spark.write") from error
        return PgfeedStreamWriter(schema, given, overwrite)

    def _given(self, *of_spark: str) -> dict[str, str]:
        given = {name.lower(): value for name, value in self.options.items() if value is not None}
        return {name: value for name, value in given.items() if name not in of_spark}


class PgfeedWriter(DataSourceArrowWriter):  # type: ignore[misc]
    """Writes the partitions of one DataFrame; each task over one connection."""

    def __init__(self, schema: StructType, given: dict[str, str], overwrite: bool) -> None:
        self._is_named = "name" in given
        self._name = given.get("name") or uuid.uuid4().hex
        self._job = TableJob(schema, given, overwrite, self._name)

    def write(self, iterator: Iterator[pyarrow.RecordBatch]) -> WriterCommitMessage:
        """Write one partition. Runs in a task."""
        return Written(self._job.hand_over(self._job.task, iterator))

    def commit(self, messages: list[WriterCommitMessage | None]) -> None:
        """Publish, make keys, and end the load."""
        outcomes = [message.outcome for message in messages if isinstance(message, Written)]
        self._job.finish(self._name, [outcome for outcome in outcomes if outcome is not None])

    def abort(self, messages: list[WriterCommitMessage | None]) -> None:
        """End the load. Of an atomic one nothing is seen, and it goes on if it has a name; of another, what is in stays."""
        self._job.give_up(self._name, keeps_staged=self._is_named)
