"""What the data source's writers have in common: tasks of Spark that join a load, of rows for one table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyarrow
from pyspark import TaskContext

from pgfeed import _engine, loading
from pgfeed.connecting import conninfo_of
from pgfeed.errors import Error, UsageError
from pgfeed.options import load_options
from pgfeed.spark.column_types import types_of
from pgfeed.spark.executor import attempt_name, require_ended
from pgfeed.spark.shipped import use_shipped_files
from pgfeed.spark.zoned_columns import ZonedColumns
from pgfeed.table_mapping import look_at_table, table_mapping

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

_NUMBERS = ("connect_timeout", "retry_for", "lock_timeout", "answer_timeout")
_TEXTS = ("publish", "max_rejects", "split_size", "ledger_schema")
OPTIONS = ("to", "dbtable", "on_duplicate", "key", "timezone", "connections", *_TEXTS, *_NUMBERS)
_NOT_HANDED_OVER = ("interval", "yearmonthinterval")


class TableJob:
    """Rows of a schema into a table. It travels to the tasks. `name` is the load's; of a stream, `stream` its own."""

    def __init__(self, schema: StructType, given: dict[str, str], overwrite: bool, name: str, stream: str = "") -> None:
        self._to = given.get("to")
        self._given = given
        self._overwrite = overwrite
        options = self._options(name, stream)
        target = look_at_table(options.session, given["dbtable"])
        key = [column.strip() for column in given["key"].split(",")] if "key" in given else None
        _require_handed_over(schema)
        self._mapping = table_mapping(target, types_of(schema), given.get("on_duplicate", "error"), key)
        self._zones = ZonedColumns(schema, target.types, given.get("timezone"))
        options.mapping_text = self._mapping
        self.task = _engine.joining_task(options)

    def hand_over(self, task: str, batches: Iterator[pyarrow.RecordBatch]) -> str | None:
        """Hand the rows of a partition over, in a task of Spark; what it came to. None: there are none.

        Connects when the first of them is there, and waits for a place if all are taken.
        """
        first = next(batches, None)
        if first is None:
            return None
        use_shipped_files()
        context = TaskContext.get()
        handed = _engine.PartitionTask(task, conninfo_of(self._to), attempt_name())
        try:
            if handed.begin(0 if context is None else context.partitionId()):
                self._add(handed, first)
                for batch in batches:
                    self._add(handed, batch)
                handed.end()
        except Error:
            require_ended(handed)
        return handed.outcome()

    def _add(self, handed: _engine.PartitionTask, batch: pyarrow.RecordBatch) -> None:
        schema, array = self._zones.adapted(batch).__arrow_c_array__()
        handed.add_batch(schema, array, False)

    def finish(self, name: str, outcomes: list[str], stream: str = "", batch: int = 0) -> None:
        """Publish, make keys, and end the load. On the driver, once all tasks have ended. Raises `Error`."""
        options = self._options(name, stream)
        options.mapping_text = self._mapping
        options.joins = True
        options.batch = batch
        options.connections = max(1, options.connections)
        loading.run(options, lambda engine: engine.run_by_partitions(lambda _: outcomes))

    def give_up(self, name: str, *, keeps_staged: bool) -> None:
        """End the load as failed, once some of its tasks have. On the driver."""
        options = self._options(name)
        options.mapping_text = self._mapping
        with suppress(Error):  # what made it fail is what Spark tells
            _engine.give_up_partitions(options, keeps_staged)

    def _options(self, name: str, stream: str = "") -> _engine.LoadOptions:
        arguments: dict[str, Any] = {option: self._given[option] for option in _TEXTS if option in self._given}
        for option in _NUMBERS:
            if option in self._given:
                arguments[option] = _number(option, self._given[option])
        if "connections" in self._given:
            arguments["connections"] = int(_number("connections", self._given["connections"]))
        if self._overwrite or stream:
            arguments["publish"] = "atomic"
        options = load_options(f"table {self._given['dbtable']}", self._to, arguments)  # type: ignore[arg-type]
        options.partitions = name
        options.stream = stream
        options.overwrite = self._overwrite
        return options


def require_known(given: dict[str, str], known: tuple[str, ...]) -> None:
    """Raise `UsageError` for an option that there is not, and where no table is named."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageError(f"there is no option {unknown[0]!r}: there are {', '.join(known)}")
    if "dbtable" not in given:
        raise UsageError("option dbtable is to name the table")


def _number(option: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise UsageError(f"option {option} is a number, and not {value!r}") from None


def _require_handed_over(schema: StructType) -> None:
    for field in schema.fields:
        if field.dataType.typeName() in _NOT_HANDED_OVER:
            what = f"column {field.name!r} is of type {field.dataType.simpleString()}, which Spark hands to no data source"
            raise UsageError(f"{what}: pgfeed.spark.write takes it")
