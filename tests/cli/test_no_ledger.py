"""Loads into a database where nothing may be made: at least once, said aloud, and the ledger's schema is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from proxy import Proxy
from running import start
from server import Server

ITEMS = """\
feed: items
tables:
  items:
    columns:
      id: {path: $.id, type: bigint}
      name: {path: $.name, type: varchar(20)}
"""
KEYED = ITEMS.replace("  items:\n", "  items:\n    key: [id]\n    on_duplicate: skip\n")
MADE = "CREATE TABLE items (id bigint, name varchar(20))"
MADE_KEYED = "CREATE TABLE items (id bigint PRIMARY KEY, name varchar(20))"
COUNT = 3000
TWICE = (
    "--no-ledger: what is in is written down nowhere, so a load that is run again, or retried after a lost COMMIT, may load "
    "documents twice"
)
NOWHERE = "--no-ledger: rejects are kept nowhere; --rejects FILE writes them to a file"
WAITING = "SELECT application_name FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def items(feed: Feed) -> Feed:
    """A mapping, and its table, which is there."""
    feed.mapping(ITEMS)
    feed.query(MADE)
    return feed


def lines(ids: range) -> str:
    return "".join(f'{{"id": {number}, "name": "{"x" * (number % 20)}"}}\n' for number in ids)


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM items ORDER BY id")


def schemas(feed: Feed) -> list[str]:
    """All schemas but the server's own."""
    return feed.values("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1")


