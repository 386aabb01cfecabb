"""A server that crashes, that stays away, and whose disk is full."""

from __future__ import annotations

import contextlib
import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from faults import (
    SEEN,
    TWEETS,
    WAITS_FOR_A_LOCK,
    broken_lines,
    compare_tweets,
    covered,
    ids_in,
    lines,
    make_tweets,
    seeds,
    sessions,
    splits_in,
    start,
    wait_until,
)
from feed import Feed
from proxy import Proxy
from server import Server

DATABASE = 5
COUNT = 20_000
EVERYTHING = 1 << 40
A_WORKER = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load % worker %' ORDER BY random() LIMIT 1"


@pytest.fixture(scope="module")
def tweets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tweets(tmp_path_factory.mktemp("tweets") / "tweets.ndjson", 4000)


def kill_a_worker(server: Server, feed: Feed) -> None:
    (pid,) = feed.values(A_WORKER) or [None]
    if pid is not None:  # else it ends at this moment
        server.kill_backend(pid)


@pytest.mark.parametrize("fault", ["a backend", "the server"])
@pytest.mark.parametrize("seed", seeds(2))
def test_kill_9_of_the_server_in_mid_load(server_feed: Feed, server: Server, tweets: Path, fault: str, seed: int) -> None:
    """Of one backend, upon which the server ends all; or of the whole server (`pg_ctl restart -m immediate`), twice. The
    load needs no help. What it had committed without waiting for the disk may be lost, and is loaded again."""
    print(f"PGFEED_SEED={seed}")
    chance = random.Random(seed)
    options = ("--split-size", "16KiB", "--max-rejects", "100%", "--connections", 3)
    with start(server_feed, tweets, *options, mapping=TWEETS) as load:
        for _ in range(2):
            enough = splits_in(server_feed) + chance.randrange(5, 60)
            wait_until(lambda enough=enough: splits_in(server_feed) >= enough, load)  # type: ignore[misc]
            if fault == "a backend":
                kill_a_worker(server, server_feed)
            else:
                server.restart()
        load.report()
    compare_tweets(server_feed.database.conninfo, tweets)
    found = server_feed.query("SELECT line, state FROM pgfeed.rejects ORDER BY line")
    assert found == [(line, "rejected") for line in broken_lines(tweets)]
    assert covered(server_feed)
    assert "was terminated by signal 9" in server.log() or "was interrupted" in server.log()


def test_a_crash_between_planning_and_the_first_split(server_feed: Feed, server: Server) -> None:
    """What was planned is there, although this server takes ten seconds to write what nobody waits for."""
    server.configure(wal_writer_delay="10s")
    server.restart("fast")
    server_feed.mapping(SEEN)
    server_feed.query("CREATE TABLE seen (id bigint)")
    path = server_feed.file("a.ndjson", lines(range(COUNT)))
    with contextlib.closing(psycopg.connect(server_feed.database.conninfo)) as other:  # the crash ends it
        other.execute("LOCK TABLE seen IN ACCESS EXCLUSIVE MODE")
        with start(server_feed, path, "--connections", 1) as load:
            wait_until(lambda: bool(sessions(server_feed, WAITS_FOR_A_LOCK)), load)
            server.restart()
            assert load.report()["documents"]["loaded"] == COUNT
    assert ids_in(server_feed) == list(range(COUNT))
    assert covered(server_feed)


def test_a_server_that_stays_away(server_feed: Feed, server: Server) -> None:
    server_feed.mapping(SEEN)
    path = server_feed.file("a.ndjson", lines(range(COUNT)))
    with start(server_feed, path, "--split-size", "1KiB", "--retry-for", "1s", "--connect-timeout", "1s") as load:
        wait_until(lambda: splits_in(server_feed) > 20, load)
        server.stop()
        load.fails(DATABASE)
    server.start()
    report = server_feed.load(path)
    assert 0 < report["documents"]["read"] < COUNT
    assert ids_in(server_feed) == list(range(COUNT))
    assert covered(server_feed)


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("place", [0.02, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9])
def test_a_connection_that_is_cut_at_any_byte(feed: Feed, proxy: Proxy, place: float, connections: int) -> None:
    """While it makes the ledger and the table (half of its bytes), plans, and sends rows: the load needs no help."""
    feed.mapping(SEEN)
    count, options = 400, ("--split-size", "1KiB", "--connections", connections)
    before = feed.file("before.ndjson", lines(range(count)))
    path = feed.file("a.ndjson", lines(range(count)))
    passed = proxy.after(EVERYTHING, lambda: None)
    feed.load(before, *options, to=proxy.conninfo)
    assert not passed.is_set()
    size = EVERYTHING - proxy.bytes_left()
    feed.query("DROP SCHEMA pgfeed CASCADE; DROP TABLE seen")
    cut = proxy.after(int(size * place), proxy.cut)
    feed.load(path, *options, to=proxy.conninfo)
    assert cut.wait(TIMEOUT_SECONDS)
    assert ids_in(feed) == list(range(count))
    assert covered(feed)
    assert feed.values("SELECT state FROM pgfeed.loads ORDER BY load DESC LIMIT 1") == ["done"]


def test_an_error_after_the_rows(feed: Feed) -> None:
    """The size of an array is known at its end, and cannot be written down: the load has failed, also in the ledger."""
    feed.mapping(SEEN)
    feed.load(feed.file("first.ndjson", lines(range(1))))
    feed.query(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no sizes today'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON pgfeed.sources FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    path = feed.file("a.json", '[{"id": 1}, {"id": 2}]')
    feed.refuse(DATABASE, path, said=("no sizes today",))
    assert feed.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "failed"]
    feed.query("DROP TRIGGER refuse ON pgfeed.sources")
    assert feed.load(path)["documents"]["read"] == 0
    assert ids_in(feed) == [0, 1, 2]
    assert covered(feed)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of the server's user with room for a mebibyte. Only root may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="pgfeed-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700,uid=postgres", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)  # the server that has files there may still run
    folder.rmdir()


def test_a_full_disk(small_disk: Path, server: Server, server_feed: Feed) -> None:
    """It ends with the server's sentence; once there is room, the same command ends what was begun."""
    count = 60_000
    server_feed.mapping(SEEN)
    with server.connect() as session:
        session.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'".encode())
    server_feed.query("CREATE TABLE seen (id bigint) TABLESPACE small")
    path = server_feed.file("a.ndjson", lines(range(count)))
    with start(server_feed, path, "--split-size", "32KiB", "--connections", 2) as load:
        load.fails(DATABASE, "No space left on device")
    before = ids_in(server_feed)
    assert 0 < len(before) < count
    assert server_feed.values("SELECT sum(loaded)::integer FROM pgfeed.splits") == [len(before)]  # the rest is rolled back
    assert server_feed.values("SELECT state FROM pgfeed.loads") == ["failed"]
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    report = server_feed.load(path)
    assert report["documents"]["read"] == count - len(before)
    assert ids_in(server_feed) == list(range(count))
    assert covered(server_feed)
