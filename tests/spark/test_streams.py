"""Streams: each batch goes in once, though Spark runs it again after its driver was killed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cluster import Cluster, Submitted
from database import Database
from feeds import SEEN, WAITS_FOR_A_LOCK, Feed
from waiting import wait_until

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming import DataStreamWriter

DRIVER = Path(__file__).parent / "drivers" / "stream.py"
BATCH = 2_000
BATCHES = 3
SECONDS = 120
FOREACH = ("write", "load")
into_the_source = pytest.mark.since_spark(4, 1)  # before, there are no streams into data sources of Arrow


def add_file(feed: Feed, number: int) -> None:
    """The files' times say in which order they come."""
    path = feed.file(f"in/{number}.json", "".join(f'{{"id": {BATCH * number + at}}}\n' for at in range(BATCH)))
    os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))


@pytest.fixture
def feed(database: Database, tmp_path: Path) -> Feed:
    feed = Feed(database, tmp_path)
    feed.set_mapping(SEEN)
    (tmp_path / "in").mkdir()
    for number in range(BATCHES):
        add_file(feed, number)
    return feed


def start(cluster: Cluster, feed: Feed, way: str, conf: dict[str, object] | None = None, **asked: Any) -> Submitted:  # noqa: ANN401  # passed on
    given: dict[str, Any] = {
        "way": way,
        "files": str(feed.folder / "in"),
        "checkpoint": str(feed.folder / "checkpoint"),
        "marker": str(feed.folder / "marker"),
        "mapping": str(feed.mapping),
        "to": feed.database.conninfo,
        "arguments": {},
    }
    return cluster.start_submit(DRIVER, json.dumps(given | asked), conf=conf)


def kill_at_the_marker(cluster: Cluster, feed: Feed, submitted: Submitted) -> None:
    wait_until((feed.folder / "marker").exists, SECONDS, lambda: submitted.stderr)
    submitted.kill()
    cluster.end_submitted()


def assert_all_in(feed: Feed, submitted: Submitted) -> None:
    done = submitted.wait()
    assert done.returncode == 0, done.stderr
    assert feed.ids() == list(range(BATCHES * BATCH))


@into_the_source
def test_a_batch_that_spark_did_not_see_committed_is_not_there_twice(cluster: Cluster, feed: Feed) -> None:
    kill_at_the_marker(cluster, feed, start(cluster, feed, "source", stay_after=1))
    assert feed.ids() == list(range(2 * BATCH))
    # With other partitions than before.
    assert_all_in(feed, start(cluster, feed, "source", {"spark.sql.files.maxPartitionBytes": 1000}))
    assert feed.database.value("SELECT max(batch) FROM pgfeed.streams") == BATCHES - 1
    assert feed.database.value("SELECT count(*) FROM pgfeed.staged_splits") == 0


@into_the_source
def test_a_batch_that_was_cut_short_is_not_seen_and_comes_again(cluster: Cluster, feed: Feed) -> None:
    killed = start(cluster, feed, "source", {"spark.sql.files.maxPartitionBytes": 1000}, stay_in=1)
    kill_at_the_marker(cluster, feed, killed)
    assert feed.ids() == list(range(BATCH))
    assert feed.database.value("SELECT count(*) > 0 FROM pgfeed.staged_splits") is True
    assert_all_in(feed, start(cluster, feed, "source"))
    assert feed.database.value("SELECT count(*) FROM pgfeed.staged_splits") == 0


@pytest.mark.parametrize("way", FOREACH)
def test_foreach_batch_after_the_load_and_before_its_commit(cluster: Cluster, feed: Feed, way: str) -> None:
    kill_at_the_marker(cluster, feed, start(cluster, feed, way, stay_after=1))
    assert feed.ids() == list(range(2 * BATCH))
    assert_all_in(feed, start(cluster, feed, way))


@pytest.mark.parametrize("way", FOREACH)
def test_foreach_batch_in_the_middle_of_a_load(cluster: Cluster, feed: Feed, way: str) -> None:
    feed.database.query("CREATE TABLE seen (id bigint)")
    feed.make_gate(BATCH + BATCH // 2)
    small = {"split_size": "2KiB"}
    with feed.closed_gate():
        killed = start(cluster, feed, way, arguments=small)
        wait_until(lambda: bool(feed.sessions(WAITS_FOR_A_LOCK)), SECONDS, lambda: killed.stderr)
        killed.kill()
        cluster.end_submitted()
    assert BATCH < len(feed.ids()) < 2 * BATCH
    assert_all_in(feed, start(cluster, feed, way, arguments=small))


def stream(spark: SparkSession, feed: Feed, **options: object) -> DataStreamWriter:
    files = spark.readStream.schema("id long").option("maxFilesPerTrigger", 1).json(str(feed.folder / "in"))
    return into_seen(files.writeStream, feed, **options)


def into_seen(writer: DataStreamWriter, feed: Feed, **options: object) -> DataStreamWriter:
    writer = writer.format("pgfeed").option("to", feed.database.conninfo).option("dbtable", "seen")
    writer = writer.option("checkpointLocation", str(feed.folder / "checkpoint")).trigger(availableNow=True)
    for name, value in options.items():
        writer = writer.option(name, str(value))
    return writer


@into_the_source
def test_each_start_goes_on_where_the_last_has_ended(spark: SparkSession, feed: Feed) -> None:
    stream(spark, feed).queryName("orders").start().awaitTermination()
    assert feed.ids() == list(range(BATCHES * BATCH))
    add_file(feed, BATCHES)
    stream(spark, feed, connections=1).start().awaitTermination()
    assert feed.ids() == list(range((BATCHES + 1) * BATCH))
    assert feed.database.query("SELECT DISTINCT state FROM pgfeed.loads") == [("done",)]


@into_the_source
def test_a_result_that_is_complete_takes_the_place_of_the_one_before(spark: SparkSession, feed: Feed) -> None:
    files = spark.readStream.schema("id long").option("maxFilesPerTrigger", 1).json(str(feed.folder / "in"))
    counts = files.groupBy((files.id % 5).alias("id")).count()
    into_seen(counts.writeStream, feed).outputMode("complete").start().awaitTermination()
    assert feed.database.query("SELECT * FROM seen ORDER BY id") == [(at, BATCHES * BATCH // 5) for at in range(5)]


@into_the_source
def test_a_batch_with_rejects_ends_the_query_and_leaves_nothing(spark: SparkSession, feed: Feed) -> None:
    feed.database.query(f"CREATE TABLE seen (id bigint CHECK (id <> {BATCH + 7}))")
    with pytest.raises(Exception, match="RejectsError"):
        stream(spark, feed).start().awaitTermination()
    assert feed.ids() == list(range(BATCH))
    assert feed.database.value("SELECT count(*) FROM pgfeed.staged_splits") == 0
    stream(spark, feed, max_rejects=1).start().awaitTermination()
    assert feed.ids() == [number for number in range(BATCHES * BATCH) if number != BATCH + 7]


@into_the_source
def test_options_that_are_not_for_streams(spark: SparkSession, feed: Feed) -> None:
    for option, value, said in (("name", "x", "not for streams"), ("publish", "split", "as a whole")):
        with pytest.raises(Exception, match=said):
            stream(spark, feed, **{option: value}).start().awaitTermination()
    assert feed.ids() == []
