"""Loads by a cluster whose parts fail: the tables are those of an undisturbed load, and the report counts what is in.

Faults happen at a place in the work, never at a time: a lock that the test holds keeps the tasks where they are.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cluster import Cluster, Submitted
from database import Database
from feeds import ORDERS, SEEN, TWEETS, WAITS_FOR_A_LOCK, Feed, generate_tweets, orders, seen
from server import Server
from waiting import wait_until

DRIVER = Path(__file__).parent / "drivers" / "load.py"
COUNT = 30_000
SECONDS = 120

TASK = "pgfeed load % task %"


def start(cluster: Cluster, feed: Feed, *paths: Path, conf: dict[str, object] | None = None, **arguments: Any) -> Submitted:  # noqa: ANN401  # passed on
    given = {"to": feed.database.conninfo, "mapping": str(feed.mapping), "connections": 2, "split_size": "8KiB"}
    asked = given | arguments | {"sources": [str(path) for path in paths]}
    return cluster.start_submit(DRIVER, json.dumps(asked), conf=conf)


def said(submitted: Submitted) -> dict[str, Any]:
    """What it printed last, once it has ended."""
    done = submitted.wait()
    assert done.stdout.strip(), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def report_of(submitted: Submitted) -> dict[str, Any]:
    """Of a load that must succeed."""
    report = said(submitted)
    assert "error" not in report, (report, submitted.stderr)
    return report


def many(feed: Feed) -> Path:
    """A file with a gate in each half: both tasks have committed some splits when they come to theirs."""
    feed.set_mapping(SEEN)
    feed.database.query("CREATE TABLE seen (id bigint)")
    feed.make_gate(COUNT // 4, COUNT * 3 // 4)
    return feed.file("seen.ndjson", seen(range(COUNT)))


def wait_for_both(feed: Feed, submitted: Submitted) -> None:
    """Until both tasks wait at the gate."""

    def are_there() -> bool:
        assert submitted.is_running(), submitted.stdout + submitted.stderr
        return len(feed.sessions(WAITS_FOR_A_LOCK)) == 2

    wait_until(are_there, SECONDS, lambda: submitted.stderr)
    assert feed.splits("worker LIKE '% task 0.%'") > 4
    assert feed.splits("worker LIKE '% task 1.%'") > 4


def assert_all_in(feed: Feed, report: dict[str, Any], before: int = 0) -> None:
    assert feed.ids() == list(range(COUNT))
    assert (report["read"], report["loaded"]) == (COUNT - before, COUNT - before)
    counted = "SELECT sum(loaded) FROM pgfeed.splits WHERE load = %s"
    assert feed.database.value(counted, report["load"]) == COUNT - before
    assert feed.load_state() == "done"


def attempts(feed: Feed) -> Counter[str]:
    """How many attempts of each task have committed something."""
    names = {name for (name,) in feed.database.query("SELECT DISTINCT worker FROM pgfeed.splits")}
    return Counter(re.findall(r"task (\d+)\.", " ".join(names)))


def test_kill_9_of_an_executor(cluster: Cluster, feed: Feed) -> None:
    file = many(feed)
    with feed.closed_gate():
        load = start(cluster, feed, file)
        wait_for_both(feed, load)
        cluster.kill_executor(cluster.executor_pids()[0])
    assert_all_in(feed, report_of(load))
    assert sum(attempts(feed).values()) == 3


@pytest.mark.parametrize("publish", ["split", "atomic"])
def test_kill_9_of_the_driver_and_the_same_script_again(cluster: Cluster, feed: Feed, publish: str) -> None:
    file = many(feed)
    with feed.closed_gate():  # where an atomic load publishes, when all is staged
        load = start(cluster, feed, file, publish=publish)
        if publish == "split":
            wait_for_both(feed, load)
        else:
            wait_until(lambda: feed.sessions(WAITS_FOR_A_LOCK), SECONDS, lambda: load.stderr)
        load.kill()
        wait_until(lambda: not cluster.executor_pids() and not cluster.python_worker_pids())
    wait_until(lambda: not feed.sessions())
    before = len(feed.ids())
    assert before == 0 if publish == "atomic" else 0 < before < COUNT
    report = report_of(start(cluster, feed, file, publish=publish))
    assert_all_in(feed, report, before)
    if publish == "split":
        assert feed.database.value("SELECT state FROM pgfeed.loads ORDER BY load LIMIT 1") == "abandoned"


def staged(feed: Feed) -> int:
    if feed.database.value("SELECT to_regclass('pgfeed.staged_splits') IS NULL"):
        return 0
    count = feed.database.value("SELECT count(*) FROM pgfeed.staged_splits")
    assert isinstance(count, int)
    return count


def test_kill_9_of_the_drivers_java_while_tasks_stage(cluster: Cluster, feed: Feed) -> None:
    """Its Python is left, and writes down that the load has failed."""
    file = many(feed)
    load = start(cluster, feed, file, publish="atomic", split_size="4KiB")
    wait_until(lambda: staged(feed) >= 4, SECONDS, lambda: load.stderr)
    with feed.hold("pgfeed.staged_splits"):
        wait_until(lambda: feed.sessions(WAITS_FOR_A_LOCK))
        load.kill_driver()
        wait_until(lambda: not cluster.executor_pids() and not cluster.python_worker_pids())
    load.wait()
    assert feed.load_state() == "failed"
    assert feed.ids() == []
    assert feed.splits() == 0
    assert_all_in(feed, report_of(start(cluster, feed, file, publish="atomic", split_size="4KiB")))


def test_a_slow_task_gets_a_speculative_copy(cluster: Cluster, feed: Feed) -> None:
    file = many(feed)
    speculation: dict[str, object] = {
        "spark.speculation": "true",
        "spark.speculation.interval": "100ms",
        "spark.speculation.multiplier": "1.1",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.minTaskRuntime": "100ms",
    }
    with feed.closed_gate():
        load = start(cluster, feed, file, conf=speculation)
        wait_for_both(feed, load)
        slow = cluster.python_worker_pids()[0]
        os.kill(slow, signal.SIGSTOP)
    try:
        # The copy has begun when one task has had two sessions.
        def has_copy() -> bool:
            tasks = re.findall(r"task (\d+)\.(\d+)", " ".join(name for _, name in feed.sessions()))
            return load.popen.poll() is not None or max(Counter(task for task, _ in set(tasks)).values(), default=0) > 1

        wait_until(has_copy, SECONDS, lambda: load.stderr)
    finally:
        with suppress(ProcessLookupError):
            os.kill(slow, signal.SIGCONT)
    assert_all_in(feed, report_of(load))


def test_a_task_that_fails_is_tried_again_by_spark(cluster: Cluster, feed: Feed) -> None:
    file = many(feed)
    with feed.closed_gate():
        load = start(cluster, feed, file, retry_for=0)
        wait_for_both(feed, load)
        (pid, _), *_ = feed.sessions(WAITS_FOR_A_LOCK)
        feed.database.query("SELECT pg_terminate_backend(%s)", pid)
    assert_all_in(feed, report_of(load))
    assert sum(attempts(feed).values()) == 3


def test_a_session_that_is_lost_is_opened_again_by_the_task_itself(cluster: Cluster, feed: Feed) -> None:
    file = many(feed)
    with feed.closed_gate():
        load = start(cluster, feed, file)
        wait_for_both(feed, load)
        for pid, _ in feed.sessions(WAITS_FOR_A_LOCK):
            feed.database.query("SELECT pg_terminate_backend(%s)", pid)
    assert_all_in(feed, report_of(load))
    assert sum(attempts(feed).values()) == 2


def test_a_task_that_fails_as_often_as_spark_tries(cluster: Cluster, feed: Feed) -> None:
    """The last try's error is the load's, and it is no traceback of Java's."""
    file = many(feed)
    with feed.closed_gate():
        load = start(cluster, feed, file, retry_for=0, conf={"spark.task.maxFailures": "1"})
        wait_for_both(feed, load)
        (pid, _), *_ = feed.sessions(WAITS_FOR_A_LOCK)
        feed.database.query("SELECT pg_terminate_backend(%s)", pid)
        answer = said(load)
    assert answer["error"] == "database"
    assert answer["loaded"] == len(feed.ids()) < COUNT
    assert feed.load_state() == "failed"
    report = report_of(start(cluster, feed, file))
    assert_all_in(feed, report, answer["loaded"])


