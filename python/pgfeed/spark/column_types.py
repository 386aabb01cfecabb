"""Columns of Spark for columns of PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgfeed.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructField, StructType

_PLAIN = {
    "boolean": "boolean",
    "byte": "smallint",
    "short": "smallint",
    "integer": "integer",
    "long": "bigint",
    "float": "real",
    "double": "double precision",
    "string": "text",
    "char": "text",
    "varchar": "text",
    "binary": "bytea",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "timestamp_ntz": "timestamp without time zone",
    "time": "time without time zone",
    "void": "text",
    "struct": "jsonb",
    "map": "jsonb",
    "interval": "interval",
    "daytimeinterval": "interval",
    "yearmonthinterval": "interval",
}


def types_of(schema: StructType) -> dict[str, str]:
    """Name PostgreSQL's type for each column, as a table is made for them. Raises `UsageError` for one that has none."""
    return {field.name: _type_of(field.name, field.dataType) for field in schema.fields}


def adapted(frame: DataFrame, types: dict[str, str]) -> DataFrame:
    """The frame as it can be handed over: intervals that Arrow does not have become text, and timestamps have a zone where
    the column of PostgreSQL has one, by the time zone of the session.

    `types` are PostgreSQL's, of columns that are there.
    """
    return frame.select(*(_adapted(field, types.get(field.name, "")).alias(field.name) for field in frame.schema.fields))


def _adapted(field: StructField, target: str) -> Column:
    from pyspark.sql.functions import col, expr

    name = _quoted(field.name)
    kind = field.dataType.typeName()
    if kind == "timestamp" and target.endswith("without time zone"):
        return col(name).cast("timestamp_ntz")
    if kind == "timestamp_ntz" and target.endswith("with time zone"):
        return col(name).cast("timestamp")
    if kind == "interval":
        return col(name).cast("string")
    if kind == "yearmonthinterval":
        return expr(f"concat('P', extract(YEAR FROM {name}) * 12 + extract(MONTH FROM {name}), 'M')")
    return col(name)


def _type_of(column: str, kind: DataType) -> str:
    name = kind.typeName()
    if name == "decimal":
        return f"numeric({kind.precision}, {kind.scale})"
    if name == "array":
        element = kind.elementType.typeName()
        nested = element in ("array", "struct", "map")
        return "jsonb" if nested else f"{_type_of(column, kind.elementType)}[]"
    if name not in _PLAIN:
        raise UsageError(f"column {column!r} is of Spark's type {kind.simpleString()}, which pgfeed cannot take: cast it")
    return _PLAIN[name]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
