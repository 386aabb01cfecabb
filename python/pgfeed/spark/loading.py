"""`pgfeed.spark.load`: whatever Spark can reach, into the tables of a mapping."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from pyspark import RDD
from pyspark.sql import DataFrame, SparkSession

from pgfeed import _engine, loading
from pgfeed.errors import UsageError
from pgfeed.options import LoadArguments, Sources, load_options, paths_of
from pgfeed.progress import Progress, progress_of
from pgfeed.report import Report
from pgfeed.spark.frames import load_frame, load_rdd
from pgfeed.spark.tasks import TaskRunner
from pgfeed.spark.told_load import run_told

if TYPE_CHECKING:
    from typing_extensions import Unpack


def load(
    data: SparkSession | DataFrame | RDD[Any],
    sources: Sources | None = None,
    *,
    mapping: str | PathLike[str],
    to: str | None = None,
    name: str | None = None,
    progress: bool | Progress | None = None,
    **arguments: Unpack[LoadArguments],
) -> Report:
    """Load files, a DataFrame or an RDD by Spark's tasks, into the tables of a mapping.

    >>> pgfeed.spark.load(spark, "tweets/", mapping="tweets.yaml", to="service=tweets", connections=32)
    >>> pgfeed.spark.load(spark.read.text("hdfs:///tweets/"), mapping="tweets.yaml", to="service=tweets")

    Parameters
    ----------
    data, sources
        A session, with files, folders or globs that the driver and all executors find: each task reads, parses and loads
        byte ranges of its own. Or a DataFrame: JSON texts, if it has one column, of text or binary; else each row is a
        document with the columns' names. Or an RDD of str, bytes, dict or Row.
    mapping
        Path of the mapping file.
    to
        libpq's connection string or URI, without a password; None: the ``PG*`` environment, of driver and executors.
    name
        Of a DataFrame's or RDD's load, so that an application that is started again goes on with it. Only if it gives the
        same partitions again. A load without the ``limit`` of an earlier one goes on with the rest.
    progress
        As for `pgfeed.load`; told of a task when it has ended.
    **arguments
        Those of `pgfeed.load`. ``connections`` is the budget of the whole job: so many tasks run, each with one connection
        (Spark's default parallelism, unless given). Meanwhile the driver has none. With ``limit`` (only so many documents,
        the first in the order of partitions) or ``dry_run`` (one transaction, which is rolled back) files are loaded by the
        driver alone, and a DataFrame or an RDD by one task.

    Returns
    -------
    Report
        Of a load that is done and durable. Nothing but counts is gathered on the driver.

    Raises
    ------
    Error
        One of its classes; `Error.report` has the report of what is in, where the load has begun.
    """
    session = data if isinstance(data, SparkSession) else SparkSession.builder.getOrCreate()
    arguments.setdefault("connections", session.sparkContext.defaultParallelism)
    options = load_options(mapping, to, arguments)
    if isinstance(data, SparkSession):
        return _load_files(data, sources, to, name, progress, options)
    if sources is not None:
        raise UsageError("sources are for a SparkSession; a DataFrame or an RDD is what is loaded")
    with progress_of(progress) as show:
        if isinstance(data, DataFrame):
            return load_frame(data, to, name, options, show)
        return load_rdd(data, to, name, options, show)


def _load_files(
    spark: SparkSession,
    sources: Sources | None,
    to: str | None,
    name: str | None,
    progress: bool | Progress | None,
    options: _engine.LoadOptions,
) -> Report:
    if sources is None:
        raise UsageError("pgfeed.spark.load(spark, ...) wants files, folders or globs; or a DataFrame in place of spark")
    if name is not None:
        raise UsageError("name is for DataFrames and RDDs: files are known by their own names")
    options.sources = paths_of(sources)
    with progress_of(progress) as show:
        if options.dry_run or options.limit >= 0:
            return loading.run(options, lambda engine: engine.run(show))
        runner = TaskRunner(spark.sparkContext, to, show)
        return run_told(spark.sparkContext, options, runner.run, lambda engine, run: engine.run_by_tasks(run))
