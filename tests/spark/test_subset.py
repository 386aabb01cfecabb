"""Documents of a program, of RDDs and of DataFrames tried first: a check, a dry run, some of them loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pgfeed
import pgfeed.spark
import pyarrow
import pyspark.sql
import pytest
from database import Database
from feeds import ORDERS, SEEN, Feed, order, orders

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COUNT = 100
SPLIT = 512  # bytes: a few documents

Way = Callable[["SparkSession", list[str]], Any]
WAYS: dict[str, Way] = {
    "an iterator": lambda _, texts: iter(texts),
    "a list of bytes": lambda _, texts: [text.encode() for text in texts],
    "an RDD": lambda spark, texts: spark.sparkContext.parallelize(texts, 4),
    "a DataFrame": lambda spark, texts: frame_of(spark, texts),
}
OBJECTS: dict[str, Way] = {
    "a list of dicts": lambda _, texts: [json.loads(text) for text in texts],
    "an Arrow table": lambda _, texts: pyarrow.Table.from_pylist([json.loads(text) for text in texts]),
    "an Arrow stream": lambda _, texts: pyarrow.Table.from_pylist([json.loads(text) for text in texts]).to_reader(7),
    "an RDD of dicts": lambda spark, texts: spark.sparkContext.parallelize(texts, 4).map(json.loads),
    "a DataFrame of columns": lambda spark, texts: (
        frame_of(spark, texts)
        .selectExpr("from_json(value, 'id long, placed_at string, customer long, items array<string>') document")
        .select("document.*")
    ),
}
ANY_WAY = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
ANY_DOCUMENTS = pytest.mark.parametrize("way", (WAYS | OBJECTS).values(), ids=WAYS | OBJECTS)


def frame_of(spark: SparkSession, texts: list[str]) -> Any:  # noqa: ANN401  # Spark's
    return spark.createDataFrame(spark.sparkContext.parallelize([(text,) for text in texts], 4), "value string")


@pytest.fixture
def lines(feed: Feed) -> list[str]:
    """Orders, some of them bad; they are in `orders.ndjson`, too."""
    feed.set_mapping(ORDERS)
    feed.file("orders.ndjson", orders(range(COUNT), bad=range(20, 24)))
    return orders(range(COUNT), bad=range(20, 24)).splitlines()


@pytest.fixture
def good(feed: Feed) -> list[str]:
    feed.set_mapping(ORDERS)
    feed.file("orders.ndjson", orders(range(COUNT)))
    return orders(range(COUNT)).splitlines()


def given(feed: Feed, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"mapping": feed.mapping, "to": feed.database.conninfo} | arguments


def load(feed: Feed, data: Any, **arguments: Any) -> pgfeed.Report:  # noqa: ANN401  # passed on
    call = pgfeed.spark.load if of_spark(data) else pgfeed.load
    report = call(data, **given(feed, {"split_size": SPLIT} | arguments))
    assert report.read == report.loaded + report.skipped + report.rejected
    return report


def check(feed: Feed, data: Any, **arguments: Any) -> pgfeed.Check:  # noqa: ANN401  # passed on
    call = pgfeed.spark.check if of_spark(data) else pgfeed.check
    return call(data, **given(feed, arguments))


def of_spark(data: object) -> bool:
    return isinstance(data, (pyspark.RDD, pyspark.sql.DataFrame))


def all_rows(database: Database) -> dict[str, list[str]]:
    """All rows of all tables, those of the ledger too."""
    names = database.query(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'pgfeed') ORDER BY 1, 2"
    )
    rows = "SELECT t::text FROM {}.{} t ORDER BY 1"
    return {f"{schema}.{name}": [row for (row,) in database.query(rows.format(schema, name))] for schema, name in names}


def came_to(report: dict[str, Any]) -> dict[str, Any]:
    """What a report says of documents and new rows, wherever they come from; how often one was merged depends on splits."""
    rows = {table["name"]: table["inserted"] for table in report["tables"]}
    reasons = [reject["reason"] for reject in report["first_rejects"]]
    return {"documents": report["documents"], "rows": rows, "reasons": reasons, "dry_run": report["dry_run"]}


def as_of_a_file(check: dict[str, Any]) -> dict[str, Any]:
    """What a check says, but where the documents are."""
    rejects = [{name: of[name] for name in ("table", "column", "reason", "sqlstate")} for of in check["rejects"]]
    return check | {"rejects": rejects}


@ANY_WAY
@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({}, []),
        ({"limit": 22}, ["--limit", 22]),
        ({"limit": None, "sample": 25, "shown_rows": 100}, ["--limit", 1000, "--sample", "25%", "--rows", 100]),
        ({"limit": 5, "sample": 10}, ["--limit", 5, "--sample", "10%"]),
    ],
)
def test_a_check_says_what_it_says_of_a_file(
    spark: SparkSession, feed: Feed, lines: list[str], way: Way, arguments: dict[str, Any], options: list[object]
) -> None:
    of_file = json.loads(feed.run("check", "--json", *options, feed.folder / "orders.ndjson").stdout)
    found = check(feed, way(spark, lines), **arguments)
    assert as_of_a_file(json.loads(found.json)) == as_of_a_file(of_file)
    assert all_rows(feed.database) == {}


def test_a_check_says_where_a_problem_is(spark: SparkSession, feed: Feed, lines: list[str]) -> None:
    of_file = json.loads(feed.run("check", "--json", feed.folder / "orders.ndjson").stdout)["rejects"]
    for way, partition, before in (("an iterator", 0, 0), ("an RDD", 0, 0), ("a DataFrame", 0, 0)):
        rejects = check(feed, WAYS[way](spark, lines)).rejects
        assert [(each.source, each.offset, each.line) for each in rejects] == [
            (f"partition:{partition}", each["offset"] - before, each["line"]) for each in of_file
        ]
    moved = check(feed, spark.sparkContext.parallelize(lines[10:], 9)).rejects  # ten each
    assert [(each.source, each.line) for each in moved] == [("partition:1", line) for line in (1, 2, 3, 4)]


@ANY_DOCUMENTS
def test_a_dry_run_leaves_nothing(spark: SparkSession, feed: Feed, good: list[str], way: Way) -> None:
    of_file = feed.load_by_command("--dry-run", feed.folder / "orders.ndjson")
    report = load(feed, way(spark, good), dry_run=True)
    assert came_to(json.loads(report.json)) == came_to(of_file)
    assert (report.read, report.loaded) == (COUNT, COUNT)
    assert "dry run: everything was rolled back" in str(report)
    assert all_rows(feed.database) == {}


@ANY_WAY
def test_a_dry_run_says_what_it_says_of_a_file(spark: SparkSession, feed: Feed, lines: list[str], way: Way) -> None:
    load(feed, (json.dumps(order(number)) for number in range(30, 60)))
    before = all_rows(feed.database)
    of_file = feed.load_by_command("--dry-run", "--max-rejects", 10, feed.folder / "orders.ndjson")
    report = load(feed, way(spark, lines), dry_run=True, max_rejects=10)
    assert (report.loaded, report.skipped, report.rejected) == (COUNT - 4 - 30, 30, 4)
    assert came_to(json.loads(report.json)) == came_to(of_file)
    assert all_rows(feed.database) == before


@ANY_WAY
def test_a_dry_run_with_too_many_rejects_says_so(spark: SparkSession, feed: Feed, lines: list[str], way: Way) -> None:
    with pytest.raises(pgfeed.RejectsError, match="stopped after more than 1 reject") as caught:
        load(feed, way(spark, lines), dry_run=True, max_rejects=1)
    assert caught.value.report is not None
    assert caught.value.report.loaded > 0
    assert caught.value.report.first_rejects[0].line == 21
    assert all_rows(feed.database) == {}


@ANY_DOCUMENTS
@pytest.mark.parametrize("limit", [0, 1, 30, COUNT, COUNT + 1])
def test_a_limit_takes_the_first(spark: SparkSession, feed: Feed, good: list[str], way: Way, limit: int) -> None:
    tried = load(feed, way(spark, good), limit=limit, dry_run=True)
    assert tried.loaded == min(limit, COUNT)
    assert all_rows(feed.database) == {}
    report = load(feed, way(spark, good), limit=limit)
    assert report.loaded == min(limit, COUNT)
    feed.assert_counted(report)
    assert feed.ids("orders") == list(range(min(limit, COUNT)))
    assert feed.database.value("SELECT count(*) FROM pgfeed.parts") == 0


@ANY_DOCUMENTS
@pytest.mark.parametrize("publish", ["split", "atomic"])
def test_a_load_of_that_name_goes_on_with_the_rest(spark: SparkSession, feed: Feed, way: Way, publish: str) -> None:
    feed.set_mapping(SEEN)  # a document that is loaded twice shows
    texts = orders(range(COUNT)).splitlines()
    for limit, loaded in ((30, 30), (30, 0), (50, 20), (60, 10), (60, 0), (None, 40), (None, 0)):
        report = load(feed, way(spark, texts), name="tried", limit=limit, publish=publish)
        assert (limit, report.loaded) == (limit, loaded)
    assert feed.ids() == list(range(COUNT))
    assert feed.database.value("SELECT count(*) FROM pgfeed.parts") == 0


@ANY_WAY
def test_without_a_name_it_is_a_load_of_its_own(spark: SparkSession, feed: Feed, way: Way) -> None:
    feed.set_mapping(SEEN)
    texts = orders(range(COUNT)).splitlines()
    assert load(feed, way(spark, texts), limit=10).loaded == 10
    assert load(feed, way(spark, texts)).loaded == COUNT
    assert feed.ids() == sorted([*range(10), *range(COUNT)])


@ANY_WAY
def test_a_dry_run_of_a_named_load_counts_what_is_missing(spark: SparkSession, feed: Feed, way: Way) -> None:
    feed.set_mapping(SEEN)
    texts = orders(range(COUNT)).splitlines()
    load(feed, way(spark, texts), name="tried", limit=30)
    before = all_rows(feed.database)
    assert load(feed, way(spark, texts), name="tried", dry_run=True).loaded == COUNT - 30
    assert all_rows(feed.database) == before


@ANY_WAY
def test_documents_inside_a_text_are_counted_each(spark: SparkSession, feed: Feed, way: Way) -> None:
    feed.set_mapping(SEEN)
    texts = [json.dumps({"page": [{"id": page * 10 + number} for number in range(10)]}) for page in range(10)]
    assert check(feed, way(spark, texts), documents="$.page[*]", limit=25).read == 25
    for limit, loaded in ((25, 25), (None, 75)):
        assert load(feed, way(spark, texts), documents="$.page[*]", limit=limit, name="pages").loaded == loaded
    assert feed.ids() == list(range(COUNT))


def test_an_iterator_keeps_the_rest(feed: Feed, good: list[str]) -> None:
    rest = iter(good)
    assert check(feed, rest, limit=3).read == 3
    assert load(feed, rest, limit=3).loaded == 3
    assert load(feed, rest, limit=2, dry_run=True).loaded == 2
    assert list(rest) == good[8:]


def test_no_more_is_computed_than_is_wanted(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    computed = spark.sparkContext.accumulator(0)

    def compute(numbers: Iterator[int]) -> Iterator[str]:
        for number in numbers:
            computed.add(1)
            yield json.dumps({"id": number})

    texts = spark.sparkContext.parallelize(range(1_000_000), 50).mapPartitions(compute)
    assert check(feed, texts, limit=10).read == 10
    assert load(feed, texts, limit=30_000, split_size="1MiB").loaded == 30_000
    assert load(feed, texts, limit=10, dry_run=True).loaded == 10
    assert computed.value < 300_000  # it is handed over in batches, and computed ahead
    assert feed.ids() == list(range(30_000))


def test_without_partitions_there_is_nothing(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    for nothing in (spark.sparkContext.emptyRDD(), spark.createDataFrame([], "id long")):
        assert check(feed, nothing).read == 0
        assert load(feed, nothing, dry_run=True).read == 0
        assert load(feed, nothing, limit=5).read == 0


def test_files_are_the_drivers(spark: SparkSession, feed: Feed, lines: list[str]) -> None:
    found = pgfeed.spark.check(spark, feed.folder / "orders.ndjson", limit=30, **given(feed, {}))
    assert (found.read, len(found.rejects)) == (30, 4)
    assert found.rejects[0].source.startswith("file://")


@pytest.mark.parametrize("there", [False, True])
def test_one_table_can_be_tried_first(spark: SparkSession, feed: Feed, there: bool) -> None:
    if there:
        feed.database.query("CREATE TABLE numbers (id bigint PRIMARY KEY)")
        feed.database.query("INSERT INTO numbers VALUES (5), (1000)")
    before = feed.ids("numbers")

    def write(**arguments: Any) -> pgfeed.Report:  # noqa: ANN401  # passed on
        options: dict[str, Any] = {"mode": "overwrite", "key": ["id"], "to": feed.database.conninfo} | arguments
        report = pgfeed.spark.write(spark.range(0, 100, 1, 3), table="numbers", **options)
        assert report is not None
        return report

    assert write(dry_run=True).tables["numbers"].inserted == 100
    assert write(dry_run=True, limit=10).tables["numbers"].inserted == 10
    assert feed.ids("numbers") == before
    assert write(limit=10).loaded == 10
    assert feed.ids("numbers") == list(range(10))
    assert write(mode="append", on_duplicate="skip", dry_run=True).loaded == 100
    assert feed.ids("numbers") == list(range(10))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda spark, **given: pgfeed.spark.check(spark, **given), "wants files, folders or globs"),
        (lambda spark, **given: pgfeed.spark.check(spark.range(3), "orders/", **given), "sources are for a SparkSession"),
        (lambda spark, **given: pgfeed.spark.check(spark.range(3), limit=0, **given), "limit is a whole number from 1 on"),
        (lambda spark, **given: pgfeed.check(iter([]), limit=-1, **given), "limit is a whole number from 1 on"),
        (
            lambda spark, **given: pgfeed.spark.load(spark.range(3), dry_run=True, rejects="bad.ndjson", **given),
            "a dry run of a DataFrame or an RDD",
        ),
        (
            lambda spark, **given: pgfeed.spark.check(spark.sql("SELECT make_interval(1, 2) AS since"), **given),
            "Spark does not hand over: cast it",
        ),
    ],
)
def test_what_makes_no_sense_is_said(
    spark: SparkSession,
    feed: Feed,
    call: Callable[..., object],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    feed.set_mapping(SEEN)
    with pytest.raises(pgfeed.UsageError, match=sentence):
        call(spark, **given(feed, {}))
    assert all_rows(feed.database) == {}


@ANY_WAY
def test_a_fault_of_the_mapping_is_said_as_of_a_file(spark: SparkSession, feed: Feed, way: Way) -> None:
    feed.set_mapping("version: 1\ntables: {seen: {columns: {id: {path: $.id, type: no_such_type}}}}\n")
    for call in (check, load):
        with pytest.raises(pgfeed.MappingError, match="no_such_type") as caught:
            call(feed, way(spark, ['{"id": 1}']), **({} if call is check else {"dry_run": True}))
        assert caught.value.line == 2
