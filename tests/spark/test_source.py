"""The data source of Spark 4: the rows of `pgfeed.spark.write`, all at once or none, over so many sessions and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pgfeed.spark
import psycopg
import pytest
from database import Database
from typed_rows import EVERY_TYPE, READ, ROW, rows, trips
from waiting import wait_until

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

pytestmark = pytest.mark.since_spark(4, 0)
SUMMARY = "SELECT count(*), min(fare), max(fare) FROM trips"


def writer(
    frame: DataFrame, database: Database, table: str = "trips", mode: str = "append", **options: object
) -> DataFrameWriter:
    made = frame.write.format("pgfeed").option("to", database.conninfo).option("dbtable", table).mode(mode)
    for name, value in options.items():
        made = made.option(name, str(value))
    return made


def is_there(database: Database, table: str = "trips") -> bool:
    return rows(database, f"SELECT to_regclass('{table}') IS NOT NULL") == [(True,)]


def count_staged(database: Database) -> object:
    return database.value("SELECT count(*) FROM pgfeed.staged_splits")


def failing(frame: DataFrame, marker: Path, times: int = 1) -> DataFrame:
    """The same rows; the first attempts of the last partition fail at its end, when others have come to theirs."""
    path = str(marker)

    def pass_on(batches: Iterator[object]) -> Iterator[object]:
        from pyspark import TaskContext

        yield from batches
        tried = Path(path).read_text(encoding="ascii") if Path(path).exists() else ""
        if TaskContext.get().partitionId() == 2 and len(tried) < times:
            Path(path).write_text(tried + "x", encoding="ascii")
            raise RuntimeError("this attempt fails")

    return frame.repartition(3).mapInArrow(pass_on, frame.schema)


def look_before_the_end(writer: DataFrameWriter, database: Database, query: str) -> list[tuple[object, ...]]:
    """What a query gives while a write waits to be published, which it then is."""
    seen: list[list[tuple[object, ...]]] = []
    waits = "datname = %s AND application_name LIKE 'pgfeed load%%' AND wait_event = 'advisory'"

    def look(lock: psycopg.Connection[object]) -> None:
        with lock:
            wait_until(lambda: database.value(f"SELECT count(*) FROM pg_stat_activity WHERE {waits}", database.name))
            seen.append(rows(database, query))

    lock = psycopg.connect(database.conninfo)
    lock.execute("SELECT pg_advisory_xact_lock(7090218, hashtext('trips'))")
    watcher = threading.Thread(target=look, args=(lock,))
    watcher.start()
    writer.save()  # here, for Spark knows its session by the thread
    watcher.join()
    return seen[0]


def test_it_is_found_and_appends(spark: SparkSession, database: Database) -> None:
    first = trips(spark, range(100), 1.0).repartition(3)
    writer(first, database, key="id", on_duplicate="update").save()
    writer(trips(spark, range(50, 150), 2.0), database, on_duplicate="update").save()
    expected = [(number, 1.0 if number < 50 else 2.0) for number in range(150)]
    assert rows(database, "SELECT id, fare FROM trips ORDER BY id") == expected
    assert rows(database, "SELECT DISTINCT state FROM pgfeed.loads") == [("done",)]


def test_every_type_of_spark(new_york: SparkSession, database: Database) -> None:
    at, months = READ.split(",").index(" yearmonth::text"), "yearmonth::text, "
    frame = new_york.sql(EVERY_TYPE).drop("yearmonth")
    expected = ROW[:at] + ROW[at + 1 :]
    writer(frame, database, "types").save()
    assert rows(database, READ.replace(months, "")) == [expected]
    writer(frame, database, "types").save()
    assert rows(database, READ.replace(months, "")) == [expected, expected]


@pytest.mark.parametrize("column", ["interval '-1-2' year to month", "make_interval(1, 2)"])
def test_intervals_that_are_not_handed_over_are_refused_first(spark: SparkSession, database: Database, column: str) -> None:
    with pytest.raises(Exception, match=r"pgfeed\.spark\.write takes it|INTERVAL"):
        writer(spark.sql(f"SELECT {column} AS since"), database).save()
    assert not is_there(database)


MOMENTS = (
    "1850-03-04 05:06:07.000008", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1969-12-31 16:10:00",
    "2026-03-08 01:59:59", "2026-03-08 02:30:00", "2026-03-08 03:00:00", "2026-11-01 01:30:00", "2026-11-01 02:00:00",
    "2026-03-29 02:15:00", "2026-10-25 02:59:59.5", "2026-04-05 01:45:00", "2026-10-04 02:10:00",
    "2050-07-01 12:00:00", "2051-01-01 12:00:00", "9999-12-01 00:00:00", "0001-02-03 04:05:06",
)  # fmt: skip
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "+05:30", "GMT-3", "UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_timestamps_are_those_of_spark_itself(spark: SparkSession, database: Database, zone: str) -> None:
    """With a zone into a column without one, and the other way round; around the ends of summer time, too."""
    tables = "CREATE TABLE {0} (id int, b timestamp, c timestamptz, d timestamp, e timestamptz)"
    for table in ("cast", "source"):
        database.query(tables.format(f"by_{table}"))
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        listed = ", ".join(f"({at}, timestamp_ntz'{moment}')" for at, moment in enumerate(MOMENTS))
        # Instants around the ends of summer time, whatever the session's zone is.
        plain = spark.sql(
            f"SELECT at AS id, n AS c, n AS d FROM VALUES {listed} AS v (at, n) UNION ALL SELECT -1, NULL, NULL"
        )
        frame = plain.selectExpr(
            "id", "to_utc_timestamp(cast(c AS timestamp), 'UTC') AS b", "c", "d", "cast(c AS timestamp) AS e"
        )
        pgfeed.spark.write(frame, table="by_cast", to=database.conninfo)
        writer(frame, database, "by_source").save()
    finally:
        spark.conf.unset("spark.sql.session.timeZone")
    expected, found = (
        rows(database, f"SELECT id, b::text, c::text, d::text, e::text FROM by_{table} ORDER BY id")
        for table in ("cast", "source")
    )
    assert len(found) == len(MOMENTS) + 1
    assert found == expected


def test_the_zone_of_timestamps_without_one_may_be_named(spark: SparkSession, database: Database) -> None:
    database.query("CREATE TABLE moments (at timestamptz)")
    frame = spark.sql("SELECT timestamp_ntz'2026-07-01 12:00:00' AS at")
    with pytest.raises(Exception, match=r"column 'at' has no time zone, and the table's has one: say which is meant"):
        writer(frame, database, "moments").save()
    writer(frame, database, "moments", timezone="Europe/Berlin").save()
    assert rows(database, "SELECT at::text FROM moments") == [("2026-07-01 10:00:00+00",)]
    with pytest.raises(Exception, match="knows no time zone 'Middle/Earth'"):
        writer(frame, database, "moments", timezone="Middle/Earth").save()


def test_the_zone_that_the_session_was_given_counts(new_york: SparkSession, database: Database) -> None:
    database.query("CREATE TABLE moments (at timestamptz)")
    writer(new_york.sql("SELECT timestamp_ntz'2026-07-01 12:00:00' AS at"), database, "moments").save()
    assert rows(database, "SELECT at::text FROM moments") == [("2026-07-01 16:00:00+00",)]


def test_an_atomic_write_shows_nothing_before_its_end(spark: SparkSession, database: Database) -> None:
    writer(trips(spark, range(10), 1.0), database, publish="atomic").save()
    more = writer(trips(spark, range(10, 1000), 1.0).repartition(4), database, publish="atomic")
    assert look_before_the_end(
        more, database, f"{SUMMARY} UNION SELECT count(*), 0, 0 FROM pgfeed.staged_splits ORDER BY 1"
    ) == [
        (4, 0.0, 0.0),
        (10, 1.0, 1.0),
    ]
    assert rows(database, SUMMARY) == [(1000, 1.0, 1.0)]
    assert count_staged(database) == 0


def test_it_overwrites_and_readers_see_the_old_rows_meanwhile(spark: SparkSession, database: Database) -> None:
    pgfeed.spark.write(trips(spark, range(10), 1.0), table="trips", to=database.conninfo, key=["id"])
    new = writer(trips(spark, range(5), 2.0).repartition(3), database, mode="overwrite")
    assert look_before_the_end(new, database, SUMMARY) == [(10, 1.0, 1.0)]
    assert rows(database, SUMMARY) == [(5, 2.0, 2.0)]


def test_overwriting_with_no_rows_leaves_none(spark: SparkSession, database: Database) -> None:
    pgfeed.spark.write(trips(spark, range(10), 1.0), table="trips", to=database.conninfo)
    writer(trips(spark, range(0), 2.0), database, mode="overwrite").save()
    assert rows(database, SUMMARY) == [(0, None, None)]


def test_no_rows_change_nothing(spark: SparkSession, database: Database) -> None:
    writer(trips(spark, range(0), 2.0), database).save()
    assert rows(database, SUMMARY) == [(0, None, None)]
    assert rows(database, "SELECT state FROM pgfeed.loads") == [("done",)]


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_an_atomic_write_that_fails_leaves_nothing(
    spark: SparkSession, database: Database, tmp_path: Path, mode: str
) -> None:
    pgfeed.spark.write(trips(spark, range(10), 1.0), table="trips", to=database.conninfo)
    frame = failing(trips(spark, range(1000), 2.0), tmp_path / "marker", times=99)
    with pytest.raises(Exception, match="this attempt fails"):
        writer(frame, database, mode=mode, publish="atomic").save()
    assert rows(database, SUMMARY) == [(10, 1.0, 1.0)]
    assert count_staged(database) == 0
    assert rows(database, "SELECT state FROM pgfeed.loads ORDER BY load") == [("done",), ("failed",)]


def test_a_named_write_that_fails_goes_on(spark: SparkSession, database: Database, tmp_path: Path) -> None:
    frame = failing(trips(spark, range(1000), 2.0), tmp_path / "marker")
    named = writer(frame, database, publish="atomic", name="nightly")
    with pytest.raises(Exception, match="this attempt fails"):
        named.save()
    assert not is_there(database)
    assert count_staged(database) != 0
    named.save()
    assert rows(database, SUMMARY) == [(1000, 2.0, 2.0)]
    assert rows(database, "SELECT state FROM pgfeed.loads") == [("done",)]


def test_rejects_that_are_too_many_fail_it(spark: SparkSession, database: Database) -> None:
    database.query("CREATE TABLE trips (id int, fare double precision)")
    frame = trips(spark, range(1 << 31, (1 << 31) + 5), 1.0)
    with pytest.raises(Exception, match="RejectsError: "):
        writer(frame, database, max_rejects=3).save()
    assert rows(database, SUMMARY) == [(0, None, None)]
    writer(frame, database, max_rejects=5).save()
    assert database.value("SELECT count(*) FROM pgfeed.rejects WHERE load = (SELECT max(load) FROM pgfeed.loads)") == 5


def test_connections_are_a_budget(spark: SparkSession, database: Database) -> None:
    most, is_done = [], threading.Event()

    def look() -> None:
        while not is_done.is_set():
            most.append(
                database.value(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'pgfeed load%%'",
                    database.name,
                )
            )

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        writer(trips(spark, range(2000), 1.0).repartition(8), database, connections=1).save()
    finally:
        is_done.set()
        watcher.join()
    assert max(map(int, map(str, most))) == 1
    assert rows(database, SUMMARY) == [(2000, 1.0, 1.0)]


def test_what_is_wrong_is_said_first(spark: SparkSession, database: Database) -> None:
    frame = trips(spark, range(5), 2.0)
    with pytest.raises(Exception, match="option dbtable is to name the table"):
        frame.write.format("pgfeed").option("to", database.conninfo).mode("append").save()
    for option, said in {"tabel": "there is no option 'tabel'", "connections": "option connections is a number"}.items():
        with pytest.raises(Exception, match=said):
            writer(frame, database, **{option: "many"}).save()
    assert not is_there(database)
