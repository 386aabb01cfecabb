"""Loads on this machine, by threads of the engine."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Callable

from pgfeed import _engine
from pgfeed.documents import Document
from pgfeed.errors import Error, UsageError
from pgfeed.handing_over import are_documents, hand_over
from pgfeed.options import CheckArguments, LoadArguments, Sources, check_options, load_options, paths_of
from pgfeed.progress import Progress, progress_of
from pgfeed.rejects_file import rejects_sent
from pgfeed.report import Check, Report, check_of, report_of

if TYPE_CHECKING:
    from typing_extensions import Unpack


def load(
    sources: Sources | Iterable[Document],
    *,
    mapping: str | PathLike[str],
    to: str | None = None,
    name: str | None = None,
    progress: bool | Progress | None = None,
    **arguments: Unpack[LoadArguments],
) -> Report:
    """Load files or documents into the tables of a mapping, as the command line's ``pgfeed load`` does.

    >>> pgfeed.load("tweets/", mapping="tweets.yaml", to="service=tweets", connections=4)
    >>> pgfeed.load([{"id": 1}, {"id": 2}], mapping="orders.yaml", to="service=shop")
    >>> pgfeed.load(polars.read_parquet("orders.parquet"), mapping="orders.yaml", to="service=shop")

    Parameters
    ----------
    sources
        Files, folders or globs. Or documents, which one connection loads: dicts, bytes or Rows in a list, an iterator of
        these or of JSON texts, or anything with the Arrow PyCapsule interface (pyarrow, polars, DuckDB, pandas 3), of which
        each row is a document with the columns' names.
    mapping
        Path of the mapping file.
    to
        libpq's connection string or URI, without a password; None: the ``PG*`` environment.
    name
        Of documents: if they are loaded again under that name, what is in is left out. A load without the ``limit`` of an
        earlier one goes on with the rest.
    progress
        True: a bar. A function: called with documents, rejects, bytes so far and bytes in all (-1: not known).
        None: a bar where standard error is a terminal or this is a notebook.
    **arguments
        Of `LoadArguments`: ``connections``, ``limit`` (only so many documents, the first), ``dry_run`` (one transaction,
        which is rolled back), ``publish``, ``max_rejects`` …

    Returns
    -------
    Report
        Of a load that is done and durable.

    Raises
    ------
    Error
        One of its classes; `Error.report` has the report of what is in, where the load has begun.
    """
    options = load_options(mapping, to, arguments)
    if are_documents(sources):
        options.connections = 1
        options.partitions, options.once = name or uuid.uuid4().hex, name is None
        return run(options, lambda engine: engine.run_documents(lambda sink: hand_over(sink, sources)))
    if name is not None:
        raise UsageError("name is for documents: files are known by their own names")
    options.sources = paths_of(sources)  # type: ignore[arg-type]
    with progress_of(progress) as show:
        return run(options, lambda engine: engine.run(show))


def check(
    sources: Sources | Iterable[Document],
    *,
    mapping: str | PathLike[str],
    to: str | None = None,
    limit: int | None = 100,
    sample: float | None = None,
    shown_rows: int = 3,
    **arguments: Unpack[CheckArguments],
) -> Check:
    """Read some documents and make the rows that a load would send; write nothing.

    Takes files or documents, as `load` does. Looks at the first `limit` documents (None: all), or at a `sample` of them, in
    percent, spread evenly; an iterator is read no further.
    Raises `MappingError`, `SourceError` or `DatabaseError`; what is wrong with documents is in `Check.rejects`.
    """
    options = check_options(mapping, to, limit, sample, arguments)
    if are_documents(sources):
        return check_of(*_engine.check_documents(options, lambda sink: hand_over(sink, sources), shown_rows))
    options.sources = paths_of(sources)  # type: ignore[arg-type]
    return check_of(*_engine.check(options, shown_rows))


def run(options: _engine.LoadOptions, work: Callable[[_engine.Load], None]) -> Report:
    """Run a load of the engine by `work`. An error that ends it has the report of what is in."""
    with rejects_sent(options):
        engine = _engine.Load(options)
        try:
            work(engine)
        except Error as error:
            if engine.has_begun:
                error.report = report_of(engine.json, engine.text)
            raise
        return report_of(engine.json, engine.text)