def test_a_restart_of_the_server(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    feed = Feed(Database("load", server.create_database("load")), tmp_path)
    file = many(feed)
    with suppress(psycopg.OperationalError), feed.closed_gate():
        load = start(cluster, feed, file)
        wait_for_both(feed, load)
        server.restart()  # the gate is open then
    assert_all_in(feed, report_of(load))


@pytest.mark.parametrize("publish", ["split", "atomic"])
def test_ctrl_c(cluster: Cluster, feed: Feed, publish: str) -> None:
    file = many(feed)
    with feed.closed_gate():
        load = start(cluster, feed, file, publish=publish)
        if publish == "split":
            wait_for_both(feed, load)
        else:
            wait_until(lambda: feed.sessions(WAITS_FOR_A_LOCK), SECONDS, lambda: load.stderr)
        load.interrupt()
        load.wait()
        assert feed.load_state() in ("interrupted", "running")  # Spark's Java may have gone first
    wait_until(lambda: not feed.sessions())
    before = len(feed.ids())
    assert before < COUNT
    assert_all_in(feed, report_of(start(cluster, feed, file, publish=publish)), before)


def test_the_same_load_twice_at_once(cluster: Cluster, feed: Feed) -> None:
    file = many(feed)
    conf: dict[str, object] = {"spark.cores.max": "1"}
    loads = [start(cluster, feed, file, conf=conf, connections=1) for _ in range(2)]
    reports = [report_of(load) for load in loads]
    assert feed.ids() == list(range(COUNT))
    assert sum(report["loaded"] for report in reports) == COUNT


def test_a_password_is_nowhere_in_sight(cluster: Cluster, database: Database, tmp_path: Path) -> None:
    secret = "do-not-look-at-me"
    database.query(f"CREATE ROLE loader LOGIN PASSWORD '{secret}'")
    try:
        database.query(f"GRANT ALL ON DATABASE {database.name} TO loader; GRANT ALL ON SCHEMA public TO loader")
        passfile = tmp_path / "passfile"
        port = database.environment["PGPORT"]
        passfile.write_text(f"127.0.0.1:{port}:{database.name}:loader:{secret}\n", encoding="utf-8")
        passfile.chmod(0o600)
        feed = Feed(database, tmp_path)
        feed.set_mapping(ORDERS)
        file = feed.file("orders.ndjson", orders(range(3000), range(10, 13)))
        logs = set(cluster.event_log.iterdir())
        to = f"host=127.0.0.1 port={port} dbname={database.name} user=loader passfile={passfile}"
        load = start(cluster, feed, file, to=to, max_rejects=10)
        assert report_of(load)["loaded"] == 2997
        (log,) = set(cluster.event_log.iterdir()) - logs
        everything = log.read_bytes() + load.stdout.encode() + load.stderr.encode()
        assert b"pgfeed: load 1 of feed orders: 2 tasks" in everything
        assert secret.encode() not in everything
        assert database.query("SELECT load FROM pgfeed.loads WHERE to_jsonb(loads)::text LIKE %s", f"%{secret}%") == []
    finally:
        database.query("DROP OWNED BY loader CASCADE")
        database.query("DROP ROLE loader")


def test_a_file_larger_than_all_memory(cluster: Cluster, feed: Feed) -> None:
    """Of 300 MB nothing is gathered: Java is given 512 MB, and Python's processes stay small."""
    tweets = generate_tweets(feed.folder / "tweets.ndjson", 75_000)
    assert tweets.stat().st_size > 280_000_000
    feed.set_mapping(TWEETS.read_text(encoding="utf-8"))
    conf: dict[str, object] = {
        "spark.executor.memory": "512m",
        "spark.driver.memory": "512m",
        "spark.driver.maxResultSize": "1m",
    }
    load = start(cluster, feed, tweets, conf=conf, split_size="16MiB", max_rejects="5%")
    peaks = cluster.python_peaks(load, 600)
    assert report_of(load)["read"] == 75_000
    assert 0 < max(peaks) < 350, peaks
