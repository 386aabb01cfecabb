"""Connections: waited for where that helps, never more than there may be, and opened again when the server ends them."""

from __future__ import annotations

import re
import threading
from typing import IO, Any

import psycopg
import pytest
from conftest import Pgfeed
from feed import Feed
from running import lines, running
from server import Server
from waiting import wait_until

DATABASE = 5
COUNT = 20_000
SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""
# Created tables with keys and foreign keys that come after the rows: several sessions make them.
FAMILY = """\
feed: family
tables:
  parents:
    key: [id]
    columns: {id: {path: $.id, type: bigint}}
  toys:
    key: [id, toy]
    on_duplicate: skip
    foreign_keys: [{columns: [id], references: parents}]
    rows: [{from: "$.toys[*]", columns: {id: {path: $.id, type: bigint}, toy: {path: "@", type: text}}}]
  pets:
    key: [id, pet]
    on_duplicate: skip
    foreign_keys: [{columns: [id], references: parents}]
    rows: [{from: "$.pets[*]", columns: {id: {path: $.id, type: bigint}, pet: {path: "@", type: text}}}]
"""
OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%'"
SMALL_SPLITS = ("--split-size", "4KiB")


@pytest.fixture
def seen(server_feed: Feed) -> Feed:
    """On a server of its own; its documents are in a.ndjson."""
    server_feed.mapping(SEEN)
    server_feed.file("a.ndjson", lines(range(COUNT)))
    return server_feed


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM seen ORDER BY id")


def splits_in(feed: Feed) -> int:
    if not feed.values("SELECT to_regclass('pgfeed.splits') IS NOT NULL")[0]:
        return 0
    return int(feed.values("SELECT count(*) FROM pgfeed.splits")[0])


def read_until(stream: IO[bytes] | None, word: str) -> str:
    """What a process says, up to a line with this word."""
    assert stream is not None
    said = ""
    while word not in said:
        line = stream.readline().decode()
        assert line, said
        said += line
    return said


class TestRefused:
    def test_a_server_that_comes_later(self, seen: Feed, server: Server) -> None:
        server.stop()
        with running(seen, "a.ndjson") as load:
            said = read_until(load.process.stderr, "trying again")
            assert "cannot connect" in said
            server.start()
            load.finish()
        assert ids_in(seen) == list(range(COUNT))

    def test_a_server_that_is_starting_up(self, seen: Feed, server: Server) -> None:
        """57P03, while it recovers: so long as a file says."""
        go = server.folder / "go"
        server.stop("fast")
        server.add_file("recovery.signal", b"")
        command = f"while ! test -e {go}; do sleep 0.01; done; exit 1"
        server.configure(restore_command=command, hot_standby="off", recovery_target_timeline="current")
        starter = threading.Thread(target=server.start)
        starter.start()
        wait_until(lambda: server_says(server, "the database system is starting up"))
        with running(seen, "a.ndjson", "--connect-timeout", "60s") as load:
            read_until(load.process.stderr, "trying again")
            go.touch()
            load.finish()
        starter.join()
        assert ids_in(seen) == list(range(COUNT))

    def test_no_room_until_someone_leaves(self, seen: Feed, server: Server) -> None:
        server.configure(max_connections="5", superuser_reserved_connections="0", max_wal_senders="0")
        server.restart()
        others = [server.connect() for _ in range(5)]
        with running(seen, "a.ndjson", "--connections", 1) as load:
            said = read_until(load.process.stderr, "trying again")
            assert "too many clients" in said
            for session in others:
                session.close()
            load.finish()
        assert ids_in(seen) == list(range(COUNT))

    def test_no_room_for_too_long(self, seen: Feed, server: Server) -> None:
        server.configure(max_connections="5", superuser_reserved_connections="0", max_wal_senders="0")
        server.restart()
        others = [server.connect() for _ in range(5)]
        said = ("too many clients", "max_connections", "--connect-timeout")
        seen.refuse(DATABASE, "a.ndjson", "--connect-timeout", "300ms", said=said)
        for session in others:
            session.close()

    @pytest.mark.parametrize(
        ("change", "word"), [("user=nobody", "nobody"), ("dbname=nothing", "nothing"), ("user=locked", "password")]
    )
    def test_what_waiting_cannot_help(self, seen: Feed, server: Server, pgfeed: Pgfeed, change: str, word: str) -> None:
        """The timeout is longer than a test may take."""
        seen.query("CREATE ROLE locked LOGIN PASSWORD 'right'")
        hba = server.data / "pg_hba.conf"
        hba.write_text("host all locked all scram-sha-256\n" + hba.read_text())
        server.restart()
        to = server.conninfo("load") + " " + change
        arguments = ("load", "-m", "feed.yaml", "--to", to, "--connect-timeout", "10min", "a.ndjson")
        result = pgfeed(*arguments, env={"PGPASSWORD": "wrong"})
        assert result.exit_code == DATABASE, result
        assert word in result.stderr
        assert "trying again" not in result.stderr


