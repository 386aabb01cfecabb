"""Rows for one table: of every type of Spark, and of two columns."""

from __future__ import annotations

import datetime
import decimal
from typing import TYPE_CHECKING

import psycopg
from database import Database

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# What PostgreSQL is to have of it is written beside it, in UTC.
EVERY_TYPE = """
SELECT 7L AS id, true AS boolean, 1Y AS byte, 2S AS short, 3 AS int, cast(1.5 AS float) AS float,
  cast('NaN' AS double) AS nan, cast('-Infinity' AS double) AS infinity,
  cast('12345678901234567890.123456789012345678' AS decimal(38, 18)) AS decimal,
  'it\\'s "é"' AS string, cast('ab' AS binary) AS binary, date'1969-07-20' AS date,
  timestamp'2026-01-01 12:00:00.123456' AS timestamp, timestamp_ntz'2026-01-01 12:00:00' AS timestamp_ntz,
  interval '1 2:3:4.5' day to second AS daytime, interval '-1-2' year to month AS yearmonth,
  array(1, NULL, 3) AS ints, array(struct(1 AS x)) AS structs, struct('y' AS x, NULL AS z) AS struct,
  map('k', 1.5) AS map,
  NULL AS nothing, cast(NULL AS string) AS missing, 'dot' AS `odd "na.me`
"""
ROW = (
    7, True, 1, 2, 3, 1.5, "NaN", "-Infinity", decimal.Decimal("12345678901234567890.123456789012345678"),
    'it\'s "é"', b"ab",
    datetime.date(1969, 7, 20), "2026-01-01 17:00:00.123456+00", datetime.datetime(2026, 1, 1, 12), "26:03:04.5",
    "-1 years -2 mons", [1, None, 3], [{"x": 1}], {"x": "y", "z": None}, {"k": 1.5}, None, None, "dot",
)  # fmt: skip
READ = """
SELECT id, boolean, byte, short, int, float, nan::text, infinity::text, decimal, string, binary, date, timestamp::text,
  timestamp_ntz, daytime::text, yearmonth::text, ints, structs, struct, map, nothing, missing, "odd ""na.me" FROM types
""".replace("binary", '"binary"')


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("SET timezone = 'UTC'")
        return connection.execute(query.encode()).fetchall()


def trips(spark: SparkSession, numbers: range, fare: float) -> DataFrame:
    return spark.createDataFrame([(number, fare) for number in numbers], "id long, fare double")
