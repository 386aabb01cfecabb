"""The data source's way with streams: each batch staged by its tasks, and published once by its commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow
from pyspark import TaskContext
from pyspark.sql.datasource import DataSourceStreamArrowWriter, WriterCommitMessage

from pgfeed.errors import Error
from pgfeed.spark.table_job import TableJob

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


@dataclass
class Staged(WriterCommitMessage):  # type: ignore[misc]
    """What a task came to, in the engine's words (None: its partition had no rows), and in which run of which batch."""

    outcome: str | None
    stream: str
    batch: int
    run: str

    @property
    def name(self) -> str:
        """The load's. A run that was lost may have staged other partitions of the same rows, so each has its own."""
        return f"{self.stream}/{self.batch}/{self.run}"


class PgfeedStreamWriter(DataSourceStreamArrowWriter):  # type: ignore[misc]
    """Stages and publishes one run of one batch. Spark makes one for its tasks, and one more for its end."""

    def __init__(self, schema: StructType, given: dict[str, str], overwrite: bool) -> None:
        self._overwrite = overwrite
        # The tasks are told which batch it is, and only then is the load's name known: so these stand in for it.
        self._run, self._stream, self._name = (uuid.uuid4().hex for _ in range(3))
        self._job = TableJob(schema, given, overwrite, self._name, self._stream)

    def write(self, iterator: Iterator[pyarrow.RecordBatch]) -> WriterCommitMessage:
        """Stage one partition. Runs in a task."""
        staged = Staged(None, *_stream_and_batch(), self._run)
        task = self._job.task.replace(self._name, staged.name).replace(self._stream, staged.stream)
        staged.outcome = self._job.hand_over(task, iterator)
        return staged

    def commit(self, messages: list[WriterCommitMessage | None], batchId: int) -> None:  # Spark's name
        """Publish the batch, unless an earlier run of it was. A batch without rows changes nothing, unless it overwrites."""
        staged = [message for message in messages if isinstance(message, Staged)]
        outcomes = [message.outcome for message in staged if message.outcome is not None]
        if not staged or not (outcomes or self._overwrite):
            return
        if len({message.name for message in staged}) > 1 or staged[0].batch != batchId:
            raise Error(f"Spark commits batch {batchId} of a stream with what tasks of others have written")
        self._job.finish(staged[0].name, outcomes, staged[0].stream, batchId)

    def abort(self, messages: list[WriterCommitMessage | None], batchId: int) -> None:  # Spark's name
        """Drop what this run of the batch has staged; another run will stage it again."""
        for message in messages:
            if isinstance(message, Staged):
                self._job.give_up(message.name, keeps_staged=False)
                return


def _stream_and_batch() -> tuple[str, int]:
    """What Spark tells a task of the query, by an id that its checkpoint keeps, and of the batch."""
    context = TaskContext.get()
    stream = None if context is None else context.getLocalProperty("sql.streaming.queryId")
    batch = None if context is None else context.getLocalProperty("streaming.sql.batchId")
    if not stream or not batch:
        raise Error("Spark does not tell which batch of which stream this is: use foreachBatch and pgfeed.spark.write")
    return stream, int(batch)