def server_says(server: Server, words: str) -> bool:
    """What it answers to a connection."""
    try:
        server.connect().close()
    except psycopg.OperationalError as error:
        return words in str(error)
    return False


class Watch:
    """Counts the sessions of pgfeed as fast as it can, in a thread, over a session of its own."""

    def __init__(self, conninfo: str) -> None:
        self.most = 0
        self.names: set[str] = set()
        self._conninfo = conninfo
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        query = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%'"
        with psycopg.connect(self._conninfo, autocommit=True) as session:
            while not self._ended.is_set():
                found = [str(name) for (name,) in session.execute(query).fetchall()]
                self.most = max(self.most, len(found))
                self.names.update(re.sub("load [0-9]+", "load N", name) for name in found)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


class TestBudget:
    @pytest.mark.parametrize("connections", [1, 2, 5])
    def test_never_more_than_connections(self, feed: Feed, connections: int) -> None:
        """Through workers, keys and the end; the role may have just so many, so that one more would be refused."""
        feed.mapping(FAMILY)
        family = "".join(f'{{"id": {n}, "toys": ["a", "b"], "pets": ["c"]}}\n' for n in range(5000))
        feed.file("family.ndjson", family)
        with Watch(feed.database.conninfo) as watch:
            options = ("--split-size", "16KiB", "--connections", connections)
            report = feed.load("family.ndjson", *options)
        assert (report["connections"], report["warnings"]) == (connections, [])
        assert watch.most <= connections
        assert {f"pgfeed load N worker {number}" for number in range(1, connections + 1)} <= watch.names
        assert feed.values("SELECT count(*) FROM pgfeed.pending_keys") == [0]
        assert feed.values("SELECT (SELECT count(*) FROM toys) + (SELECT count(*) FROM pets)") == [15_000]

    def load_as(self, seen: Feed, server: Server, role: str, connections: int) -> dict[str, Any]:
        to = server.conninfo("load").replace("user=postgres", f"user={role}")
        report: dict[str, Any] = seen.load("a.ndjson", *SMALL_SPLITS, "--connections", connections, to=to)
        assert ids_in(seen) == list(range(COUNT))
        return report

    def allow(self, seen: Feed, limit: int = -1) -> None:
        seen.query(f"CREATE ROLE bob LOGIN CONNECTION LIMIT {limit}; GRANT ALL ON DATABASE load TO bob")
        seen.query("GRANT ALL ON SCHEMA public TO bob")

    @pytest.mark.parametrize("others", [0, 2])
    def test_what_the_server_has_left(self, seen: Feed, server: Server, others: int) -> None:
        server.configure(max_connections="8", superuser_reserved_connections="3", max_wal_senders="0")
        server.restart()
        self.allow(seen)
        wait_until(lambda: seen.values("SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL") == [1])
        sessions = [server.connect() for _ in range(others)]
        report = self.load_as(seen, server, "bob", 20)
        assert report["connections"] == 8 - 3 - others
        (warning,) = report["warnings"]
        assert f"room for {5 - others} of 20 sessions" in warning
        assert f"max_connections is 8, 3 of them reserved, {others + 1} in use" in warning
        for session in sessions:
            session.close()

    def test_a_superuser_may_take_what_is_reserved(self, seen: Feed, server: Server) -> None:
        server.configure(max_connections="8", superuser_reserved_connections="3", max_wal_senders="0")
        server.restart()
        wait_until(lambda: seen.values("SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL") == [1])
        assert self.load_as(seen, server, "postgres", 20)["connections"] == 8

    def test_a_roles_limit(self, seen: Feed, server: Server) -> None:
        self.allow(seen, 3)
        report = self.load_as(seen, server, "bob", 10)
        assert report["connections"] == 3
        assert "the role may have 3" in report["warnings"][0]

    def test_a_databases_limit(self, seen: Feed, server: Server) -> None:
        self.allow(seen)
        seen.query("ALTER DATABASE load CONNECTION LIMIT 2")
        report = self.load_as(seen, server, "bob", 10)
        assert report["connections"] == 2
        assert "the database may have 2" in report["warnings"][0]

    def test_what_is_enough_is_not_told(self, seen: Feed, server: Server) -> None:
        self.allow(seen, 2)
        report = self.load_as(seen, server, "bob", 2)
        assert (report["connections"], report["warnings"]) == (2, [])


