"""Partitions whose attempts fail, are killed or run twice: the tables are those of an undisturbed load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyspark
import pytest
from cluster import Cluster, Submitted
from database import Database
from feeds import SEEN, WAITS_FOR_A_LOCK, Feed
from processes import wait_until

DRIVER = Path(__file__).parent / "drivers" / "partitions.py"
COUNT = 12_000
PARTITIONS = 4
SECONDS = 120
WAYS = ("each", "rdd", "frame", *(["source"] if pyspark.__version__ >= "4" else []))


@pytest.fixture
def feed(database: Database, tmp_path: Path) -> Feed:
    feed = Feed(database, tmp_path)
    feed.set_mapping(SEEN)
    return feed


def start(cluster: Cluster, feed: Feed, way: str, conf: dict[str, object] | None = None, **asked: Any) -> Submitted:  # noqa: ANN401  # passed on
    given: dict[str, Any] = {
        "way": way,
        "count": COUNT,
        "partitions": PARTITIONS,
        "shuffled": True,
        "marker": str(feed.folder / "marker"),
        "mapping": str(feed.mapping),
        "to": feed.database.conninfo,
        "arguments": {},
    }
    return cluster.start_submit(DRIVER, json.dumps(given | asked), conf=conf)


def said(submitted: Submitted) -> dict[str, Any]:
    """What it printed last, once it has ended."""
    done = submitted.wait()
    assert done.stdout.strip(), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def assert_all_in(feed: Feed, submitted: Submitted) -> None:
    answer = said(submitted)
    assert "error" not in answer, (answer, submitted.stderr)
    assert feed.ids() == list(range(COUNT))
    assert feed.database.value("SELECT sum(loaded) FROM pgfeed.splits") == COUNT
    assert feed.database.value("SELECT count(*) FROM pgfeed.parts") == 0
    assert feed.load_state() == "done"


@pytest.mark.parametrize("way", WAYS)
def test_a_task_that_fails_is_tried_again_in_another_order(cluster: Cluster, feed: Feed, way: str) -> None:
    submitted = start(cluster, feed, way, fail_at=COUNT // 2)
    assert_all_in(feed, submitted)
    assert (feed.folder / "marker").exists()
    assert "this attempt fails" in submitted.stderr


@pytest.mark.parametrize("way", WAYS)
def test_an_executor_that_is_killed(cluster: Cluster, feed: Feed, way: str) -> None:
    feed.database.query("CREATE TABLE seen (id bigint)")
    feed.make_gate(COUNT // 8, COUNT * 7 // 8)
    with feed.closed_gate():
        submitted = start(cluster, feed, way)
        wait_until(lambda: bool(feed.sessions(WAITS_FOR_A_LOCK)), SECONDS, lambda: submitted.stderr)
        cluster.kill_executor(cluster.executor_pids()[0])
    assert_all_in(feed, submitted)


@pytest.mark.parametrize("way", WAYS)
def test_a_slow_task_and_the_one_that_is_started_beside_it(cluster: Cluster, feed: Feed, way: str) -> None:
    conf: dict[str, object] = {
        "spark.speculation": "true",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.multiplier": "1.1",
        "spark.speculation.minTaskRuntime": "0s",
        "spark.speculation.interval": "100ms",
    }
    submitted = start(
        cluster, feed, way, conf, stay_at=COUNT // 2, arguments={} if way in ("each", "source") else {"connections": 4}
    )
    assert_all_in(feed, submitted)
    assert (feed.folder / "marker").exists()


@pytest.mark.parametrize("publish", ["split", "atomic"])
@pytest.mark.parametrize("way", ["rdd", "frame"])
def test_a_named_load_goes_on_after_its_driver_was_killed(cluster: Cluster, feed: Feed, way: str, publish: str) -> None:
    arguments = {"name": "nightly", "connections": 2, "publish": publish}
    killed = start(cluster, feed, way, stay_at=COUNT // 2, arguments=arguments)
    wait_until((feed.folder / "marker").exists, SECONDS, lambda: killed.stderr)
    kept = "splits" if publish == "split" else "staged_splits"
    wait_until(lambda: feed.database.value(f"SELECT count(*) > 8 FROM pgfeed.{kept}") is True, SECONDS)
    killed.kill()
    cluster.end_submitted()
    if publish == "atomic":
        assert feed.ids() == []
    else:
        assert 0 < len(feed.ids()) < COUNT
    assert_all_in(feed, start(cluster, feed, way, arguments=arguments))


def test_a_named_loader_goes_on_after_its_driver_was_killed(cluster: Cluster, feed: Feed) -> None:
    """The application that is started again counts stages and attempts from 0, as the one before did."""
    arguments = {"name": "nightly"}
    killed = start(cluster, feed, "each", stay_at=COUNT // 2, arguments=arguments)
    wait_until((feed.folder / "marker").exists, SECONDS, lambda: killed.stderr)
    wait_until(lambda: feed.splits() > 8, SECONDS)
    killed.kill()
    cluster.end_submitted()
    assert 0 < len(feed.ids()) < COUNT
    assert_all_in(feed, start(cluster, feed, "each", arguments=arguments))


def test_an_atomic_load_that_fails_shows_nothing_and_goes_on(cluster: Cluster, feed: Feed) -> None:
    arguments = {"name": "nightly", "connections": 2, "publish": "atomic"}
    failed = start(cluster, feed, "rdd", {"spark.task.maxFailures": 1}, fail_at=COUNT // 2, arguments=arguments)
    assert "this attempt fails" in failed.wait().stdout
    assert feed.ids() == []
    assert_all_in(feed, start(cluster, feed, "rdd", arguments=arguments))
