"""Timestamps of a DataFrame, for columns of PostgreSQL with a zone or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow
from pyspark import TaskContext

from pgfeed.errors import UsageError
from pgfeed.spark.time_zones import time_zone

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


class ZonedColumns:
    """Gives timestamps a zone where the columns of a table have one, and takes it off where they have none.

    The zone is `timezone`, or else the session's, in which Spark itself would cast them.
    """

    def __init__(self, schema: StructType, targets: dict[str, str], timezone: str | None) -> None:
        kinds = {field.name: (field.dataType.typeName(), targets.get(field.name, "")) for field in schema.fields}
        self._to_local = [name for name, (kind, target) in kinds.items() if kind == "timestamp" and _lacks_zone(target)]
        self._to_instants = [name for name, (kind, target) in kinds.items() if kind == "timestamp_ntz" and _has_zone(target)]
        self._timezone = timezone
        if timezone is not None:
            time_zone(timezone)

    def adapted(self, batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
        """The batch as the table takes it. Raises `UsageError` where nothing says which zone is meant."""
        if not self._to_local and not self._to_instants:
            return batch
        zone = time_zone(self._timezone or self._zone_of_session(batch))
        columns = {name: batch.column(at) for at, name in enumerate(batch.schema.names)}
        for name in self._to_local:
            columns[name] = zone.to_local(columns[name])
        for name in self._to_instants:
            columns[name] = zone.to_instants(columns[name])
        return pyarrow.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _zone_of_session(self, batch: pyarrow.RecordBatch) -> str:
        """As batches have it, in the type of a timestamp; where none is, tasks know it if the program has set it."""
        for kind in batch.schema.types:
            if pyarrow.types.is_timestamp(kind) and kind.tz:
                return str(kind.tz)
        context = TaskContext.get()
        zone = None if context is None else context.getLocalProperty("spark.sql.session.timeZone")
        if zone:
            return str(zone)
        raise UsageError(
            f"column {self._to_instants[0]!r} has no time zone, and the table's has one: say which is meant by "
            "option('timezone', 'Europe/Berlin'), set spark.sql.session.timeZone, or cast the column to timestamp"
        )


def _lacks_zone(target: str) -> bool:
    return target.endswith("without time zone")


def _has_zone(target: str) -> bool:
    return target.endswith("with time zone")
