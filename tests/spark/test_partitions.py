"""Documents that are handed over by the partitions of RDDs and DataFrames: the tables are those of the command line."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pgfeed
import pgfeed.spark
import pyspark.sql
import pytest
from database import Database
from feeds import ORDERS, SEEN, TWEETS, Feed, orders
from pgfeed import MappingError, PartitionLoader, RejectsError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COUNT = 2_000
SPLIT = 8 << 10  # bytes: dozens of splits


def loader(feed: Feed, **arguments: Any) -> PartitionLoader:  # noqa: ANN401  # passed on
    return PartitionLoader(feed.mapping, feed.database.conninfo, split_size=SPLIT, **arguments)


def load(feed: Feed, data: Any, **arguments: Any) -> pgfeed.Report:  # noqa: ANN401  # passed on
    """Loads by Spark. The report's counts must be those of the ledger."""
    given: dict[str, Any] = {"split_size": SPLIT, "connections": 2} | arguments
    report = pgfeed.spark.load(data, mapping=feed.mapping, to=feed.database.conninfo, **given)
    assert report.read == report.loaded + report.skipped + report.rejected
    feed.assert_counted(report)
    return report


def is_forgotten(feed: Feed) -> bool:
    """Of partitions that are in, the ledger has no digests any more."""
    return feed.database.value("SELECT count(*) FROM pgfeed.parts") == 0


def by_each(spark: SparkSession, feed: Feed, path: Path) -> int:
    spark.sparkContext.textFile(str(path), 4).foreachPartition(loader(feed))
    return COUNT


def by_map(spark: SparkSession, feed: Feed, path: Path) -> int:
    counts = spark.sparkContext.textFile(str(path), 4).mapPartitions(loader(feed)).collect()
    assert sorted(count.partition for count in counts) == list(range(len(counts)))
    return sum(count.loaded for count in counts)


