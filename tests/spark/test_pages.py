"""What a person sees of a load: Spark's pages and its event log, and progress."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pgfeed.spark
import psycopg
import pytest
from cluster import Cluster
from feeds import ORDERS, SEEN, Feed, orders
from pgfeed import RejectsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DRIVER = Path(__file__).parent / "drivers" / "pages.py"
SMALL: dict[str, Any] = {"split_size": "4KiB"}
ROWS = (
    "SELECT sum((value ->> 'inserted')::int + (value ->> 'merged')::int) FROM pgfeed.splits, jsonb_each(rows) WHERE load = 1"
)


def test_what_is_loaded_stands_on_sparks_pages_and_in_its_log(cluster: Cluster, feed: Feed) -> None:
    feed.set_mapping(ORDERS)
    path = feed.file("orders.ndjson", orders(range(2000), bad=range(1500, 1503)))
    arguments = {"mapping": str(feed.mapping), "to": feed.database.conninfo, "connections": 2, "max_rejects": 3, **SMALL}
    asked = [{"of": of, "path": str(path), "arguments": arguments} for of in ("files", "rows", "texts", "files")]
    asked.append({"of": "rows", "path": str(path), "arguments": arguments | {"max_rejects": 0}})
    logs = set(cluster.event_log.iterdir())
    done = cluster.submit(DRIVER, *map(json.dumps, asked), conf={"spark.ui.enabled": "true", "spark.ui.port": 0})
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    jobs = [tuple(job) for job in reversed(said["jobs"]) if job[1] is not None]
    # The fourth load finds all in, and needs no job.
    rows = feed.database.value(ROWS)
    ended = [
        f"pgfeed: load 1 of feed orders: 1,997 documents loaded, {rows:,} rows, 3 rejects",
        "pgfeed: load 2 of feed orders: 0 documents loaded, 0 rows, 3 rejects",
        "pgfeed: load 3 of feed orders: 0 documents loaded, 0 rows, 3 rejects",
        "pgfeed: load 5 of feed orders has failed (rejects): 0 documents loaded, 0 rows, 0 rejects",
    ]
    what = ["load 1 of feed orders: 2 tasks", "load 2 of feed orders: an RDD", "load 3 of feed orders: a DataFrame"]
    assert [job for job in jobs if "documents" in job[1]] == [("SUCCEEDED", text) for text in ended]
    assert [text for _, text in jobs if "documents" not in text][:3] == [f"pgfeed: {text}" for text in what]
    (log,) = set(cluster.event_log.iterdir()) - logs
    logged = log.read_text(encoding="utf-8")
    for text in ended:
        assert text in said["page"]
        assert json.dumps(text) in logged


WAYS = ("frame", "rdd")


def data_of(spark: SparkSession, way: str, count: int, partitions: int) -> Any:  # noqa: ANN401
    frame = spark.range(0, count, 1, partitions)
    return frame if way == "frame" else frame.rdd


@pytest.mark.parametrize("way", WAYS)
def test_progress_of_partitions(spark: SparkSession, feed: Feed, way: str) -> None:
    feed.set_mapping(SEEN)
    shown: list[tuple[int, int, int, int]] = []
    report = pgfeed.spark.load(
        data_of(spark, way, 2000, 8),
        mapping=feed.mapping,
        to=feed.database.conninfo,
        connections=4,
        progress=lambda *counts: shown.append(counts),
        **SMALL,
    )
    assert shown[-1] == (2000, 0, report.bytes, -1)
    assert shown == sorted(shown)


def test_a_bar_counts_documents_and_rejects(spark: SparkSession, feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    feed.set_mapping(SEEN)
    frame = spark.range(0, 2000, 1, 4).selectExpr("if(id = 7, 'none', string(id)) AS id", "0 AS other")
    to = feed.database.conninfo
    pgfeed.spark.load(frame, mapping=feed.mapping, to=to, connections=2, max_rejects=1, progress=True)
    assert "2,000 documents, 1 rejected" in capsys.readouterr().err


@pytest.mark.parametrize("way", WAYS)
def test_progress_comes_when_a_task_ends(spark: SparkSession, feed: Feed, way: str) -> None:
    """One task waits at a gate until the other's documents have been shown."""
    feed.set_mapping(SEEN)
    feed.database.query("CREATE TABLE seen (id bigint)")
    feed.make_gate(1999)
    is_half = threading.Event()
    reports = []

    def load() -> None:
        reports.append(
            pgfeed.spark.load(
                data_of(spark, way, 2000, 2),
                mapping=feed.mapping,
                to=feed.database.conninfo,
                connections=2,
                progress=lambda read, *_: is_half.set() if read == 1000 else None,
                **SMALL,
            )
        )

    with feed.closed_gate():
        loading = threading.Thread(target=load)
        loading.start()
        assert is_half.wait(60)
        assert len(feed.ids()) < 2000
    loading.join()
    assert reports[0].loaded == 2000


@pytest.mark.parametrize("way", WAYS)
def test_an_error_that_no_other_try_can_mend_stops_the_other_tasks(spark: SparkSession, feed: Feed, way: str) -> None:
    """One has a reject too many while the other waits for a lock, for five minutes if it were let."""
    feed.set_mapping(ORDERS)
    feed.database.query("CREATE TABLE items (order_id bigint, line integer, sku text, PRIMARY KEY (order_id, line))")
    path = feed.file("orders.ndjson", orders(range(1000)) + orders(range(1000, 2000), range(1500, 1501)))
    lines = spark.sparkContext.parallelize(path.read_text().splitlines(), 2)
    data = lines if way == "rdd" else spark.createDataFrame(lines, "string")
    with psycopg.connect(feed.database.conninfo) as session:
        session.execute("INSERT INTO items VALUES (3, 0, '')")  # not committed: the first partition waits for it
        with pytest.raises(RejectsError):
            pgfeed.spark.load(data, mapping=feed.mapping, to=feed.database.conninfo, connections=2, **SMALL)
        assert 0 not in feed.ids("orders")
        assert feed.sessions() == []
        session.rollback()
    assert feed.load_state() == "stopped"


@pytest.mark.parametrize("way", WAYS)
def test_the_partitions_behind_one_that_failed_are_left(spark: SparkSession, feed: Feed, way: str) -> None:
    """Twenty partitions are two tasks'. The first of each has a reject too many."""
    feed.set_mapping(SEEN)
    frame = spark.range(0, 2000, 1, 20).selectExpr("if(id % 1000 = 0, 'none', string(id)) AS id", "0 AS other")
    data = frame if way == "frame" else frame.rdd
    with pytest.raises(RejectsError):
        pgfeed.spark.load(data, mapping=feed.mapping, to=feed.database.conninfo, connections=2)
    assert feed.ids() == []
