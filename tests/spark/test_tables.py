"""A DataFrame into one table: types, rules for duplicates, save modes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pgfeed
import pgfeed.spark
import psycopg
import pytest
from database import Database
from typed_rows import EVERY_TYPE, READ, ROW, rows, trips

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_every_type_of_spark(new_york: SparkSession, database: Database) -> None:
    frame = new_york.sql(EVERY_TYPE)
    report = pgfeed.spark.write(frame, table="types", to=database.conninfo)
    assert report is not None
    assert (report.read, report.loaded) == (1, 1)
    assert rows(database, READ) == [ROW]
    # Into the table that is there now, its types decide: the same.
    pgfeed.spark.write(frame, table="types", to=database.conninfo)
    assert rows(database, READ) == [ROW, ROW]


def test_timestamps_take_the_zone_that_the_table_wants(new_york: SparkSession, database: Database) -> None:
    rows_before = "CREATE TABLE moments (a timestamp, b timestamptz)"
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(rows_before)
    frame = new_york.sql("SELECT timestamp'2026-01-01 12:00:00' AS a, timestamp_ntz'2026-01-01 12:00:00' AS b")
    pgfeed.spark.write(frame, table="moments", to=database.conninfo)
    assert rows(database, "SELECT a::text, b::text FROM moments") == [("2026-01-01 12:00:00", "2026-01-01 17:00:00+00")]


@pytest.mark.since_spark(4, 0)
def test_a_type_that_cannot_be_taken_is_an_error_before_anything_starts(spark: SparkSession, database: Database) -> None:
    frame = spark.sql("SELECT 1 AS id, parse_json('{}') AS v")
    with pytest.raises(pgfeed.UsageError, match="column 'v' is of Spark's type variant"):
        pgfeed.spark.write(frame, table="variants", to=database.conninfo)
    assert rows(database, "SELECT to_regclass('variants')") == [(None,)]


@pytest.mark.parametrize(("rule", "fare"), [("skip", 1.0), ("update", 2.0)])
def test_rules_for_rows_that_are_there(spark: SparkSession, database: Database, rule: str, fare: float) -> None:
    pgfeed.spark.write(trips(spark, range(100), 1.0), table="trips", to=database.conninfo, key=["id"], on_duplicate=rule)
    report = pgfeed.spark.write(trips(spark, range(50, 150), 2.0), table="trips", to=database.conninfo, on_duplicate=rule)
    assert report is not None
    assert report.tables["trips"].inserted == 50
    expected = [(number, 1.0 if number < 50 else 2.0 if number >= 100 else fare) for number in range(150)]
    assert rows(database, "SELECT id, fare FROM trips ORDER BY id") == expected


def test_a_rule_without_a_key_is_refused(spark: SparkSession, database: Database) -> None:
    with pytest.raises(pgfeed.UsageError, match="needs a key"):
        pgfeed.spark.write(trips(spark, range(1), 1.0), table="trips", to=database.conninfo, on_duplicate="update")


def test_readers_of_a_table_that_is_overwritten_see_the_old_rows_or_the_new(spark: SparkSession, database: Database) -> None:
    pgfeed.spark.write(trips(spark, range(1000), 1.0), table="trips", to=database.conninfo, key=["id"])
    seen: set[object] = set()
    done = threading.Event()

    def look() -> None:
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            while not done.is_set():
                seen.update(connection.execute("SELECT count(*), min(fare), max(fare) FROM trips").fetchall())

    reader = threading.Thread(target=look)
    reader.start()
    try:
        pgfeed.spark.write(trips(spark, range(500), 2.0), table="trips", to=database.conninfo, mode="overwrite")
    finally:
        done.set()
        reader.join()
    assert rows(database, "SELECT count(*), min(fare), max(fare) FROM trips") == [(500, 2.0, 2.0)]
    assert seen <= {(1000, 1.0, 1.0), (500, 2.0, 2.0)}
    assert (1000, 1.0, 1.0) in seen


def test_overwriting_that_fails_leaves_the_old_rows(spark: SparkSession, database: Database) -> None:
    pgfeed.spark.write(trips(spark, range(10), 1.0), table="trips", to=database.conninfo, key=["id"])
    with pytest.raises(pgfeed.RejectsError):
        pgfeed.spark.write(
            trips(spark, range(5), 2.0).unionAll(trips(spark, range(5), 3.0)),
            table="trips", to=database.conninfo, mode="overwrite",
        )  # fmt: skip
    assert rows(database, "SELECT count(*), max(fare) FROM trips") == [(10, 1.0)]


def test_other_save_modes(spark: SparkSession, database: Database) -> None:
    frame = trips(spark, range(10), 1.0)
    assert pgfeed.spark.write(frame, table="trips", to=database.conninfo, mode="errorifexists") is not None
    with pytest.raises(pgfeed.UsageError, match="table trips is there already"):
        pgfeed.spark.write(frame, table="trips", to=database.conninfo, mode="errorifexists")
    assert pgfeed.spark.write(frame, table="trips", to=database.conninfo, mode="ignore") is None
    with pytest.raises(pgfeed.UsageError, match="mode is one of"):
        pgfeed.spark.write(frame, table="trips", to=database.conninfo, mode="replace")
    assert rows(database, "SELECT count(*) FROM trips") == [(10,)]


def test_a_column_that_the_table_lacks(spark: SparkSession, database: Database) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("CREATE TABLE trips (id bigint)")
    with pytest.raises(pgfeed.UsageError, match="table trips has no column 'fare'"):
        pgfeed.spark.write(trips(spark, range(1), 1.0), table="trips", to=database.conninfo)
