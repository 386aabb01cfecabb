"""Faults in the middle of an atomic load: nothing of it is seen until all of it is, and the same command ends it."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from proxy import Proxy
from running import WAITS_FOR_TABLE, running, start
from server import Server
from staging import ATOMIC, COUNT, REJECTS, SEEN, TWO, ids_in, lines, staged, wait_for_staged


class TestFaults:
    @pytest.mark.parametrize("seed", range(6))
    def test_kill_9_at_any_moment(self, feed: Feed, seed: int) -> None:
        feed.mapping(SEEN)
        chance = random.Random(seed)
        path = feed.file("a.ndjson", lines(range(COUNT)))
        total = len(lines(range(COUNT))) // 4096
        for _ in range(3):
            process = start(feed, *ATOMIC, path)
            wait_for_staged(feed, process, chance.randrange(total))
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=TIMEOUT_SECONDS)
            assert len(ids_in(feed)) in (0, COUNT)
        feed.load("--publish", "atomic", "--split-size", chance.choice([1000, 9000]), path)
        assert ids_in(feed) == list(range(COUNT))
        assert staged(feed) == 0

    def test_what_was_staged_is_not_read_again(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        first = feed.file("a.ndjson", lines(range(1000)))
        missing = feed.folder / "b.ndjson"
        feed.file("b.ndjson", '{"id": "x"}\n')
        feed.refuse(REJECTS, *ATOMIC, "--connections", 1, first, missing)
        before = staged(feed)
        assert before > 5
        report = feed.load(*ATOMIC, "--max-rejects", 1, first, missing)
        assert report["seconds"]["parse"] >= 0
        assert feed.values("SELECT count(*) FROM pgfeed.splits") == [before]
        assert ids_in(feed) == list(range(1000))

    def test_a_server_that_crashes_while_it_is_staged(self, server_feed: Feed, server: Server) -> None:
        server_feed.mapping(SEEN)
        path = server_feed.file("a.ndjson", lines(range(20_000)))
        process = start(server_feed, "--publish", "atomic", "--split-size", "1KiB", path)
        wait_for_staged(server_feed, process, 50)
        server.restart()
        process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 0
        assert ids_in(server_feed) == list(range(20_000))

    def test_a_server_that_crashes_while_it_is_published(self, server_feed: Feed, server: Server) -> None:
        server_feed.mapping(TWO)
        server_feed.load(server_feed.file("a.ndjson", lines(range(1))))
        other = psycopg.connect(server_feed.database.conninfo)
        other.execute("LOCK TABLE second IN SHARE MODE")
        process = start(server_feed, *ATOMIC, server_feed.file("b.ndjson", lines(range(1, COUNT))))
        while not server_feed.values(WAITS_FOR_TABLE)[0]:
            assert process.poll() is None
        server.restart()
        other.close()
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 0, errors
        for table in ("first", "second"):
            assert server_feed.values(f"SELECT id FROM {table} ORDER BY id") == list(range(COUNT))

    def test_a_lost_answer_to_the_last_commit(self, feed: Feed, proxy: Proxy) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(COUNT)))
        splits = len(lines(range(COUNT))) // 4096
        for skip in (splits, splits + 1, splits + 2, splits + 3):
            lost = proxy.lose_answer_to_commit(skip=skip)
            report = feed.load(*ATOMIC, "--connections", 1, path, to=proxy.conninfo)
            assert ids_in(feed) == list(range(COUNT)), lost.is_set()
            assert report["documents"]["loaded"] == COUNT
            feed.query("DROP SCHEMA pgfeed CASCADE; DROP TABLE seen")

    def test_two_at_once(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(COUNT)))
        both = [start(feed, *ATOMIC, path), start(feed, "--publish", "atomic", "--split-size", 7000, path)]
        reports = [json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0]) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sum(report["documents"]["loaded"] for report in reports) == COUNT
        assert ids_in(feed) == list(range(COUNT))
        assert staged(feed) == 0

    def test_one_at_once_with_a_plain_load(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        feed.load(feed.file("first.ndjson", lines(range(1))))
        path = feed.file("a.ndjson", lines(range(1, COUNT)))
        both = [start(feed, *ATOMIC, path), start(feed, "--split-size", 3000, path)]
        reports = [json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0]) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sum(report["documents"]["loaded"] for report in reports) == COUNT - 1
        assert ids_in(feed) == list(range(COUNT))

    def test_another_mapping_stages_anew(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(300)) + '{"id": "x"}\n')
        feed.refuse(REJECTS, *ATOMIC, path)
        feed.mapping(SEEN.replace("integer", "text"))
        report = feed.load(*ATOMIC, path)
        assert any("staged anew" in warning for warning in report["warnings"])
        assert sorted(feed.values("SELECT id FROM seen")) == sorted([*map(str, range(300)), "x"])

    def test_a_source_that_changed_since_it_was_staged(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(300)) + '{"id": "x"}\n')
        feed.refuse(REJECTS, *ATOMIC, path)
        feed.file("a.ndjson", lines(range(500, 600)))
        feed.load(*ATOMIC, path)
        assert ids_in(feed) == list(range(500, 600))

    def test_interrupted_it_leaves_nothing(self, feed: Feed) -> None:
        feed.mapping(TWO)
        feed.load(feed.file("a.ndjson", lines(range(1))))
        path = feed.file("b.ndjson", lines(range(1, COUNT)))
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("LOCK TABLE second IN SHARE MODE")
            process = start(feed, *ATOMIC, path)
            while not feed.values(WAITS_FOR_TABLE)[0]:
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 130
        assert "nothing was loaded" in errors
        assert feed.query("SELECT (SELECT count(*) FROM first), (SELECT count(*) FROM second)") == [(1, 1)]
        feed.load(*ATOMIC, path)
        assert feed.values("SELECT id FROM second ORDER BY id") == list(range(COUNT))


class TestOthers:
    """Loads of the feed while one publishes, which stands at its second table."""

    @pytest.fixture
    def held(self, feed: Feed) -> Iterator[psycopg.Connection[Any]]:
        feed.mapping(TWO)
        feed.load(feed.file("a.ndjson", lines(range(1))))
        feed.file("b.ndjson", lines(range(1, COUNT)))
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("LOCK TABLE second IN SHARE MODE")
            yield other

    def test_one_that_hangs_is_ended(self, feed: Feed, held: psycopg.Connection[Any]) -> None:
        with running(feed, *ATOMIC, "b.ndjson") as frozen:
            frozen.wait_until(lambda: feed.values(WAITS_FOR_TABLE)[0])
            frozen.process.send_signal(signal.SIGSTOP)
            held.rollback()
            result = feed.run("load", *ATOMIC, "--lock-timeout", "1s", "b.ndjson")
            assert result.exit_code == 0, result
            assert "its client had stopped" in result.stderr
            assert feed.values("SELECT id FROM second ORDER BY id") == list(range(COUNT))
            frozen.process.send_signal(signal.SIGCONT)
            assert frozen.finish()["documents"]["loaded"] == 0
        assert feed.values("SELECT id FROM second ORDER BY id") == list(range(COUNT))

    def test_one_that_works_is_waited_for(self, feed: Feed, held: psycopg.Connection[Any]) -> None:
        """Longer than a lock is."""
        with running(feed, *ATOMIC, "b.ndjson") as first:
            first.wait_until(lambda: feed.values(WAITS_FOR_TABLE)[0])
            with running(feed, *ATOMIC, "--lock-timeout", "300ms", "b.ndjson") as second:
                tries: set[object] = set()

                def has_tried() -> bool:
                    tries.update(feed.values(f"SELECT xact_start FROM pg_stat_activity WHERE query LIKE '{TURN}%'"))
                    return len(tries) > 3

                second.wait_until(has_tried)
                held.rollback()
                assert first.finish()["documents"]["loaded"] + second.finish()["documents"]["loaded"] == COUNT - 1
        assert feed.values("SELECT id FROM second ORDER BY id") == list(range(COUNT))

    def test_one_that_drops_what_it_publishes(self, feed: Feed, held: psycopg.Connection[Any]) -> None:
        """It is staged again."""
        with running(feed, *ATOMIC, "b.ndjson") as first:
            first.wait_until(lambda: feed.values(WAITS_FOR_TABLE)[0])
            with running(feed, *ATOMIC, "--limit", 10, "b.ndjson") as second:
                second.wait_until(
                    lambda: feed.values(f"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '{TURN}%'")[0]
                )
                held.rollback()
                assert first.finish()["documents"]["loaded"] + second.finish()["documents"]["loaded"] == COUNT - 1
        assert feed.values("SELECT id FROM second ORDER BY id") == list(range(COUNT))
        assert staged(feed) == 0

    def test_readers_do_not_wait_for_keys_of_an_earlier_load(self, feed: Feed) -> None:
        feed.mapping(TWO.replace("    columns:", "    key: [id]\n    on_duplicate: skip\n    columns:"))
        with running(feed, "-") as killed:
            killed.wait_until(lambda: feed.values("SELECT to_regclass('second') IS NOT NULL")[0])
            killed.process.kill()
        with psycopg.connect(feed.database.conninfo) as other:
            feed.query(HOLD)
            other.execute("SELECT pg_advisory_lock(1)")
            with running(feed, *ATOMIC, feed.file("b.ndjson", lines(range(COUNT)))) as load:
                load.wait_until(lambda: feed.values(HELD)[0])
                with psycopg.connect(feed.database.conninfo, options="-c lock_timeout=5s") as reader:
                    assert reader.execute("SELECT count(*) FROM first, second").fetchone() == (0,)
                assert feed.values("SELECT contype FROM pg_constraint WHERE conrelid = 'first'::regclass") == ["p"]
                other.execute("SELECT pg_advisory_unlock(1)")
                assert load.finish()["documents"]["loaded"] == COUNT


# Waits for a trigger: not merely for a killed load's session to end.
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 1 AND NOT granted"
TURN = "SELECT pg_advisory_xact_lock(7090218"
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';
CREATE TRIGGER hold BEFORE INSERT ON second EXECUTE FUNCTION hold()"""
