"""kill -9 of a load at any byte that it exchanges with the server, and several loads at once: each row is in once."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest
from conftest import TIMEOUT_SECONDS
from faults import (
    SEEN,
    TWEETS,
    broken_lines,
    compare_tweets,
    covered,
    ids_in,
    lines,
    make_tweets,
    seeds,
    start,
)
from feed import Feed
from proxy import Proxy

KILLS = 5  # of each load; with ten loads fifty
COUNT = 1500
EVERYTHING = 1 << 40
OPTIONS = ("--split-size", "64KiB", "--max-rejects", "100%")


@pytest.fixture(scope="module")
def tweets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tweets(tmp_path_factory.mktemp("tweets") / "tweets.ndjson", COUNT)


def rejects_are_right(feed: Feed, path: Path) -> bool:
    found = feed.query("SELECT line, state FROM pgfeed.rejects ORDER BY line")
    return found == [(line, "rejected") for line in broken_lines(path)]


@pytest.mark.parametrize("seed", seeds(10))
def test_kill_9_at_any_byte(feed: Feed, proxy: Proxy, tweets: Path, seed: int) -> None:
    """Root, children, generated ids, `latest`, keys after the rows, rejects: the same command ends what was begun."""
    print(f"PGFEED_SEED={seed}")
    chance = random.Random(seed)
    size = tweets.stat().st_size  # about what goes over the wire
    kills = 0
    for _ in range(KILLS):
        # Small numbers come often: tables are made in the first bytes, and keys in the last.
        count = int(size * chance.random() ** 2)
        arguments = (*OPTIONS, "--connections", chance.choice([1, 2, 3]), tweets)
        with start(feed, *arguments, to=proxy.conninfo, mapping=TWEETS) as load:
            killed = proxy.after(count, lambda load=load: load.process.send_signal(signal.SIGKILL))  # type: ignore[misc]
            exit_code = load.end().exit_code
            assert exit_code in (0, -signal.SIGKILL), load.end()
            kills += killed.is_set()
    proxy.after(EVERYTHING, lambda: None)
    assert kills > 0
    with start(feed, *OPTIONS, tweets, mapping=TWEETS) as load:
        load.report()
    compare_tweets(feed.database.conninfo, tweets)
    assert rejects_are_right(feed, tweets)
    assert covered(feed)
    assert feed.values("SELECT count(*) FROM pgfeed.pending_keys") == [0]
    assert feed.values("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [0]


def test_ten_at_once_share_the_work(feed: Feed) -> None:
    feed.mapping(SEEN)
    count = 20_000
    path = feed.file("a.ndjson", lines(range(count)))
    loads = [start(feed, path, "--split-size", 5000 + 700 * number, "--connections", 2) for number in range(10)]
    try:
        reports = [load.report() for load in loads]
    finally:
        for load in loads:
            load.__exit__(None, None, None)
    assert sum(report["documents"]["loaded"] for report in reports) == count
    assert ids_in(feed) == list(range(count))
    assert covered(feed)
    assert feed.values("SELECT DISTINCT state FROM pgfeed.loads") == ["done"]


@pytest.mark.parametrize("seed", seeds(2))
def test_ten_at_once_and_one_of_them_is_killed(feed: Feed, proxy: Proxy, tweets: Path, seed: int) -> None:
    print(f"PGFEED_SEED={seed}")
    bytes_to_pass = random.Random(seed).randrange(1000, 10_000)  # it makes the tables, or waits for who does
    with start(feed, *OPTIONS, tweets, to=proxy.conninfo, mapping=TWEETS) as killed:
        at = proxy.after(bytes_to_pass, lambda: killed.process.send_signal(signal.SIGKILL))
        loads = [start(feed, *OPTIONS, "--connections", 2, tweets, mapping=TWEETS) for _ in range(9)]
        try:
            for load in loads:
                load.report()
        finally:
            for load in loads:
                load.__exit__(None, None, None)
        killed.end()
        assert at.wait(TIMEOUT_SECONDS)
    compare_tweets(feed.database.conninfo, tweets)
    assert rejects_are_right(feed, tweets)
    assert covered(feed)