class TestLost:
    def test_a_server_that_is_back_in_time(self, seen: Feed, server: Server) -> None:
        with running(seen, "a.ndjson", "--split-size", "1KiB", "--retry-for", "60s") as load:
            load.wait_until(lambda: splits_in(seen) > 10)
            server.stop()
            server.start()
            load.finish()
        assert ids_in(seen) == list(range(COUNT))

    def test_one_that_is_not(self, seen: Feed, server: Server) -> None:
        with running(seen, "a.ndjson", "--split-size", "1KiB", "--retry-for", "300ms") as load:
            load.wait_until(lambda: splits_in(seen) > 10)
            server.stop()
            code, _, said = load.end()
            assert code == DATABASE, said
        server.start()
        assert seen.load("a.ndjson")["documents"]["loaded"] > 0
        assert ids_in(seen) == list(range(COUNT))

    @pytest.mark.parametrize("role", ["worker 1", "worker 2"])
    def test_a_process_of_the_server_that_is_killed(self, seen: Feed, server: Server, role: str) -> None:
        of_worker = f"SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load %{role}'"
        with running(seen, "a.ndjson", "--split-size", "1KiB", "--connections", 2) as load:
            load.wait_until(lambda: splits_in(seen) > 10)
            server.kill_backend(seen.values(of_worker)[0])
            load.finish()
        assert ids_in(seen) == list(range(COUNT))


class TestTimeLimits:
    """What a role's people may not exceed is no limit of a load."""

    @pytest.mark.parametrize(
        "setting", ["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout", "transaction_timeout"]
    )
    def test_a_limit_of_a_millisecond(self, feed: Feed, setting: str) -> None:
        """Each row takes longer than that."""
        feed.mapping(FAMILY)
        feed.load(feed.documents({"id": 0}))
        known = feed.values(f"SELECT count(*) FROM pg_settings WHERE name = '{setting}'") == [1]
        feed.query(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END';"
            "CREATE TRIGGER slow BEFORE INSERT ON toys FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        limit = f" options='-c {setting}=2ms'" if known else ""  # transaction_timeout came with PostgreSQL 17
        documents = ({"id": number, "toys": ["a", "b"]} for number in range(1, 20))
        feed.load(feed.documents(*documents), to=feed.database.conninfo + limit)
        assert feed.values("SELECT count(*) FROM toys") == [38]

    def test_a_session_that_is_ended_while_documents_are_waited_for(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        feed.load(feed.documents({"id": 0}))
        if feed.values("SELECT count(*) FROM pg_settings WHERE name = 'idle_session_timeout'") != [1]:
            return  # it came with PostgreSQL 14
        to = feed.database.conninfo + " options='-c idle_session_timeout=1s'"
        here = OURS + " AND datname = current_database()"
        with running(feed, "-", "--source-id", "x", "--split-size", "64KiB", to=to) as load:
            load.wait_until(lambda: feed.values("SELECT count(*) FROM pgfeed.loads") == [2])
            load.wait_until(lambda: feed.values(here)[0] == 0)
            # More than is read before the first document is looked for.
            load.write("".join(f'{{"id": {number}, "filler": "{"x" * 100}"}}\n' for number in range(1, COUNT)))
            load.wait_until(lambda: splits_in(feed) > 2)
            load.wait_until(lambda: feed.values(here)[0] == 0)
            load.write(lines(range(COUNT, COUNT + 10)))
            load.finish()
        assert ids_in(feed) == list(range(COUNT + 10))
