"""A way to the server that goes silent, while both sides still have their connection: noticed, and gone round.

A server that is silent because it works, or waits for a lock, is waited for.
"""

from __future__ import annotations

import signal

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from proxy import Proxy, Side
from running import WAITS_FOR_TABLE, lines, running
from waiting import wait_until

COUNT = 10_000
INTERRUPTED = 130
SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""
OURS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'pgfeed load%'"
CLAIMS = "SELECT count(*) FROM pg_locks WHERE relation = 'pgfeed.splits'::regclass AND pid <> pg_backend_pid()"
# Works on each row until it is told to stop, and counts how often it began: a sequence knows no rollback.
WORKING = """
CREATE SEQUENCE begun;
CREATE TABLE stop (id integer);
CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('begun');
  WHILE NOT EXISTS (SELECT FROM stop) LOOP PERFORM pg_sleep(0.01); END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER work BEFORE INSERT ON seen FOR EACH ROW EXECUTE FUNCTION work();
"""


@pytest.fixture
def seen(feed: Feed) -> Feed:
    """One document is in; a.ndjson has more."""
    feed.mapping(SEEN)
    feed.load(feed.documents({"id": COUNT}))
    feed.file("a.ndjson", lines(range(COUNT)))
    return feed


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM seen ORDER BY id")


@pytest.mark.parametrize(
    ("side", "count"), [("client", 40_000), ("client", 100_000), ("server", 14_000), ("server", 20_000)]
)
def test_connections_that_go_silent(seen: Feed, proxy: Proxy, side: Side, count: int) -> None:
    """Neither side hears of an end, so without more the sessions' claims would be in the way of the load's own next try."""
    silent = proxy.after(count, proxy.silence, sent_by=side)
    options = ("--split-size", "2KiB", "--connections", 2, "--answer-timeout", "500ms")
    seen.load("a.ndjson", *options, to=proxy.conninfo)
    assert silent.wait(TIMEOUT_SECONDS)
    assert ids_in(seen) == list(range(COUNT + 1))
    assert seen.values(CLAIMS) == [0]  # those of the silent sessions are rolled back


def test_a_way_that_is_silent_for_new_connections_too(seen: Feed, proxy: Proxy) -> None:
    """The server cannot even be asked; later it can."""
    stalled = proxy.after(40_000, proxy.stall)
    to = proxy.conninfo + " connect_timeout=2"
    with running(seen, "a.ndjson", "--split-size", "2KiB", "--connections", 1, "--answer-timeout", "300ms", to=to) as load:
        assert stalled.wait(TIMEOUT_SECONDS)
        before = proxy.accepted
        wait_until(lambda: proxy.accepted > before + 2)  # it was asked, and then the load tried to connect again
        proxy.resume()
        load.finish()
    assert ids_in(seen) == list(range(COUNT + 1))


def test_a_server_that_works_is_waited_for(seen: Feed, proxy: Proxy) -> None:
    seen.query(WORKING)
    with running(seen, "a.ndjson", "--limit", 1, "--answer-timeout", "100ms", to=proxy.conninfo) as load:
        wait_until(lambda: proxy.accepted > 20)  # it was asked again and again
        seen.query("INSERT INTO stop VALUES (1)")
        assert load.finish()["documents"]["loaded"] == 1
    assert seen.values("SELECT last_value FROM begun") == [1]
    assert ids_in(seen) == [0, COUNT]


def test_so_is_one_that_waits_for_a_lock(seen: Feed, proxy: Proxy) -> None:
    with running(seen, "-", "--source-id", "x", "--answer-timeout", "100ms", "--connections", 1, to=proxy.conninfo) as load:
        wait_until(lambda: seen.values(OURS)[0])
        with psycopg.connect(seen.database.conninfo) as holder:
            holder.execute("LOCK TABLE seen IN SHARE MODE")
            load.write(lines(range(1)))
            assert load.process.stdin is not None
            load.process.stdin.close()
            load.process.stdin = None
            wait_until(lambda: seen.values(WAITS_FOR_TABLE)[0])
            (pid,) = seen.values(OURS.replace("count(*)", "pid"))
            before = proxy.accepted
            wait_until(lambda: proxy.accepted > before + 10)
            assert seen.values(OURS.replace("count(*)", "pid")) == [pid]
            holder.commit()
        assert load.finish()["documents"]["loaded"] == 1
    assert ids_in(seen) == [0, COUNT]


@pytest.mark.parametrize("connections", [1, 2])
def test_an_interrupt_ends_a_load_that_waits_for_a_silent_server(seen: Feed, proxy: Proxy, connections: int) -> None:
    options = ("--split-size", "2KiB", "--connections", connections, "--answer-timeout", 0)
    stalled = proxy.after(40_000, proxy.stall)
    with running(seen, "a.ndjson", *options, to=proxy.conninfo) as load:
        assert stalled.wait(TIMEOUT_SECONDS)
        load.process.send_signal(signal.SIGINT)
        code, _, said = load.end()
        assert code == INTERRUPTED, said
    proxy.resume()
    seen.load("a.ndjson", to=proxy.conninfo)
    assert ids_in(seen) == list(range(COUNT + 1))
