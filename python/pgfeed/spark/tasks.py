"""Runs the engine's tasks as one job of Spark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pgfeed.spark.nodes import checked, require_ready
from pgfeed.spark.outcomes import Outcomes
from pgfeed.spark.watched_job import description_of

if TYPE_CHECKING:
    from pyspark import Accumulator, SparkContext

    from pgfeed.progress import Progress


class TaskRunner:
    """Runs tasks of the engine side by side, each as a task of Spark. Only what they came to, counts, is gathered."""

    def __init__(self, context: SparkContext, to: str | None, show: Progress | None = None) -> None:
        self._context = context
        self._to = to
        self._show = show

    def run(self, tasks: list[str]) -> list[str]:
        """Return what the tasks came to, in the engine's words; as `Outcomes.of_job`."""
        require_ready(self._context, len(tasks))
        what = f"{len(tasks)} task{'s' if len(tasks) > 1 else ''}"
        outcomes = Outcomes(self._context, self._show, sum(map(_bytes_of, tasks)))
        return outcomes.of_job(description_of(tasks[0], what), lambda: self._collect(tasks, outcomes.gathered))

    def _collect(self, tasks: list[str], gathered: Accumulator[list[str]]) -> list[str]:
        to, tries = self._to, _tries(self._context)

        def run_each(texts: Iterator[str]) -> Iterator[str]:
            from pgfeed.spark.executor import run_task

            for text in texts:
                outcome = run_task(text, to, tries)
                gathered.add([outcome])
                yield outcome

        return list(self._context.parallelize(tasks, len(tasks)).mapPartitions(checked(run_each)).collect())


def _tries(context: SparkContext) -> int:
    """How often a task may fail before Spark gives the job up. A local master counts for itself."""
    local = re.fullmatch(r"local(?:\[[^],]*(?:,\s*(\d+))?\])?", context.master)
    return int(local[1] or 1) if local else int(context.getConf().get("spark.task.maxFailures", "4") or 4)


def _bytes_of(task: str) -> int:
    """How much a task is to load."""
    return sum(
        source["size"] - sum(end - begin for begin, end in source["others"]) for source in json.loads(task)["sources"]
    )
