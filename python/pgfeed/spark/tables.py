"""`pgfeed.spark.write`: a DataFrame into one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgfeed.errors import UsageError
from pgfeed.options import LoadArguments, load_options
from pgfeed.report import Report
from pgfeed.spark.column_types import adapted, types_of
from pgfeed.spark.frames import load_rows
from pgfeed.table_mapping import OnDuplicate, TableTarget, look_at_table, table_mapping

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from typing_extensions import Unpack

_MODES = ("append", "overwrite", "errorifexists", "ignore")


def write(
    frame: DataFrame,
    *,
    table: str,
    to: str | None = None,
    on_duplicate: OnDuplicate = "error",
    key: list[str] | None = None,
    mode: str = "append",
    name: str | None = None,
    **arguments: Unpack[LoadArguments],
) -> Report | None:
    """Write the rows of a DataFrame into one table, whose columns have their names.

    >>> pgfeed.spark.write(trips, table="trips", to="service=tweets", on_duplicate="update")

    Parameters
    ----------
    frame
        Of any types but variants and those of users; structs and maps become jsonb, arrays arrays.
    table
        ``table`` or ``schema.table``. It is made where it is not there.
    on_duplicate
        What a row does whose key is there: ``error``, ``skip``, ``fill``, ``update`` or ``latest:COLUMN``.
    key
        Columns that tell rows apart; the primary key of the table, unless given.
    mode
        ``append``; ``overwrite``: readers see the old rows or the new; ``errorifexists`` and ``ignore``: where the table is
        there, nothing is written.
    to, name, **arguments
        As `pgfeed.spark.load` takes them.

    Returns
    -------
    Report or None
        None: the table is there, and mode is ``ignore``.
    """
    if mode not in _MODES:
        raise UsageError(f"mode is one of {', '.join(_MODES)}, and not {mode!r}")
    arguments.setdefault("connections", frame.sparkSession.sparkContext.defaultParallelism)
    if mode == "overwrite":
        arguments["publish"] = "atomic"
    options = load_options(f"table {table}", to, arguments)
    target = look_at_table(options.session, table)
    if target.is_there and mode == "ignore":
        return None
    if target.is_there and mode == "errorifexists":
        raise UsageError(f"table {table} is there already")
    rows, options.mapping_text = rows_for(frame, target, on_duplicate, key)
    options.overwrite = mode == "overwrite"
    return load_rows(rows, to, name, options)


def rows_for(
    frame: DataFrame, target: TableTarget, on_duplicate: OnDuplicate, key: list[str] | None
) -> tuple[DataFrame, str]:
    """The frame as the table takes it, and the mapping of its rows."""
    types = types_of(frame.schema)
    mapping = table_mapping(target, types, on_duplicate, key)
    return adapted(frame, target.types), mapping
