"""What the tasks of a load come to, as they end: counts, in the engine's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from pgfeed import _engine
from pgfeed.errors import Error
from pgfeed.spark.nodes import run_on_nodes
from pgfeed.spark.watched_job import WatchedJob

if TYPE_CHECKING:
    from pyspark import Accumulator, AccumulatorParam, SparkContext

    from pgfeed.progress import Progress


class Outcomes:
    """Gathers outcomes while a job runs, shows what they come to, and ends the job where one is an error for good.

    Parameters
    ----------
    show
        Told of documents, rejects and bytes of the tasks that have ended.
    total
        Bytes that all of them are to load; -1: not known.
    """

    def __init__(self, context: SparkContext, show: Progress | None = None, total: int = -1) -> None:
        self._context = context
        self._show = show
        self._total = total
        self.gathered: Accumulator[list[str]] = context.accumulator([], _gathering())
        self._counted = 0  # outcomes
        self._counts = {"read": 0, "rejected": 0, "bytes": 0}
        self._has_failed = False

    def of_job(self, description: str, job: Callable[[], list[str]]) -> list[str]:
        """Run a job of Spark whose tasks add what they come to to `gathered`, and which gives it back.

        Where one came to an error that no other try can mend, the rest are stopped: then it is what those had come to that
        had ended. Raises what Spark raises where it gives the job up. An interrupt stops them too.
        """
        watched = WatchedJob(self._context, description, lambda: run_on_nodes(self._context, job))
        return watched.run(self._look) or list(self.gathered.value)

    def _look(self) -> bool:
        ended = list(self.gathered.value)
        for outcome in ended[self._counted :]:
            counts = json.loads(outcome)
            for name in self._counts:
                self._counts[name] += counts[name]
            self._has_failed = self._has_failed or has_failed(outcome)
        self._counted = len(ended)
        if self._show is not None:
            self._show(self._counts["read"], self._counts["rejected"], self._counts["bytes"], self._total)
        return not self._has_failed


def has_failed(outcome: str) -> bool:
    """Whether that is an error, one that no other try can mend."""
    try:
        _engine.require_success(outcome)
    except Error:
        return True
    return False


def _gathering() -> AccumulatorParam[list[str]]:
    """How outcomes are put together. The class is made here, so that it travels by value: a node may lack the package."""
    from pyspark import AccumulatorParam

    class Gathering(AccumulatorParam):  # type: ignore[misc]
        def zero(self, value: list[str]) -> list[str]:
            return []

        def addInPlace(self, value1: list[str], value2: list[str]) -> list[str]:  # Spark's name
            return value1 + value2

    return Gathering()