def by_list(_: SparkSession, feed: Feed, path: Path) -> int:
    load_list = loader(feed)
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(load_list(half)[0].loaded for half in (lines[: COUNT // 2], lines[COUNT // 2 :]))


def of_elements(make: Callable[[str], Any]) -> Callable[[SparkSession, Feed, Path], int]:
    def way(spark: SparkSession, feed: Feed, path: Path) -> int:
        return load(feed, spark.sparkContext.textFile(str(path), 4).map(make)).loaded

    return way


def by_text_frame(spark: SparkSession, feed: Feed, path: Path) -> int:
    return load(feed, spark.read.text(str(path)).repartition(5)).loaded


def by_json_frame(spark: SparkSession, feed: Feed, path: Path) -> int:
    return load(feed, spark.read.json(str(path)).repartition(5)).loaded


WAYS = {
    "foreachPartition": by_each,
    "mapPartitions": by_map,
    "lists": by_list,
    "str": of_elements(str),
    "bytes": of_elements(str.encode),
    "bytearray": of_elements(lambda line: bytearray(line.encode())),
    "dict": of_elements(json.loads),
    "Row": of_elements(lambda line: pyspark.sql.Row(**json.loads(line))),
    "read.text": by_text_frame,
    "read.json": by_json_frame,
}


@pytest.mark.parametrize("way", WAYS)
def test_tables_are_those_of_the_command_line(spark: SparkSession, feed: Feed, undisturbed: Feed, way: str) -> None:
    feed.set_mapping(ORDERS)
    path = feed.file("orders.ndjson", orders(range(COUNT)))
    assert WAYS[way](spark, feed, path) == COUNT
    undisturbed.load_by_command(path)
    assert feed.tables() == undisturbed.tables()
    assert feed.load_state() == "done"
    assert is_forgotten(feed)


def test_rejects_are_those_of_the_command_line(spark: SparkSession, feed: Feed, undisturbed: Feed) -> None:
    """Each with its text, and its line in the partition. Where the bytes stood is not known any more."""
    feed.set_mapping(ORDERS)
    path = feed.file("orders.ndjson", orders(range(COUNT), bad=range(100, 140)))
    report = load(feed, spark.read.text(str(path)), max_rejects=40)
    assert report.rejected == 40
    undisturbed.load_by_command("--max-rejects", 40, path)
    assert feed.tables() == undisturbed.tables()
    wanted = "SELECT document, table_name, column_name, reason, line FROM pgfeed.rejects ORDER BY document"
    assert feed.database.query(wanted) == undisturbed.database.query(wanted)
    assert feed.database.query("SELECT DISTINCT source ~ '^partition:[0-9a-f]{32}/0$' FROM pgfeed.rejects") == [(True,)]


@pytest.mark.parametrize("publish", ["split", "atomic"])
def test_too_many_rejects_are_an_error_with_evidence(spark: SparkSession, feed: Feed, publish: str) -> None:
    feed.set_mapping(ORDERS)
    path = feed.file("orders.ndjson", orders(range(COUNT), bad=range(100, 1000)))
    with pytest.raises(RejectsError, match="stopped after more than 3 rejects") as raised:
        load(feed, spark.read.text(str(path)), max_rejects=3, publish=publish)
    assert not raised.value.retryable
    assert feed.load_state() == "stopped"
    kept = feed.database.query("SELECT count(*) > 0, count(DISTINCT document) = count(*) FROM pgfeed.rejects")
    assert kept == [(True, True)]
    if publish == "atomic":
        assert feed.database.value("SELECT to_regclass('orders') IS NULL")


def test_a_loader_that_finds_too_many_rejects_ends_the_job(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(ORDERS)
    path = feed.file("orders.ndjson", orders(range(COUNT), bad=range(100, 1000)))
    with pytest.raises(Exception, match="RejectsError: stopped after more than 3 rejects"):
        spark.sparkContext.textFile(str(path), 4).foreachPartition(loader(feed, max_rejects=3))


def test_a_loader_is_small_and_opens_nothing(database: Database) -> None:
    made = PartitionLoader(TWEETS, database.conninfo)
    assert len(pickle.dumps(made)) < 20_000
    assert (
        database.query("SELECT FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%%' AND datname = %s", database.name)
        == []
    )
    assert database.value("SELECT to_regnamespace('pgfeed') IS NULL")


def test_what_is_wrong_with_a_loader_is_said_where_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("version: 1\ntabels: {}\n", encoding="utf-8")
    for mapping in ("wrong.yaml", "none.yaml"):
        with pytest.raises(MappingError, match=mapping):
            PartitionLoader(tmp_path / mapping, "dbname=none")
    with pytest.raises(UsageError, match="need a driver"):
        PartitionLoader(TWEETS, "dbname=none", publish="atomic")


def test_each_list_is_another_partition(feed: Feed) -> None:
    feed.set_mapping(SEEN)
    load_list = loader(feed)
    for number in (1, 2, 1):
        assert load_list([{"id": number}])[0].loaded == 1
    for each in (pickle.loads(pickle.dumps(load_list)), pickle.loads(pickle.dumps(load_list))):
        assert each([{"id": 3}])[0].loaded == 1
    assert feed.ids() == [1, 1, 2, 3, 3]


@pytest.mark.parametrize("name", [None, "nightly"])
def test_a_list_that_failed_is_gone_on_with(feed: Feed, name: str | None) -> None:
    feed.set_mapping(SEEN)
    load_list = loader(feed, name=name)
    documents = [{"id": number} for number in range(3000)]
    with pytest.raises(TypeError, match="a document holds a object"):
        load_list([*documents[:2500], {"id": object()}])
    assert 0 < len(feed.ids()) < 2500
    documents.reverse()
    again = load_list if name is None else loader(feed, name=name)
    assert again(documents)[0].loaded < 3000
    assert feed.ids() == list(range(3000))


def test_a_mapping_may_hold_anything(feed: Feed) -> None:
    feed.set_mapping(SEEN.replace("feed: seen", "feed: seen  # {stage} {0} %s"))
    loader(feed, name='{stage} it\'s "ü" %s/{')([{"id": 1}])
    assert feed.ids() == [1]
    assert feed.database.value("SELECT uri FROM pgfeed.sources") == 'partition:{stage} it\'s "ü" %s/{/0/0'


@pytest.mark.parametrize("name", ["a/b", 'it\'s "quoted"', "straße %s {stage}", "x" * 300])
def test_a_named_load_is_done_once(spark: SparkSession, feed: Feed, name: str) -> None:
    feed.set_mapping(SEEN)
    frame = spark.range(0, 1000, 1, 5)
    assert load(feed, frame, name=name).loaded == 1000
    assert load(feed, frame, name=name).read == 0
    assert load(feed, frame, name=name.split("/")[0] + "!").loaded == 1000


@pytest.mark.parametrize("is_frame", [True, False])
def test_connections_are_a_budget(spark: SparkSession, feed: Feed, is_frame: bool) -> None:
    feed.set_mapping(SEEN)
    frame = spark.range(0, 3000, 1, 30)
    data = frame if is_frame else frame.rdd
    most, is_done = [], threading.Event()

    def look() -> None:
        while not is_done.is_set():
            most.append(len(feed.sessions("state <> 'idle'")))  # that of the partition before may not have ended yet

    with Watcher(look, is_done):
        assert load(feed, data, connections=1).files == 30
    assert max(most) == 1
    assert feed.ids() == list(range(3000))


class Watcher:
    """Runs a look in a thread of its own, until the end."""

    def __init__(self, look: Callable[[], None], is_done: threading.Event) -> None:
        self._thread, self._is_done = threading.Thread(target=look), is_done

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_done.set()
        self._thread.join()


TYPES = {
    # column: SQL of Spark, type in the mapping, text of PostgreSQL
    "i8": ("cast(-128 AS tinyint)", "smallint", "-128"),
    "i16": ("cast(32767 AS smallint)", "smallint", "32767"),
    "i32": ("-2147483648", "integer", "-2147483648"),
    "i64": ("9223372036854775807L", "bigint", "9223372036854775807"),
    "f32": ("cast(1.1 AS float)", "real", "1.1"),
    "f64": ("cast(0.1 AS double)", "double precision", "0.1"),
    "nan": ("double('NaN')", "double precision", "NaN"),
    "endless": ("double('-Infinity')", "double precision", "-Infinity"),
    "dec": (
        "cast('12345678901234567890.123456789012345678' AS decimal(38,18))",
        "numeric(38,18)",
        "12345678901234567890.123456789012345678",
    ),
    "yes": ("true", "boolean", "true"),
    "text": ("'a\"\\\\ü\\n'", "text", 'a"\\ü\n'),
    "bytes": ("X'00FF10'", "bytea", "\\x00ff10"),
    "day": ("DATE '0001-02-03'", "date", "0001-02-03"),
    "moment": ("TIMESTAMP '2024-05-01 12:00:00.123456'", "timestamptz", "2024-05-01 16:00:00.123456"),
    "local": ("TIMESTAMP_NTZ '2024-05-01 12:00:00.123456'", "timestamp", "2024-05-01 12:00:00.123456"),
    "span": ("INTERVAL '3 04:05:06.789' DAY TO SECOND", "interval", "76:05:06.789"),
    "ints": ("array(1, NULL, 3)", "bigint[]", "{1,NULL,3}"),
    "texts": ("array('a', NULL, 'b,c')", "text[]", '{a,NULL,"b,c"}'),
    "struct": ("named_struct('a', 1, 'b', cast(NULL AS string))", "jsonb", '{"a": 1, "b": null}'),
    "map": ("map('k', array(named_struct('x', 1.5D)))", "jsonb", '{"k": [{"x": 1.5}]}'),
    "nothing": ("cast(NULL AS int)", "integer", None),
    "void": ("NULL", "integer", None),
}


def test_values_of_all_types_come_as_they_are(spark: SparkSession, feed: Feed) -> None:
    columns = {name: {"path": f"$.{name}", "type": kind} for name, (_, kind, _) in TYPES.items()}
    columns["bytes"]["bytes"] = "hex"
    feed.set_mapping(json.dumps({"version": 1, "tables": {"typed": {"columns": columns}}}))
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        frame = spark.sql("SELECT " + ", ".join(f"{expression} AS {name}" for name, (expression, *_) in TYPES.items()))
        assert load(feed, frame).loaded == 1
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)
    for name, (_, _, text) in TYPES.items():
        found = f"{name} AT TIME ZONE 'UTC'" if name == "moment" else name
        assert (name, feed.database.value(f"SELECT ({found})::text FROM typed")) == (name, text)


def test_columns_that_are_not_handed_over_are_refused_first(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    frame = spark.sql("SELECT 1L AS id, make_interval(1, 2) AS since")
    with pytest.raises(UsageError, match=r"column (since )?.*Spark does not hand over: cast it"):
        load(feed, frame)
    assert feed.database.value("SELECT to_regnamespace('pgfeed') IS NULL")


def test_frames_may_have_columns_of_any_name(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    assert (
        load(
            feed,
            spark.range(10).selectExpr(
                "id", "1 AS __pgfeed_partition", "2 AS outcome", "3 AS `a.b c`", "4 AS `it``s`", "5 AS twice", "6 AS twice"
            ),
        ).loaded
        == 10
    )
    assert feed.ids() == list(range(10))


def test_frames_without_rows_or_columns(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    assert load(feed, spark.range(0)).read == 0
    assert load(feed, spark.sparkContext.emptyRDD()).read == 0
    assert load(feed, spark.range(3).select()).loaded == 3
    assert feed.database.query("SELECT id FROM seen") == [(None,)] * 3


def test_nulls_at_any_depth(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping("version: 1\ntables:\n  deep:\n    columns: {all: {path: $.all, type: jsonb}}\n")
    schema = "all struct<a: array<struct<b: map<string, int>>>, c: struct<d: int>>"
    rows: list[dict[str, Any]] = [
        {"all": None},
        {"all": {"a": None, "c": None}},
        {"all": {"a": [None, {"b": None}, {"b": {"k": None}}], "c": {"d": None}}},
    ]
    assert load(feed, spark.createDataFrame(rows, schema)).loaded == 3
    found = feed.database.query('SELECT "all" FROM deep ORDER BY length("all"::text) NULLS FIRST')
    assert [value for (value,) in found] == [row["all"] for row in rows]
