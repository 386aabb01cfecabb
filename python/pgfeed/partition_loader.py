"""The function that goes to the partitions of an RDD."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Callable

from pgfeed import _engine
from pgfeed.connecting import conninfo_of
from pgfeed.documents import Document, text_of
from pgfeed.errors import UsageError
from pgfeed.options import LoadArguments, load_options, read_mapping

if TYPE_CHECKING:
    from typing_extensions import Unpack


@dataclass(frozen=True)
class PartitionCounts:
    """What came of the documents of one partition."""

    partition: int
    read: int  #: always loaded + skipped + rejected; 0 where an earlier attempt has loaded all of it
    loaded: int
    skipped: int
    rejected: int


class PartitionLoader:
    """Load documents inside the partitions of an RDD, each over one connection, opened there.

    >>> sc.textFile("tweets/").foreachPartition(pgfeed.PartitionLoader(mapping="tweets.yaml", to="service=tweets"))

    The mapping is read when the loader is made; nothing is opened then, and it pickles small. Elements are JSON texts (str
    or bytes), dicts or Rows. In ``mapPartitions`` it gives back a `PartitionCounts` for each partition. Called with lists in
    plain Python it does the same: each that goes in is another partition. One that failed is gone on with by the next call.

    A partition goes in once, however often it is tried. It is known by `name`, Spark's stage and its number: give a `name`
    to a load that is to be gone on with by an application that is started again, if its partitions are the same then.

    Parameters
    ----------
    mapping
        Path of the mapping file.
    to
        libpq's connection string or URI, without a password; None: the ``PG*`` environment of the executors.
    name
        Of the load; one that is drawn at random, unless given.
    **arguments
        Of `LoadArguments`: ``max_rejects``, ``split_size``, ``documents`` … With ``connections``, so many partitions of a
        stage have a connection at a time, and the tasks of others wait; else each that Spark works on has one.
    """

    def __init__(
        self,
        mapping: str | PathLike[str],
        to: str | None = None,
        *,
        name: str | None = None,
        **arguments: Unpack[LoadArguments],
    ) -> None:
        options = load_options(mapping, to, arguments)
        if options.atomic or options.dry_run or options.limit >= 0 or options.rejects_file:
            raise UsageError("publish='atomic', dry_run, limit and rejects need a driver: pgfeed.spark.load(rdd, ...)")
        options.mapping_text = read_mapping(mapping)
        self._stage = uuid.uuid4().hex  # stands in the task's text where the stage is to be
        options.partitions = f"{name or uuid.uuid4().hex}/{self._stage}"
        self._task = _engine.joining_task(options)
        self._to = to
        self._lists = _Lists(is_named=name is not None)

    def __call__(self, documents: Iterable[Document]) -> list[PartitionCounts]:
        """Load one partition. Raises `Error`; Spark tries its task again then."""
        stage, partition = _place() or (self._lists.stage, self._lists.number)
        task = _engine.PartitionTask(self._task.replace(self._stage, stage), conninfo_of(self._to), _attempt_at(partition))
        counts = feed(task, partition, documents)
        task.leave()
        self._lists.number += 1
        return [counts]


def feed(task: _engine.PartitionTask, partition: int, documents: Iterable[Document]) -> PartitionCounts:
    """Hand the documents of a partition over; what it came to."""
    before = json.loads(task.outcome())
    if task.begin(partition):
        for document in documents:
            task.add(text_of(document))
        task.end()
    after = json.loads(task.outcome())
    return PartitionCounts(partition, *(after[name] - before[name] for name in ("read", "loaded", "skipped", "rejected")))


class _Lists:
    """Which partition a list is that comes from plain Python. A copy in another process has other lists than this one."""

    def __init__(self, *, is_named: bool) -> None:
        self.stage = "0" if is_named else uuid.uuid4().hex
        self.number = 0

    def __reduce__(self) -> tuple[Callable[[], _Lists], tuple[()]]:
        return (_unnamed if self.stage != "0" else _named), ()


def _named() -> _Lists:
    return _Lists(is_named=True)


def _unnamed() -> _Lists:
    return _Lists(is_named=False)


def _place() -> tuple[str, int] | None:
    """Return the stage and the number of the partition; None: this is no task of Spark."""
    try:
        from pyspark import TaskContext
    except ImportError:
        return None
    context = TaskContext.get()
    return None if context is None else (str(context.stageId()), context.partitionId())


def _attempt_at(partition: int) -> str:
    """Draw a name for an attempt. An application that is started again counts its attempts from 0, as the lost one did."""
    return f"{partition}.{uuid.uuid4().hex[:9]}"
