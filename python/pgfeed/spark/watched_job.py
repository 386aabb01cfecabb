"""A job of Spark that can be watched and cancelled."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pyspark import InheritableThread

if TYPE_CHECKING:
    from pyspark import SparkContext

BETWEEN_LOOKS = 0.1  # seconds
UNTIL_KILLED = 30.0  # seconds that the tasks of a job that was cancelled may take to end; Spark kills them after two


class WatchedJob:
    """A job of Spark in a thread of its own, which inherits the properties of the caller's: its pool, its group.

    The caller's thread looks on meanwhile. It keeps its properties, and an interrupt does not catch it in the middle of a
    conversation with Java. By its tag the job is cancelled; a group would take the place of the caller's.
    """

    def __init__(self, context: SparkContext, description: str, work: Callable[[], list[str]]) -> None:
        self._context = context
        self._description = description
        self._work = work
        self._tag = f"pgfeed-{uuid.uuid4().hex}"
        self._result: list[str] = []
        self._failed: BaseException | None = None
        self._thread = InheritableThread(target=self._run, daemon=True)

    def run(self, look: Callable[[], bool]) -> list[str]:
        """What the work came to; nothing, where it was cancelled because `look` returned False."""
        self._thread.start()
        try:
            while self._thread.is_alive() and look():
                self._thread.join(BETWEEN_LOOKS)
        except BaseException:
            self._cancel()
            raise
        if not look():
            self._cancel()
            return []
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        return self._result

    def _run(self) -> None:
        try:
            self._context.addJobTag(self._tag)
            self._context.setJobDescription(self._description)
            self._result = self._work()
        except BaseException as error:
            self._failed = error

    def _cancel(self) -> None:
        """Returns when its tasks have ended: what they commit still, the caller is to know."""
        with suppress(Exception):  # where Java is gone, so is the job
            self._context.cancelJobsWithTag(self._tag)
            self._thread.join(UNTIL_KILLED)
            until = time.monotonic() + UNTIL_KILLED
            while self._tasks() > 0 and time.monotonic() < until:
                time.sleep(BETWEEN_LOOKS)

    def _tasks(self) -> int:
        """How many of its tasks run now."""
        tracker = self._context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in self._context._jsc.sc().statusTracker().getJobIdsForTag(self._tag)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job is not None for stage in job.stageIds]
        return sum(stage.numActiveTasks for stage in stages if stage is not None)


def description_of(task: str, what: str) -> str:
    """What Spark's pages call the job of a load, whose task that is."""
    load = json.loads(task)
    return f"pgfeed: load {load['load']} of feed {_as_text(load['feed'])}: {what}"


def _as_text(travelling: str) -> str:
    """What the engine has written with a character for each byte."""
    return travelling.encode("latin-1").decode("utf-8", "replace")