def objects(path: Path) -> list[dict[str, Any]]:
    """A file of rejects, in order."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted(found, key=lambda reject: (reject["source"], reject["offset"]))


class TestLoading:
    @pytest.mark.parametrize("connections", [1, 3])
    def test_all_is_in_and_nothing_was_made(self, items: Feed, connections: int) -> None:
        path = items.file("a.ndjson", lines(range(COUNT)))
        report = items.load(path, "--no-ledger", "--connections", connections, "--split-size", "4KiB")
        assert report["load"] is None
        assert report["splits"] > 10
        assert report["documents"] == {"read": COUNT, "loaded": COUNT, "skipped": 0, "rejected": 0}
        assert items.query("SELECT id, name FROM items ORDER BY id") == [(n, "x" * (n % 20)) for n in range(COUNT)]
        assert schemas(items) == ["public"]

    def test_what_it_promises_is_said_before_and_in_the_report(self, items: Feed) -> None:
        result = items.run("load", "--no-ledger", "--json", items.documents({"id": 1}))
        assert result.stderr.splitlines() == [f"pgfeed: warning: {TWICE}", f"pgfeed: warning: {NOWHERE}"]
        assert json.loads(result.stdout)["warnings"] == [TWICE, NOWHERE]
        result = items.run("load", "--no-ledger", "--rejects", "r", "documents.ndjson")
        assert result.stderr.splitlines() == [f"pgfeed: warning: {TWICE}"]
        assert result.stdout.startswith("load       of feed items into ")
        assert f"\nwarning    {TWICE}\n" in result.stdout

    def test_it_is_said_also_where_the_load_fails(self, items: Feed) -> None:
        result = items.run(
            "load", "--no-ledger", "--rejects", "r", items.documents({"id": 1}), "--connect-timeout", 0, to="host=/nowhere"
        )
        assert result.exit_code == 5
        assert result.stderr.startswith(f"pgfeed: warning: {TWICE}\npgfeed: cannot connect")

    def test_a_second_time_it_is_in_twice(self, items: Feed) -> None:
        path = items.documents({"id": 1}, {"id": 2})
        for _ in range(2):
            assert items.load(path, "--no-ledger")["files_in"] == 0
        assert ids_in(items) == [1, 1, 2, 2]

    def test_a_key_keeps_it_once(self, feed: Feed) -> None:
        feed.mapping(KEYED)
        feed.query(MADE_KEYED)
        path = feed.file("a.ndjson", lines(range(50)))
        feed.load(path, "--no-ledger")
        assert feed.load(path, "--no-ledger")["tables"] == [
            {"name": "items", "inserted": 0, "merged": 0, "already_there": 50}
        ]
        assert ids_in(feed) == list(range(50))

    def test_a_ledger_that_is_there_is_left_alone(self, items: Feed) -> None:
        """One that any other load would stop at, and would read first."""
        items.query(
            "CREATE SCHEMA pgfeed; CREATE TABLE pgfeed.version (version integer); INSERT INTO pgfeed.version VALUES (99)"
        )
        path = items.documents({"id": 1})
        items.refuse(5, path, said=("version 99",))
        items.load(path, "--no-ledger")
        assert ids_in(items) == [1]
        assert items.values("SELECT relname FROM pg_class WHERE relnamespace = 'pgfeed'::regnamespace") == ["version"]

    def test_standard_input(self, items: Feed) -> None:
        assert items.load("-", "--no-ledger", "--rejects", "r", stdin=lines(range(5)))["warnings"] == [TWICE]
        assert ids_in(items) == list(range(5))

    def test_a_dry_run_leaves_nothing_and_has_nothing_to_warn_of(self, items: Feed) -> None:
        items.file("a.ndjson", lines(range(5)) + '{"id": "x"}\n')
        result = items.run("load", "--no-ledger", "--dry-run", "--json", "--max-rejects", 1, "--rejects", "r", "a.ndjson")
        assert (result.exit_code, result.stderr) == (0, "")
        report = json.loads(result.stdout)
        assert (report["documents"]["loaded"], report["documents"]["rejected"], report["warnings"]) == (5, 1, [])
        assert [reject["line"] for reject in objects(items.folder / "r")] == [6]
        assert (ids_in(items), schemas(items)) == ([], ["public"])

    def test_its_end_is_durable(self, server_feed: Feed, server: Server) -> None:
        """The server crashes before it would have written anything by itself."""
        server.configure(wal_writer_delay="10s", synchronous_commit="off")
        server.restart("fast")
        server_feed.mapping(ITEMS)
        server_feed.query(MADE)
        server_feed.load(server_feed.file("a.ndjson", lines(range(COUNT))), "--no-ledger")
        server.restart()
        assert ids_in(server_feed) == list(range(COUNT))


class TestRefusals:
    def test_a_table_that_is_missing(self, feed: Feed) -> None:
        feed.mapping(ITEMS)
        feed.refuse(5, "--no-ledger", feed.documents({"id": 1}), said=('table "items" is not there', "pgfeed ddl"))
        assert schemas(feed) == ["public"]
        feed.query(feed.pgfeed("ddl", "-m", "feed.yaml").stdout)
        feed.load("documents.ndjson", "--no-ledger")
        assert ids_in(feed) == [1]

    @pytest.mark.parametrize("options", [("--reload",), ("--source-id", "x")])
    def test_what_needs_the_ledger(self, items: Feed, options: tuple[str, ...]) -> None:
        result = items.run("load", "--no-ledger", *options, "-", stdin=lines(range(1)))
        assert result.exit_code == 2
        assert result.stderr == f"pgfeed: {options[0]} needs the ledger, which --no-ledger is to leave alone\n"
        assert ids_in(items) == []

    def test_a_document_whose_parent_comes_later_is_rejected(self, feed: Feed) -> None:
        feed.mapping(
            "feed: f\ntables:\n"
            "  parents: {key: [id], on_duplicate: skip,\n"
            "    rows: [{from: '$.p[*]', columns: {id: {path: '@.id', type: integer}}}]}\n"
            "  children: {rows: [{from: '$.c[*]', columns: {parent: {path: '@.id', type: integer}}}]}\n"
        )
        feed.query(
            "CREATE TABLE parents (id integer PRIMARY KEY); CREATE TABLE children (parent integer REFERENCES parents)"
        )
        path = feed.documents({"c": [{"id": 1}]}, {"p": [{"id": 2}], "c": [{"id": 2}]})
        report = feed.load(path, "--no-ledger", "--split-size", 1, "--connections", 1, "--max-rejects", 1)
        assert report["documents"] == {"read": 2, "loaded": 1, "skipped": 0, "rejected": 1}
        assert [(reject["line"], reject["sqlstate"]) for reject in report["first_rejects"]] == [(1, "23503")]
        assert feed.values("SELECT parent FROM children") == [2]


class TestRejects:
    DOCUMENTS = (
        b'{"id": 1, "name": "fits"}\n{"id": "one"}\n{"id": 3, "name": "\xff"}\n{"id": 4, "name": "' + b"long " * 5 + b'"}\n'
        b'{"id": 5, "name": "\xe2\x82\xac \\u0001 \\" and some more of it"}\n{"id": 6\n\n'
        b'{"id": 7, "name": "\\u0000"}\n{"id": \x00}\n'
    )

    def test_the_file_is_the_one_that_a_ledger_would_give(self, items: Feed) -> None:
        path = items.file("a.ndjson", self.DOCUMENTS)
        items.load(path, "--max-rejects", 100, "--rejects", "kept")
        report = items.load(path, "--no-ledger", "--max-rejects", 100, "--rejects", "written")
        kept = objects(items.folder / "kept")
        assert len(kept) == report["documents"]["rejected"] == 7
        assert {reject["encoding"] for reject in kept} == {"utf8", "base64"}
        of_the_table = ("reject", "load", "feed")  # what only the ledger gives a reject
        expected = [{name: value for name, value in reject.items() if name not in of_the_table} for reject in kept]
        assert objects(items.folder / "written") == expected
        assert len(report["first_rejects"]) == 3

    def test_they_are_written_as_each_split_is_committed(self, feed: Feed) -> None:
        """The second split waits for another session: the first one's reject is in the file."""
        feed.mapping(KEYED)
        feed.query(MADE_KEYED)
        first = '{"id": "x"}\n{"id": 1}\n'
        path = feed.file("a.ndjson", first + '{"id": 2}\n{"id": "y"}\n')
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("INSERT INTO items VALUES (2)")
            options = ("--connections", 1, "--split-size", len(first), "--max-rejects", 2, "--rejects", "r")
            process = start(feed, "--no-ledger", path, *options)
            while not feed.query(WAITING):
                assert process.poll() is None
            assert [reject["line"] for reject in objects(feed.folder / "r")] == [1]
            other.rollback()
        process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 0
        assert [reject["line"] for reject in objects(feed.folder / "r")] == [1, 4]

    def test_too_many(self, items: Feed) -> None:
        first = '{"id": 1}\n{"id": "x"}\n'
        path = items.file("a.ndjson", first + '{"id": 2}\n{"id": "y"}\n')
        result = items.run(
            *("load", "--no-ledger", "--connections", 1, "--split-size", len(first)),
            *("--max-rejects", 1, "--rejects", "r", path),
        )
        assert result.exit_code == 6
        assert "\nload       of feed items into " in result.stderr
        assert [(reject["line"], reject["state"]) for reject in objects(items.folder / "r")] == [
            (2, "rejected"),
            (4, "stopped"),
        ]
        assert ids_in(items) == [1]

    def test_a_file_of_before_is_overwritten(self, items: Feed) -> None:
        items.file("r", "of before\n")
        items.load(items.documents({"id": 1}), "--no-ledger", "--rejects", "r")
        assert (items.folder / "r").read_bytes() == b""

    def test_a_full_disk_is_told(self, items: Feed) -> None:
        path = items.documents({"id": "x"})
        items.refuse(
            4, path, "--no-ledger", "--max-rejects", 1, "--rejects", "/dev/full", said=("/dev/full", "No space left")
        )


