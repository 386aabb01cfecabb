"""DataFrames and RDDs tried first: some of them loaded, a dry run, a check."""

from __future__ import annotations

from functools import partial
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from pyspark import RDD
from pyspark.sql import DataFrame, SparkSession

from pgfeed import _engine, loading
from pgfeed.errors import Error, UsageError
from pgfeed.options import CheckArguments, Sources, check_options, read_mapping
from pgfeed.report import Check, Report
from pgfeed.spark import alone
from pgfeed.spark.documents_of import holds_texts, require_documents
from pgfeed.spark.one_task import context_of, run_in_one_task
from pgfeed.spark.told_load import run_told
from pgfeed.spark.watched_job import description_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pgfeed.spark.one_task import Data, Work


def load_part(data: Data, to: str | None, options: _engine.LoadOptions, *, as_text: bool) -> Report:
    """Load the first documents, as many as the limit allows, by one task."""
    options.connections = 1

    def run(tasks: list[str]) -> list[str]:
        description = description_of(tasks[0], f"the first {options.limit} documents")
        return [run_in_one_task(data, partial(alone.load_part, tasks[0], to), description, as_text=as_text)]

    return run_told(context_of(data), options, run, lambda engine, told: engine.run_by_partitions(told))


def rehearse(data: Data, to: str | None, options: _engine.LoadOptions, *, as_text: bool) -> Report:
    """Load all or some in one transaction of one task, which is rolled back."""
    if options.rejects_file:
        raise UsageError(
            "a dry run of a DataFrame or an RDD is no work of the driver, which writes rejects: see Report, or check"
        )
    options.mapping_text = options.mapping_text or read_mapping(options.mapping)
    feed = _engine.parse_mapping(options.mapping_text, options.mapping)
    work = partial(alone.rehearse, _engine.write_load(options), to)
    report: Report = _raised(run_in_one_task(data, work, f"pgfeed: dry run of feed {feed}", as_text=as_text))
    return report


def check(
    data: SparkSession | DataFrame | RDD[Any],
    sources: Sources | None = None,
    *,
    mapping: str | PathLike[str],
    to: str | None = None,
    limit: int | None = 100,
    sample: float | None = None,
    shown_rows: int = 3,
    **arguments: Unpack[CheckArguments],
) -> Check:
    """Read some documents and make the rows that a load would send; write nothing.

    >>> print(pgfeed.spark.check(spark.read.text("hdfs:///tweets/"), mapping="tweets.yaml", to="service=tweets"))

    Takes what `load` takes. Files are looked at by the driver; partitions by one task, one after another, and no more of
    them than it takes. The rest is as `pgfeed.check` has it: the first `limit` documents (None: all), or a `sample` of them.
    """
    if isinstance(data, SparkSession):
        if sources is None:
            raise UsageError(
                "pgfeed.spark.check(spark, ...) wants files, folders or globs; or a DataFrame in place of spark"
            )
        return loading.check(sources, mapping=mapping, to=to, limit=limit, sample=sample, shown_rows=shown_rows, **arguments)
    if sources is not None:
        raise UsageError("sources are for a SparkSession; a DataFrame or an RDD is what is looked at")
    check_options(mapping, to, limit, sample, arguments)
    path, text = fspath(mapping), read_mapping(mapping)
    feed = _engine.parse_mapping(text, path)
    work: Work = partial(alone.check, (path, text), to, limit, sample, shown_rows, arguments)
    as_text = False
    if isinstance(data, DataFrame):
        require_documents(data)
        as_text = holds_texts(data)
    found: Check = _raised(run_in_one_task(data, work, f"pgfeed: check of feed {feed}", as_text=as_text))
    return found


def _raised(result: Any) -> Any:  # noqa: ANN401
    """What came of work, unless that is an error."""
    if isinstance(result, Error):
        raise result
    return result
