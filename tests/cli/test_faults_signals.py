"""SIGINT and SIGTERM: the load ends soon, whatever it waits for, leaves nothing behind but what was committed, and says how
to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from faults import (
    SEEN,
    WAITS_FOR_A_LOCK,
    Running,
    covered,
    ids_in,
    lines,
    sessions,
    splits_in,
    start,
    wait_until,
)
from feed import Feed
from proxy import Proxy

INTERRUPTED = 130
SOON = 20  # seconds; two are promised, and each test would wait a minute and more for what it waits for
GO_ON = "run the same command again"
SIGNALS = [signal.SIGINT, signal.SIGTERM]
NOTES = """\
feed: notes
tables:
  notes:
    key: [id]
    on_duplicate: skip
    columns: {id: {path: $.id, type: bigint}}
"""


@pytest.fixture
def seen(feed: Feed) -> Feed:
    feed.mapping(SEEN)
    return feed


@contextmanager
def locked(feed: Feed, table: str, mode: str = "ACCESS EXCLUSIVE") -> Iterator[psycopg.Connection[Any]]:
    """Somebody has the table locked."""
    with psycopg.connect(feed.database.conninfo) as other:
        other.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        yield other


def interrupt(load: Running, *signals: signal.Signals) -> str:
    for each in signals:
        load.process.send_signal(each)
    return load.fails(INTERRUPTED, GO_ON, seconds=SOON)


def nobody_is_left(feed: Feed) -> None:
    wait_until(lambda: not sessions(feed))


@pytest.mark.parametrize("stopping", SIGNALS)
@pytest.mark.parametrize("table", ["seen", "pgfeed.loads", "pgfeed.sources"])
def test_while_it_waits_for_a_lock(seen: Feed, table: str, stopping: signal.Signals) -> None:
    """Of a table that is loaded, of one that is written before that, and of one that is written while planning."""
    seen.load(seen.file("first.ndjson", lines(range(10))))
    path = seen.file("a.ndjson", lines(range(10, 3000)))
    with locked(seen, table), start(seen, path, "--split-size", "4KiB", "--connections", 3) as load:
        wait_until(lambda: bool(sessions(seen, WAITS_FOR_A_LOCK)), load)
        interrupt(load, stopping)
        nobody_is_left(seen)
    assert ids_in(seen) == list(range(10))
    states = seen.values("SELECT state FROM pgfeed.loads ORDER BY load")
    assert states == (["done"] if table == "pgfeed.loads" else ["done", "interrupted"])
    seen.load(path)
    assert ids_in(seen) == list(range(3000))
    assert covered(seen)


@pytest.mark.parametrize("stopping", SIGNALS)
def test_what_was_committed_stays(seen: Feed, stopping: signal.Signals) -> None:
    """A document that cannot go in yet: another session has its key, uncommitted."""
    count = 20_000
    seen.query("CREATE TABLE seen (id bigint UNIQUE)")
    path = seen.file("a.ndjson", lines(range(count)))
    with psycopg.connect(seen.database.conninfo) as other:
        other.execute("INSERT INTO seen VALUES (%s)", (count // 2,))
        with start(seen, path, "--split-size", "4KiB", "--connections", 1) as load:
            wait_until(lambda: bool(sessions(seen, WAITS_FOR_A_LOCK)), load)
            interrupt(load, stopping)
            nobody_is_left(seen)
        other.rollback()
    before = ids_in(seen)
    assert before == list(range(len(before)))  # splits are in order: one worker
    assert 0 < len(before) <= count // 2
    assert seen.values("SELECT sum(loaded)::integer FROM pgfeed.splits") == [len(before)]
    report = seen.load(path)
    assert report["documents"]["read"] == count - len(before)
    assert ids_in(seen) == list(range(count))


@pytest.mark.parametrize("stopping", SIGNALS)
def test_while_it_reads_a_slow_input(seen: Feed, stopping: signal.Signals) -> None:
    content = lines(range(100_000))  # half of it is more than is looked at before the first split is cut
    options = ("--source-id", "slow", "--split-size", "64KiB", "-")
    with start(seen, *options, piped=True) as load:
        assert load.process.stdin is not None
        load.process.stdin.write(content[: len(content) // 2])
        load.process.stdin.flush()
        wait_until(lambda: splits_in(seen) > 0, load)
        load.process.send_signal(stopping)
        load.process.wait(SOON)  # its input is still open
        load.fails(INTERRUPTED, GO_ON)
    nobody_is_left(seen)
    before = len(ids_in(seen))
    assert 0 < before < 100_000
    report = seen.load(*options, stdin=content)
    assert report["documents"]["loaded"] == 100_000 - before
    assert ids_in(seen) == list(range(100_000))


def test_an_input_without_a_name_cannot_be_gone_on_with(seen: Feed) -> None:
    with start(seen, "-", piped=True) as load:
        wait_until(lambda: bool(sessions(seen)), load)
        load.process.send_signal(signal.SIGINT)
        load.process.wait(SOON)
        assert GO_ON not in load.fails(INTERRUPTED, "from its beginning", "--source-id")


@pytest.mark.parametrize("stopping", SIGNALS)
@pytest.mark.parametrize("how", ["refuses", "is silent"])
def test_while_it_connects(seen: Feed, proxy: Proxy, how: str, stopping: signal.Signals) -> None:
    path = seen.file("a.ndjson", lines(range(10)))
    (proxy.refuse if how == "refuses" else proxy.stall)()
    with start(seen, path, "--connect-timeout", "60s", to=proxy.conninfo + " connect_timeout=60") as load:
        if how == "refuses":
            assert load.process.stderr is not None
            assert "trying again" in load.process.stderr.readline()
        else:
            assert proxy.holding.wait(TIMEOUT_SECONDS)
        interrupt(load, stopping)
    proxy.resume()
    proxy.accept()
    seen.load(path, to=proxy.conninfo)
    assert ids_in(seen) == list(range(10))


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("stopping", SIGNALS)
def test_while_keys_are_made(feed: Feed, stopping: signal.Signals, connections: int) -> None:
    """Somebody reads the table, so that rows go in, but its key has to wait."""
    feed.mapping(NOTES)
    options = ("--source-id", "slow", "--connections", connections, "-")
    with start(feed, *options, piped=True) as load:
        wait_until(lambda: feed.values("SELECT to_regclass('notes') IS NOT NULL")[0], load)
        with locked(feed, "notes", "ACCESS SHARE"):
            assert load.process.stdin is not None
            load.process.stdin.write(lines(range(100)))
            load.process.stdin.close()
            load.process.stdin = None
            wait_until(lambda: bool(sessions(feed, WAITS_FOR_A_LOCK)), load)
            interrupt(load, stopping)
            nobody_is_left(feed)
    assert "are not made yet" in load.end().stderr
    assert feed.values("SELECT state FROM pgfeed.loads") == ["interrupted"]
    assert feed.values("SELECT count(*) FROM notes") == [100]
    report = feed.load(*options, stdin=lines(range(100)))
    assert report["documents"]["read"] == 0
    assert feed.values("SELECT id FROM notes ORDER BY id") == list(range(100))
    assert feed.values("SELECT count(*) FROM pgfeed.pending_keys") == [0]


@pytest.mark.parametrize("signals", [SIGNALS[:1], SIGNALS[1:], SIGNALS], ids=["once", "SIGTERM", "twice"])
def test_while_the_network_is_silent(seen: Feed, proxy: Proxy, signals: list[signal.Signals]) -> None:
    """Nothing that it asks of the server is answered. A second signal is not kept waiting."""
    path = seen.file("a.ndjson", lines(range(5000)))
    stalled = proxy.after(60_000, proxy.stall)
    with start(seen, path, "--split-size", "4KiB", to=proxy.conninfo) as load:
        assert stalled.wait(TIMEOUT_SECONDS)
        assert proxy.holding.wait(TIMEOUT_SECONDS)
        sentence = interrupt(load, *signals)
    assert ("twice" in sentence) == (len(signals) == 2)
    proxy.resume()
    nobody_is_left(seen)
    seen.load(path, to=proxy.conninfo)
    assert ids_in(seen) == list(range(5000))
    assert covered(seen)
