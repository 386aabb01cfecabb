"""A load whose end Spark's pages show."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pgfeed import _engine, loading
from pgfeed.errors import Error
from pgfeed.report import Report
from pgfeed.spark.watched_job import WatchedJob

if TYPE_CHECKING:
    from pyspark import SparkContext

    Tasks = Callable[[list[str]], list[str]]


def run_told(
    context: SparkContext, options: _engine.LoadOptions, run: Tasks, work: Callable[[_engine.Load, Tasks], None]
) -> Report:
    """As `loading.run`; `work` is given a function that runs tasks in Spark. Where it did, what came of the load is said.

    PySpark's accumulators have no names that the pages could show, and a job is described before it begins. So a job without
    tasks comes after it, and says it: with the other jobs on the pages, in the event log and in the history server.
    """
    has_run = False

    def run_noted(tasks: list[str]) -> list[str]:
        nonlocal has_run
        has_run = True
        return run(tasks)

    try:
        report = loading.run(options, lambda engine: work(engine, run_noted))
    except Error as error:
        if has_run and error.report is not None:
            _say(context, outcome_of(error.report, f" has failed ({error.kind})"))
        raise
    if has_run:
        _say(context, outcome_of(report))
    return report


def outcome_of(report: Report, failed: str = "") -> str:
    """What Spark's pages say of a load that has ended. Rows are those that are new, or took values."""
    rows = sum(table.inserted + table.merged for table in report.tables.values())
    loaded, rejects = _counted(report.loaded, "document"), _counted(report.rejected, "reject")
    return f"pgfeed: load {report.load} of feed {report.feed}{failed}: {loaded} loaded, {_counted(rows, 'row')}, {rejects}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _say(context: SparkContext, description: str) -> None:
    def run_nothing() -> list[str]:
        context._jsc.emptyRDD().count()
        return []

    with suppress(Exception):  # Spark may be the reason why the load has failed
        WatchedJob(context, description, run_nothing).run(lambda: True)
