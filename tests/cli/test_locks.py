"""What others have locked is waited for so long and no longer; then the error names who is in the way.

A load that has stopped with its locks, frozen or cut off, is ended by the next one; one that works is not.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from feed import Feed
from proxy import Proxy
from running import WAITS_FOR_TABLE, lines, running
from server import Server
from waiting import wait_until

DATABASE = 5
SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""
PEOPLE = """\
feed: people
tables:
  people:
    key: [id]
    on_duplicate: update
    columns: {id: {path: $.id, type: bigint}, name: {path: $.name, type: text}}
"""
CLAIM = """INSERT INTO pgfeed.splits (source, span, load, worker)
SELECT source, int8range(0, 1000), 1, 'x' FROM pgfeed.sources WHERE uri LIKE '%b.ndjson'"""
SHORT = ("--lock-timeout", "300ms")
Session = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def seen(feed: Feed) -> Feed:
    """One document is in."""
    feed.mapping(SEEN)
    feed.load(feed.file("a.ndjson", lines(range(1))))
    feed.file("b.ndjson", lines(range(1, 4)))
    return feed


def other(feed: Feed, name: str = "psql") -> Session:
    return psycopg.connect(feed.database.conninfo, application_name=name)


def pid_of(session: Session) -> int:
    return session.info.backend_pid


def sleep(session: Session) -> None:
    """Is at work for a long time, until it is cancelled; what it has claimed stays."""
    with contextlib.suppress(psycopg.errors.QueryCanceled), session.transaction():
        session.execute("SELECT pg_sleep(100)")


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM seen ORDER BY id")


class TestWhoIsInTheWay:
    @pytest.mark.parametrize("mode", ["SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"])
    def test_a_table_that_is_locked(self, seen: Feed, mode: str) -> None:
        with other(seen) as session:
            session.execute(f"LOCK TABLE seen IN {mode} MODE")
            sentence = seen.refuse(DATABASE, "b.ndjson", *SHORT, said=("for 0.3 s", "--lock-timeout", "same command"))
            assert f'table "seen" is locked by session {pid_of(session)} (psql, role ' in sentence
            assert ", idle in transaction for " in sentence
            assert f"SELECT pg_terminate_backend({pid_of(session)})" in sentence
        assert seen.load("b.ndjson")["documents"]["loaded"] == 3
        assert ids_in(seen) == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        "table", ["version", "feeds", "feed_tables", "loads", "sources", "splits", "pending_keys", "rejects"]
    )
    def test_tables_of_the_ledger(self, seen: Feed, table: str) -> None:
        seen.file("c.ndjson", '{"id": "x"}\n')  # its reject is to be written down
        with other(seen) as session:
            session.execute(f"LOCK TABLE pgfeed.{table} IN ACCESS EXCLUSIVE MODE")
            said = (f'table "pgfeed.{table}" is locked by session {pid_of(session)} (psql',)
            seen.refuse(DATABASE, "c.ndjson", "--max-rejects", 1, *SHORT, said=said)

    def test_rows_of_a_table(self, feed: Feed) -> None:
        feed.mapping(PEOPLE)
        feed.load(feed.documents({"id": 1, "name": "a"}))
        with other(feed) as session:
            session.execute("UPDATE people SET name = 'b' WHERE id = 1")
            said = (f'rows of table "people" are locked by session {pid_of(session)} (psql',)
            feed.refuse(DATABASE, feed.documents({"id": 1, "name": "c"}), *SHORT, said=said)
        feed.load("documents-2.ndjson")
        assert feed.query("SELECT id, name FROM people") == [(1, "c")]

    def test_a_claim(self, seen: Feed) -> None:
        seen.load("b.ndjson", "--limit", 0)
        with other(seen, "another load") as session:
            session.execute(CLAIM)
            said = (f'rows of table "pgfeed.splits" are locked by session {pid_of(session)} (another load',)
            seen.refuse(DATABASE, "b.ndjson", *SHORT, said=said)
            session.rollback()
        seen.load("b.ndjson")
        assert ids_in(seen) == [0, 1, 2, 3]

    @pytest.mark.parametrize("connections", [1, 2])
    def test_a_reader_when_keys_are_made(self, feed: Feed, connections: int) -> None:
        """The rows are in by then; the next load makes the keys."""
        feed.mapping(PEOPLE.replace("update", "skip"))
        with other(feed) as session, running(feed, "-", "--connections", connections, *SHORT) as load:
            wait_until(lambda: feed.values("SELECT to_regclass('people') IS NOT NULL")[0])
            session.execute("SELECT * FROM people").fetchall()
            load.write(lines(range(3)))
            code, _, said = load.end()
            assert code == DATABASE, said
            assert f'table "people" is locked by session {pid_of(session)} (psql' in said.splitlines()[-1]
        feed.load(feed.documents({"id": 3}))
        assert feed.values("SELECT id FROM people ORDER BY id") == [0, 1, 2, 3]
        assert feed.values("SELECT contype FROM pg_constraint WHERE conrelid = 'people'::regclass") == ["p"]

    def test_one_that_waits_for_the_table_itself(self, seen: Feed) -> None:
        """A reader would not be in the way; but nobody overtakes who waits for the reader."""
        with other(seen) as reader, other(seen, "migration") as migration:
            reader.execute("SELECT * FROM seen").fetchall()
            thread = threading.Thread(target=migration.execute, args=("ALTER TABLE seen ADD extra integer",))
            thread.start()
            wait_until(lambda: seen.values("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")[0])
            said = (f'table "seen" is waited for by session {pid_of(migration)} (migration',)
            try:
                seen.refuse(DATABASE, "b.ndjson", *SHORT, said=said)
            finally:
                reader.rollback()
                thread.join()
                migration.rollback()

    def test_the_three_that_are_there_longest(self, seen: Feed) -> None:
        sessions = [other(seen, f"lock {number}") for number in range(4)]
        for session in sessions:
            session.execute("LOCK TABLE seen IN SHARE MODE")
        sentence = seen.refuse(DATABASE, "b.ndjson", *SHORT)
        assert [sentence.find(f"(lock {number},") > 0 for number in range(4)] == [True, True, True, False]
        assert sentence.index("(lock 0,") < sentence.index("(lock 1,") < sentence.index("(lock 2,")
        for session in sessions:
            session.close()

    def test_a_dry_run_tells_it_too(self, seen: Feed) -> None:
        with other(seen) as session:
            session.execute("LOCK TABLE seen IN SHARE MODE")
            said = (f'table "seen" is locked by session {pid_of(session)} (psql',)
            seen.refuse(DATABASE, "b.ndjson", "--dry-run", *SHORT, said=said)
        assert ids_in(seen) == [0]

    def test_so_does_a_check(self, seen: Feed) -> None:
        seen.mapping(PEOPLE)
        seen.query("CREATE TABLE people (id bigint, name text)")  # whether its key is under way is asked
        with other(seen) as session:
            session.execute("LOCK TABLE pgfeed.pending_keys IN ACCESS EXCLUSIVE MODE")
            result = seen.run("check", "b.ndjson", *SHORT)
            assert result.exit_code == DATABASE
            assert f'table "pgfeed.pending_keys" is locked by session {pid_of(session)} (psql' in result.stderr

    def test_what_is_let_go_in_time_is_no_error(self, seen: Feed) -> None:
        with other(seen) as session, running(seen, "b.ndjson", "--lock-timeout", "60s") as load:
            session.execute("LOCK TABLE seen IN SHARE MODE")
            wait_until(lambda: seen.values(WAITS_FOR_TABLE)[0])
            session.commit()
            assert load.finish()["documents"]["loaded"] == 3
        assert ids_in(seen) == [0, 1, 2, 3]


class TestStuckLoads:
    """The claim of a load whose client does nothing any more."""

    @pytest.fixture
    def planned(self, seen: Feed) -> Feed:
        """b.ndjson is in the ledger, and nothing of it is in."""
        seen.load("b.ndjson", "--limit", 0)
        return seen

    def test_one_that_is_idle_is_ended(self, planned: Feed) -> None:
        with other(planned, "pgfeed load 1 worker 1") as stuck:
            stuck.execute(CLAIM)
            result = planned.run("load", "b.ndjson", "--lock-timeout", "1s")
            assert result.exit_code == 0, result
            assert f"session {pid_of(stuck)} (pgfeed load 1 worker 1" in result.stderr
            assert "its client had stopped" in result.stderr
            with pytest.raises(psycopg.OperationalError):
                stuck.execute("SELECT 1")
        assert ids_in(planned) == [0, 1, 2, 3]

    @pytest.mark.parametrize("name", ["psql", "pgfeed load 99 worker 1", "pgfeed load 2 worker 1", "pgfeed load x"])
    def test_what_is_no_load_of_the_feed_is_not(self, planned: Feed, name: str) -> None:
        planned.query("INSERT INTO pgfeed.feeds VALUES ('other', 'x')")
        planned.query("UPDATE pgfeed.loads SET feed = 'other' WHERE load = 2")
        with other(planned, name) as session:
            session.execute(CLAIM)
            planned.refuse(DATABASE, "b.ndjson", *SHORT, said=(f"session {pid_of(session)} ({name}",))
            session.execute("SELECT 1")  # it is still there
            session.rollback()

    def test_another_roles_is_not(self, server_feed: Feed, server: Server) -> None:
        server_feed.mapping(SEEN)
        server_feed.file("b.ndjson", lines(range(3)))
        server_feed.load("b.ndjson", "--limit", 0)
        server_feed.query("CREATE ROLE bob LOGIN; GRANT USAGE ON SCHEMA pgfeed TO bob")
        server_feed.query(
            "GRANT ALL ON ALL TABLES IN SCHEMA pgfeed TO bob; GRANT ALL ON ALL SEQUENCES IN SCHEMA pgfeed TO bob"
        )
        conninfo = server.conninfo("load").replace("user=postgres", "user=bob")
        with psycopg.connect(conninfo, application_name="pgfeed load 1 worker 1") as session:
            session.execute(CLAIM)
            server_feed.refuse(DATABASE, "b.ndjson", *SHORT, said=(f"session {pid_of(session)} (", ", role bob, "))
            session.execute("SELECT 1")  # it is still there
            session.rollback()

    def test_one_that_works_is_not(self, planned: Feed) -> None:
        with other(planned, "pgfeed load 1 worker 1") as session:
            session.execute(CLAIM)
            thread = threading.Thread(target=sleep, args=(session,))
            thread.start()
            try:
                planned.refuse(DATABASE, "b.ndjson", *SHORT, said=(f"session {pid_of(session)} (", "active for"))
            finally:
                session.cancel()
                thread.join()
            session.execute("SELECT 1")  # it is still there
            session.rollback()

    def freeze(self, feed: Feed, stop: Callable[[], None]) -> None:
        """Calls `stop` when a load stands inside its split, before its rows; then the way is free for it."""
        with other(feed) as session:
            session.execute("LOCK TABLE seen IN SHARE MODE")
            wait_until(lambda: feed.values(WAITS_FOR_TABLE)[0])
            stop()

    def test_a_frozen_process(self, seen: Feed) -> None:
        """The same command does its work; thawed, it finds its split done."""
        with running(seen, "b.ndjson", "--connections", 1) as frozen:
            self.freeze(seen, lambda: frozen.process.send_signal(signal.SIGSTOP))
            result = seen.run("load", "b.ndjson", "--lock-timeout", "1s")
            assert result.exit_code == 0, result
            assert "its client had stopped" in result.stderr
            assert ids_in(seen) == [0, 1, 2, 3]
            frozen.process.send_signal(signal.SIGCONT)
            assert frozen.finish()["documents"] == {"read": 0, "loaded": 0, "skipped": 0, "rejected": 0}
        assert ids_in(seen) == [0, 1, 2, 3]

    def test_a_network_that_is_gone(self, seen: Feed, proxy: Proxy) -> None:
        """Both ends of the earlier load still have their connection, and nothing passes."""
        with running(seen, "b.ndjson", "--connections", 1, to=proxy.conninfo) as cut_off:
            self.freeze(seen, proxy.stall)
            assert seen.load("b.ndjson", "--lock-timeout", "1s")["documents"]["loaded"] == 3
            proxy.resume()
            assert cut_off.finish()["documents"]["loaded"] == 0
        assert ids_in(seen) == [0, 1, 2, 3]
