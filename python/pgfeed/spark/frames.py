"""DataFrames and RDDs into the tables of a mapping: their partitions, handed over by Spark's tasks."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pgfeed import _engine
from pgfeed.report import Report
from pgfeed.spark import subset
from pgfeed.spark.batch_size import small_batches
from pgfeed.spark.documents_of import holds_texts, require_documents
from pgfeed.spark.nodes import require_ready
from pgfeed.spark.one_task import context_of, numbered
from pgfeed.spark.outcomes import Outcomes
from pgfeed.spark.told_load import run_told
from pgfeed.spark.watched_job import description_of

if TYPE_CHECKING:
    import pyarrow
    from pyspark import RDD
    from pyspark.sql import DataFrame

    from pgfeed.progress import Progress
    from pgfeed.spark.one_task import Data


class FrameRunner:
    """Hands the partitions of a DataFrame over, by at most so many tasks, each with one connection.

    A row is a JSON text, with `as_text`, or an object with the columns' names.
    """

    def __init__(
        self, frame: DataFrame, to: str | None, connections: int, show: Progress | None = None, *, as_text: bool
    ) -> None:
        self._frame = frame
        self._show = show
        self._to = to
        self._connections = connections
        self._as_text = as_text

    def run(self, tasks: list[str]) -> list[str]:
        """Return what each task came to, in the engine's words; as `Outcomes.of_job`."""
        context = self._frame.sparkSession.sparkContext
        require_ready(context, self._connections)
        (task,), to, as_text, names = tasks, self._to, self._as_text, self._frame.columns
        outcomes = Outcomes(context, self._show)
        gathered = outcomes.gathered

        def load(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
            from pgfeed.spark.arrow_batches import load_batches

            for batch in load_batches(task, to, batches, names, as_text):
                gathered.add(batch.column(0).to_pylist())
                yield batch

        loaded = numbered(self._frame).coalesce(self._connections).mapInArrow(load, "outcome string")
        with small_batches(self._frame.sparkSession, as_text=as_text):
            return outcomes.of_job(description_of(task, "a DataFrame"), lambda: [row.outcome for row in loaded.collect()])


class RddRunner:
    """Hands the partitions of an RDD over, by at most so many tasks at a time, each with one connection."""

    def __init__(self, rdd: RDD[Any], to: str | None, connections: int, show: Progress | None = None) -> None:
        self._rdd = rdd
        self._show = show
        self._to = to
        self._connections = connections

    def run(self, tasks: list[str]) -> list[str]:
        """Return what the partitions came to, in the engine's words; as `Outcomes.of_job`."""
        require_ready(self._rdd.context, self._connections)
        (task,), to = tasks, self._to
        outcomes = Outcomes(self._rdd.context, self._show)
        gathered = outcomes.gathered

        def load(partition: int, documents: Iterator[Any]) -> Iterator[str]:
            from pgfeed.spark.executor import load_documents

            for outcome in load_documents(task, to, partition, documents):
                gathered.add([outcome])
                yield outcome

        loaded = self._rdd.mapPartitionsWithIndex(load).coalesce(self._connections)
        return outcomes.of_job(description_of(task, "an RDD"), loaded.collect)


def load_frame(
    frame: DataFrame, to: str | None, name: str | None, options: _engine.LoadOptions, show: Progress | None = None
) -> Report:
    """Load JSON texts, if the frame has one column, of text or binary, else rows as objects.

    Raises `UsageError` for columns that cannot be part of one.
    """
    require_documents(frame)
    as_text = holds_texts(frame)
    runner = FrameRunner(frame, to, options.connections, show, as_text=as_text)
    return _load(frame, runner, to, name, options, as_text=as_text)


def load_rows(frame: DataFrame, to: str | None, name: str | None, options: _engine.LoadOptions) -> Report:
    """Load rows as objects with the columns' names. Raises `UsageError` for columns that cannot be part of one."""
    require_documents(frame)
    return _load(frame, FrameRunner(frame, to, options.connections, as_text=False), to, name, options)


def load_rdd(
    rdd: RDD[Any], to: str | None, name: str | None, options: _engine.LoadOptions, show: Progress | None = None
) -> Report:
    """Load the elements of an RDD."""
    return _load(rdd, RddRunner(rdd, to, options.connections, show), to, name, options)


def _load(
    data: Data,
    runner: FrameRunner | RddRunner,
    to: str | None,
    name: str | None,
    options: _engine.LoadOptions,
    *,
    as_text: bool = False,
) -> Report:
    options.partitions, options.once = name or uuid.uuid4().hex, name is None
    if options.dry_run:
        return subset.rehearse(data, to, options, as_text=as_text)
    if options.limit >= 0:
        return subset.load_part(data, to, options, as_text=as_text)
    return run_told(context_of(data), options, runner.run, lambda engine, run: engine.run_by_partitions(run))
