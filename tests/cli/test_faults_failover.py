"""A standby is promoted that lacks commits which the primary had acknowledged: what is lost is loaded again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from conftest import Database, Pgfeed
from faults import SEEN, covered, ids_in, lines, splits_in, start, wait_until
from feed import Feed
from proxy import Proxy
from server import Server
from standby import Standby

DATABASE = 5
COUNT = 40_000
SMALL_SPLITS = ("--split-size", "1KiB", "--connections", 2)


@dataclass
class Pair:
    """A primary and its standby, behind a proxy that leads to whichever is in charge."""

    primary: Server
    standby: Standby
    link: Proxy  # by which the standby follows
    front: Proxy
    feed: Feed  # on the standby

    def stop_following(self) -> None:
        self.link.refuse()
        self.link.cut()

    def fail_over(self) -> None:
        self.primary.stop("immediate")
        self.standby.promote()
        self.front.lead_to(self.standby.conninfo("load"))

    def follows(self, count: int) -> bool:
        """Whether the standby has so many splits."""
        return splits_in(self.feed) >= count


@pytest.fixture
def pair(server: Server, server_feed: Feed, pgfeed: Pgfeed) -> Iterator[Pair]:
    server_feed.mapping(SEEN)
    with (
        Proxy(server.conninfo()) as link,
        Proxy(server.conninfo("load")) as front,
        Standby(server, link.conninfo) as standby,
    ):
        standby.start()
        feed = Feed(pgfeed, Database("load", standby.conninfo("load")), server_feed.folder)
        yield Pair(server, standby, link, front, feed)


def test_in_mid_load(pair: Pair, server_feed: Feed) -> None:
    """The load goes on with the standby, finds what it lacks, and ends complete."""
    path = server_feed.file("a.ndjson", lines(range(COUNT)) + '{"id": "x"}\n')
    with start(server_feed, path, *SMALL_SPLITS, "--max-rejects", 1, to=pair.front.conninfo) as load:
        wait_until(lambda: pair.follows(20), load)
        pair.stop_following()
        there = splits_in(pair.feed)
        wait_until(lambda: splits_in(server_feed) > there + 100, load)
        pair.fail_over()
        report = load.report()
    assert report["documents"]["read"] > COUNT + 1  # some were loaded once for each server
    assert ids_in(pair.feed) == list(range(COUNT))
    assert pair.feed.rejects() == [(COUNT + 1, "id", "22P02")]
    assert covered(pair.feed)
    assert pair.feed.values("SELECT state FROM pgfeed.loads") == ["done"]


def test_after_the_load(pair: Pair, server_feed: Feed) -> None:
    """The load was done when the primary was lost: it is just run again."""
    first, second = server_feed.file("a.ndjson", lines(range(100))), server_feed.file("b.ndjson", lines(range(100, COUNT)))
    server_feed.load(first, to=pair.front.conninfo)
    wait_until(lambda: pair.follows(1))
    pair.stop_following()
    server_feed.load(first, second, *SMALL_SPLITS, to=pair.front.conninfo)
    assert ids_in(server_feed) == list(range(COUNT))
    pair.fail_over()
    assert ids_in(pair.feed) == list(range(100))
    report = server_feed.load(first, second, *SMALL_SPLITS, to=pair.front.conninfo)
    assert (report["files_in"], report["documents"]["read"]) == (1, COUNT - 100)
    assert ids_in(pair.feed) == list(range(COUNT))
    assert covered(pair.feed)


def test_when_the_standby_knows_nothing_of_the_load(pair: Pair, server_feed: Feed) -> None:
    """Not even its tables: that load cannot go on, but the same command can."""
    pair.stop_following()
    path = server_feed.file("a.ndjson", lines(range(COUNT)))
    with start(server_feed, path, *SMALL_SPLITS, to=pair.front.conninfo) as load:
        wait_until(lambda: splits_in(server_feed) > 100, load)
        pair.fail_over()
        load.fails(DATABASE, "does not know load 1", "run the same command again")
    server_feed.load(path, to=pair.front.conninfo)
    assert ids_in(pair.feed) == list(range(COUNT))
    assert covered(pair.feed)
