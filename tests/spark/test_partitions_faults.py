"""Partitions whose attempts fail, are killed or run twice: the tables are those of an undisturbed load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyspark
import pytest
from cluster import Cluster, Submitted
from database import Database, fresh_database
from feeds import SEEN, WAITS_FOR_A_LOCK, Feed
from waiting import wait_until

DRIVER = Path(__file__).parent / "drivers" / "partitions.py"
COUNT = 12_000
PARTITIONS = 4
SECONDS = 120
WAYS = ("each", "rdd", "frame", *(["source"] if pyspark.__version__ >= "4" else []))


def make_feed(database: Database, folder: Path) -> Feed:
    feed = Feed(database, folder)
    feed.set_mapping(SEEN)
    return feed


@pytest.fixture
def feed(database: Database, tmp_path: Path) -> Feed:
    return make_feed(database, tmp_path)


@pytest.fixture
def feeds(tmp_path: Path) -> Iterator[dict[str, Feed]]:
    """One for each way, all of which go in one application, one after the other: to start it takes longest."""
    with ExitStack() as databases:
        for way in WAYS:
            (tmp_path / way).mkdir()
        yield {way: make_feed(databases.enter_context(fresh_database()), tmp_path / way) for way in WAYS}


def start(
    cluster: Cluster,
    feeds: Mapping[str, Feed],
    conf: dict[str, object] | None = None,
    arguments: Mapping[str, Any] | None = None,
    **asked: Any,  # noqa: ANN401  # passed on
) -> Submitted:
    """Starts a job of these ways. The arguments are those of `load`; a loader and a data source take no budget of tasks."""
    words = []
    for way, feed in feeds.items():
        given: dict[str, Any] = {
            "way": way,
            "count": COUNT,
            "partitions": PARTITIONS,
            "shuffled": True,
            "marker": str(feed.folder / "marker"),
            "mapping": str(feed.mapping),
            "to": feed.database.conninfo,
            "arguments": {
                name: value for name, value in (arguments or {}).items() if name != "connections" or way in ("rdd", "frame")
            },
        }
        words.append(json.dumps(given | asked))
    return cluster.start_submit(DRIVER, *words, conf=conf)


def assert_all_in(feeds: Mapping[str, Feed], submitted: Submitted) -> None:
    done = submitted.wait()
    assert done.returncode == 0, done.stdout + done.stderr
    for way, feed in feeds.items():
        assert (way, feed.ids()) == (way, list(range(COUNT)))
        assert (way, feed.database.value("SELECT sum(loaded) FROM pgfeed.splits")) == (way, COUNT)
        assert (way, feed.database.value("SELECT count(*) FROM pgfeed.parts")) == (way, 0)
        assert (way, feed.load_state()) == (way, "done")


def test_a_task_that_fails_is_tried_again_in_another_order(cluster: Cluster, feeds: dict[str, Feed]) -> None:
    submitted = start(cluster, feeds, fail_at=COUNT // 2)
    assert_all_in(feeds, submitted)
    assert [way for way, feed in feeds.items() if not (feed.folder / "marker").exists()] == []
    assert submitted.stderr.count("this attempt fails") >= len(feeds)


def kill_one(cluster: Cluster, feed: Feed, submitted: Submitted) -> None:
    """One of the two executors, when each has a task that waits at the gate."""

    def are_there() -> bool:
        assert submitted.is_running(), submitted.stdout + submitted.stderr
        return len(feed.sessions(WAITS_FOR_A_LOCK)) == 2

    wait_until(are_there, SECONDS, lambda: submitted.stdout + submitted.stderr)
    cluster.kill_executor(cluster.executor_pids()[0])


def test_an_executor_that_is_killed(cluster: Cluster, feeds: dict[str, Feed]) -> None:
    with ExitStack() as gates:
        closed = {}
        for way, feed in feeds.items():
            feed.database.query("CREATE TABLE seen (id bigint)")
            feed.make_gate(COUNT // 8, COUNT * 7 // 8)
            closed[way] = gates.enter_context(ExitStack())
            closed[way].enter_context(feed.closed_gate())
        submitted = start(cluster, feeds)
        for way, feed in feeds.items():
            kill_one(cluster, feed, submitted)
            closed[way].close()
        assert_all_in(feeds, submitted)


def test_a_slow_task_and_the_one_that_is_started_beside_it(cluster: Cluster, feeds: dict[str, Feed]) -> None:
    conf: dict[str, object] = {
        "spark.speculation": "true",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.multiplier": "1.1",
        "spark.speculation.minTaskRuntime": "0s",
        "spark.speculation.interval": "100ms",
    }
    submitted = start(cluster, feeds, conf, {"connections": 4}, stay_at=COUNT // 2)
    assert_all_in(feeds, submitted)
    assert [way for way, feed in feeds.items() if not (feed.folder / "marker").exists()] == []


@pytest.mark.parametrize("publish", ["split", "atomic"])
@pytest.mark.parametrize("way", ["rdd", "frame"])
def test_a_named_load_goes_on_after_its_driver_was_killed(cluster: Cluster, feed: Feed, way: str, publish: str) -> None:
    arguments = {"name": "nightly", "connections": 2, "publish": publish}
    killed = start(cluster, {way: feed}, stay_at=COUNT // 2, arguments=arguments)
    wait_until((feed.folder / "marker").exists, SECONDS, lambda: killed.stderr)
    kept = "splits" if publish == "split" else "staged_splits"
    wait_until(lambda: feed.database.value(f"SELECT count(*) > 8 FROM pgfeed.{kept}") is True, SECONDS)
    killed.kill()
    cluster.end_submitted()
    if publish == "atomic":
        assert feed.ids() == []
    else:
        assert 0 < len(feed.ids()) < COUNT
    assert_all_in({way: feed}, start(cluster, {way: feed}, arguments=arguments))


def test_a_named_loader_goes_on_after_its_driver_was_killed(cluster: Cluster, feed: Feed) -> None:
    """The application that is started again counts stages and attempts from 0, as the one before did."""
    arguments = {"name": "nightly"}
    killed = start(cluster, {"each": feed}, stay_at=COUNT // 2, arguments=arguments)
    wait_until((feed.folder / "marker").exists, SECONDS, lambda: killed.stderr)
    wait_until(lambda: feed.splits() > 8, SECONDS)
    killed.kill()
    cluster.end_submitted()
    assert 0 < len(feed.ids()) < COUNT
    assert_all_in({"each": feed}, start(cluster, {"each": feed}, arguments=arguments))


def test_an_atomic_load_that_fails_shows_nothing_and_goes_on(cluster: Cluster, feed: Feed) -> None:
    arguments = {"name": "nightly", "connections": 2, "publish": "atomic"}
    failed = start(cluster, {"rdd": feed}, {"spark.task.maxFailures": 1}, arguments, fail_at=COUNT // 2)
    assert "this attempt fails" in failed.wait().stdout
    assert feed.ids() == []
    assert_all_in({"rdd": feed}, start(cluster, {"rdd": feed}, arguments=arguments))
