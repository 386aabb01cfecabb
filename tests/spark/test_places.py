"""A budget of sessions where Spark alone says how many tasks run: many more than the server has room for."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from database import Database
from feeds import SEEN, WAITS_FOR_A_LOCK, Feed
from pgfeed import PartitionLoader
from server import Server
from waiting import wait_until

DRIVER = Path(__file__).parent / "drivers" / "partitions.py"
COUNT = 2_400
PARTITIONS = 24
TASKS = 12
PLACES = 3
ROOM = 6  # sessions that the server has for them, beside one that closes the gate
RESERVED = 20  # for those that look; one that is refused has a place, too, for a moment
SECONDS = 120
IN_A_LOAD = "application_name LIKE 'pgfeed load%%'"
WAYS = ("each", pytest.param("source", marks=pytest.mark.since_spark(4, 0)))


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def load(cluster: Cluster, server: Server, folder: Path, way: str, sessions: int, **arguments: Any) -> Feed:  # noqa: ANN401  # passed on
    """Starts a job whose tasks are at work at the same time: until so many sessions have come to a gate, it is closed."""
    server.configure(
        max_connections=str(ROOM + 1 + RESERVED), superuser_reserved_connections=str(RESERVED), log_line_prefix="%e "
    )
    server.restart()
    feed = Feed(Database("load", server.create_database("load")), folder)
    feed.set_mapping(SEEN)
    feed.database.query("CREATE TABLE seen (id bigint)")
    feed.make_gate(*range(COUNT))
    for statement in ("CREATE ROLE loader LOGIN", "ALTER DATABASE load OWNER TO loader", "ALTER TABLE seen OWNER TO loader"):
        feed.database.query(statement)
    given: dict[str, Any] = {
        "way": way,
        "count": COUNT,
        "partitions": PARTITIONS,
        "shuffled": False,
        "marker": str(feed.folder / "marker"),
        "mapping": str(feed.mapping),
        "to": feed.database.conninfo.replace("user=postgres", "user=loader"),
        "arguments": arguments,
    }
    with feed.closed_gate():
        submitted = cluster.start_submit(DRIVER, json.dumps(given), conf={"spark.master": f"local[{TASKS}]"})
        wait_until(lambda: len(feed.sessions(WAITS_FOR_A_LOCK)) >= sessions, SECONDS, lambda: submitted.stderr)
        assert len(feed.sessions(IN_A_LOAD)) == sessions
    done = submitted.wait()
    assert done.returncode == 0, done.stderr + done.stdout
    assert feed.ids() == list(range(COUNT))
    return feed


def test_as_many_as_were_asked_for(cluster: Cluster, server: Server, tmp_path: Path, way: str) -> None:
    feed = load(cluster, server, tmp_path, way, PLACES, connections=PLACES)
    assert feed.load_state() == "done"


def test_as_many_as_the_server_has(cluster: Cluster, server: Server, tmp_path: Path, way: str) -> None:
    """Nobody gave a budget: who finds no room waits for it."""
    load(cluster, server, tmp_path, way, ROOM)
    assert "\n53300 " in server.log()


def test_an_interrupt_ends_the_wait(feed: Feed) -> None:
    feed.set_mapping(SEEN)
    first, second = (PartitionLoader(feed.mapping, feed.database.conninfo, name="nightly", connections=1) for _ in range(2))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def documents() -> Iterator[dict[str, int]]:
        interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            second([{"id": 2}])
        interrupt.join()
        yield {"id": 1}

    try:
        assert first(documents())[0].loaded == 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert feed.ids() == [1]
