"""What runs inside Spark's tasks. Needs nothing but pgfeed: byte ranges are loaded on nodes that have no more."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyspark import SparkFiles, TaskContext

from pgfeed import _engine
from pgfeed.connecting import conninfo_of
from pgfeed.documents import text_of
from pgfeed.errors import Error
from pgfeed.spark.shipped import use_shipped_files


def run_task(task: str, to: str | None, tries: int) -> str:
    """Do what a task of the engine says, over a connection of its own; return what it came to.

    Raises an error that another try may mend, for Spark to try again; the last of `tries` returns it.
    """
    use_shipped_files()
    context = TaskContext.get()
    is_last = context is None or context.attemptNumber() + 1 >= tries
    return _engine.run_task(task, conninfo_of(to), attempt_name(), is_last)


def load_documents(task: str, to: str | None, partition: int, documents: Iterable[Any]) -> list[str]:
    """Hand the documents of one partition over; return what it came to.

    Where an earlier partition of the same task of Spark has failed for good, nothing: the task is to end, to be heard of.
    """
    failed = mark_of_attempt("failed")
    if failed.exists():
        return []
    use_shipped_files()
    handed = _engine.PartitionTask(task, conninfo_of(to), f"{partition}.{attempt_name()}")
    try:
        if handed.begin(partition):
            for document in documents:
                handed.add(text_of(document))
            handed.end()
    except Error:
        require_ended(handed)
        failed.touch()
    return [handed.outcome()]


def mark_of_attempt(what: str) -> Path:
    """A file of this attempt of this task, in a folder of Spark's own. The partitions may have processes of their own."""
    return Path(SparkFiles.getRootDirectory()) / f"pgfeed-{what}-{attempt_name()}"


def require_ended(handed: _engine.PartitionTask) -> None:
    """Inside an except clause: raises the error again, for Spark to try again, unless it is in what the attempt came to."""
    if "error" not in json.loads(handed.outcome()):
        raise


def attempt_name() -> str:
    """Name this attempt of this task: no other of the application has that name."""
    context = TaskContext.get()
    if context is None:
        return "0"
    return f"{context.partitionId()}.{context.taskAttemptId()}"
