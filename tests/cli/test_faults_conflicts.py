"""Another client provokes a deadlock and a serialization failure: the split is tried again."""

from __future__ import annotations

import threading

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from faults import WAITS_FOR_A_LOCK, Running, sessions, start, wait_until
from feed import Feed

COUNT = 200
LAST = COUNT - 1


def documents(feed: Feed) -> object:
    return feed.documents(*({"id": number, "n": number + 1000, "region": "a"} for number in range(COUNT)))


def load_waits(feed: Feed, load: Running) -> None:
    wait_until(lambda: bool(sessions(feed, WAITS_FOR_A_LOCK)), load)


@pytest.mark.parametrize("shared", ["true", "false"])
def test_a_deadlock(feed: Feed, shared: str) -> None:
    """The load has the first rows and wants the last one; another client has the last one and wants the first."""
    feed.mapping(
        f"tables:\n  items: {{key: [id], on_duplicate: {{latest: n}}, shared: {shared}, columns: {{\n"
        "    id: {path: $.id, type: integer}, n: {path: $.n, type: integer}}}\n"
        "  seen: {columns: {id: {path: $.id, type: integer}}}\n"
    )
    feed.query(
        "CREATE TABLE items (id integer PRIMARY KEY, n integer);"
        f"INSERT INTO items SELECT i, 0 FROM generate_series(0, {LAST}) i;"
        # Who finds a deadlock is its victim: it shall be the load.
        f"ALTER DATABASE {feed.database.name} SET deadlock_timeout = '10ms'"
    )
    one, other = psycopg.connect(feed.database.conninfo), psycopg.connect(feed.database.conninfo)
    with one, other:
        other.execute("SET deadlock_timeout = '1h'")
        take = b"UPDATE items SET n = -1 WHERE id = %d"
        other.execute(take % LAST)
        one.execute(take % (COUNT // 2))  # holds the load until the other one waits for it
        with start(feed, documents(feed)) as load:
            load_waits(feed, load)
            wants_the_first = threading.Thread(target=lambda: other.execute(take % 0))
            wants_the_first.start()
            waits = f"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = {other.info.backend_pid}"
            wait_until(lambda: feed.values(waits) == [True], load)
            one.rollback()
            wants_the_first.join(TIMEOUT_SECONDS)  # the load has given way
            assert not wants_the_first.is_alive()
            other.commit()
            report = load.report()
    assert report["documents"]["loaded"] == COUNT
    assert feed.query("SELECT id, n FROM items ORDER BY id") == [(number, number + 1000) for number in range(COUNT)]
    assert feed.values("SELECT id FROM seen ORDER BY id") == list(range(COUNT))
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    wait_until(lambda: feed.values(deadlocks)[0] > 0)


def test_a_serialization_failure(feed: Feed) -> None:
    """A row that the load waits for is moved to another partition: under READ COMMITTED too that is a 40001."""
    feed.mapping(
        "tables:\n  items: {key: [region, id], on_duplicate: update, columns: {\n"
        "    id: {path: $.id, type: integer}, n: {path: $.n, type: integer}, region: {path: $.region, type: text}}}\n"
    )
    feed.query(
        "CREATE TABLE items (id integer, n integer, region text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);"
        "CREATE TABLE items_a PARTITION OF items FOR VALUES IN ('a');"
        "CREATE TABLE items_b PARTITION OF items FOR VALUES IN ('b');"
        f"INSERT INTO items SELECT i, 0, 'a' FROM generate_series(0, {LAST}) i;"
    )
    with psycopg.connect(feed.database.conninfo) as other:
        other.execute("UPDATE items SET region = 'b' WHERE id = 5")
        with start(feed, documents(feed)) as load:
            load_waits(feed, load)
            rollbacks = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            before = feed.values(rollbacks)[0]
            other.commit()
            assert load.report()["documents"]["loaded"] == COUNT
    loaded = [("a", number, number + 1000) for number in range(COUNT)]
    assert feed.query("SELECT region, id, n FROM items ORDER BY region, id") == [*loaded, ("b", 5, 0)]
    wait_until(lambda: feed.values(rollbacks)[0] > before)