class TestFaults:
    def test_a_connection_that_is_cut_is_made_again(self, items: Feed, proxy: Proxy) -> None:
        """In the middle of the only split's rows, so its COMMIT was not sent."""
        path = items.file("a.ndjson", lines(range(20_000)))
        cut = proxy.after(200_000, proxy.cut)
        report = items.load(path, "--no-ledger", "--connections", 1, to=proxy.conninfo)
        assert cut.wait(TIMEOUT_SECONDS)
        assert report["splits"] == 1
        assert ids_in(items) == list(range(20_000))

    @pytest.mark.parametrize("answered", [True, False])
    def test_a_commit_whose_answer_is_lost_is_not_guessed_at(self, items: Feed, proxy: Proxy, answered: bool) -> None:
        path = items.file("a.ndjson", lines(range(100)))
        lost = proxy.lose_answer_to_commit() if answered else proxy.lose_commit()
        said = ("bytes 0 to", "a.ndjson", "is not known", "look for them")
        items.refuse(5, path, "--no-ledger", "--connections", 1, said=said, to=proxy.conninfo)
        assert lost.wait(TIMEOUT_SECONDS)
        assert ids_in(items) == (list(range(100)) if answered else [])

    def test_two_loads_do_not_take_each_others_sessions_for_lost_ones(self, feed: Feed) -> None:
        feed.mapping(KEYED)
        feed.query(MADE_KEYED)
        path = feed.documents({"id": 1})
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("INSERT INTO items VALUES (1)")
            both = [start(feed, "--no-ledger", path, "--connections", 1) for _ in range(2)]
            while len(feed.query(WAITING)) < 2:
                assert [process.poll() for process in both] == [None, None]
            assert len(set(feed.values(WAITING))) == 2
            other.rollback()
        for process in both:
            process.communicate(timeout=TIMEOUT_SECONDS)
        assert [process.returncode for process in both] == [0, 0]
        assert ids_in(feed) == [1]
