"""`pgfeed forget`: what is taken out of the ledger is loaded again, and nothing else is."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import PROGRAM, TIMEOUT_SECONDS, Result, clean_environment
from feed import Feed
from running import start
from waiting import wait_until

SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""


@pytest.fixture
def seen(feed: Feed) -> Feed:
    feed.mapping(SEEN)
    return feed


def lines(ids: range) -> str:
    return "".join(f'{{"id": {number}}}\n' for number in ids)


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM seen ORDER BY id")


def forget(feed: Feed, *arguments: object) -> Result:
    """Without asking, which must succeed."""
    result = feed.pgfeed("forget", "--to", feed.database.conninfo, "--yes", *arguments)
    assert result.exit_code == 0, result
    return result


def refuse(feed: Feed, exit_code: int, *arguments: object, said: str) -> None:
    before = ledger(feed)
    result = feed.pgfeed("forget", "--to", feed.database.conninfo, *arguments)
    assert (result.exit_code, said in result.stderr) == (exit_code, True), result
    assert ledger(feed) == before


def ledger(feed: Feed) -> list[list[tuple[Any, ...]]]:
    """All that may be forgotten."""
    if not feed.values("SELECT to_regclass('pgfeed.splits') IS NOT NULL")[0]:
        return []
    return [
        feed.query("SELECT feed, uri, generation FROM pgfeed.sources ORDER BY source"),
        feed.query("SELECT source, span, load, loaded + skipped + rejected FROM pgfeed.splits ORDER BY split"),
        feed.query("SELECT feed, load, source, byte_offset, state FROM pgfeed.rejects ORDER BY reject"),
        feed.query("SELECT feed, table_name, oid::bigint FROM pgfeed.feed_tables ORDER BY 1, 2"),
    ]


def read(feed: Feed, *arguments: object) -> int:
    """Loads; how many documents were read."""
    count = feed.load(*arguments)["documents"]["read"]
    assert isinstance(count, int)
    return count


class TestSources:
    def test_it_is_loaded_again_and_others_are_not(self, seen: Feed) -> None:
        seen.file("a.ndjson", lines(range(10)))
        seen.file("b.ndjson", lines(range(10, 15)))
        seen.load("a.ndjson", "b.ndjson", "--split-size", 50)
        splits = seen.values(
            "SELECT count(*) FROM pgfeed.splits JOIN pgfeed.sources USING (source) WHERE uri LIKE '%a.ndjson'"
        )[0]
        said = forget(seen, "a.ndjson").stdout
        assert said == f"Forgotten of feed seen: 1 source, {splits} splits of 0.0 MB, 10 documents.\n"
        assert seen.values("SELECT uri FROM pgfeed.sources") == [f"file://{seen.folder}/b.ndjson"]
        assert ids_in(seen) == list(range(15))
        assert read(seen, "a.ndjson", "b.ndjson") == 10
        assert ids_in(seen) == sorted([*range(10), *range(15)])

    @pytest.mark.parametrize("gone", [False, True])
    @pytest.mark.parametrize(
        "spelling", ["{name}", "./{name}", "{folder}/x/../{name}", "file://{folder}/{uri}", "link/{name}"]
    )
    def test_however_it_is_spelled(self, seen: Feed, spelling: str, gone: bool) -> None:
        (seen.folder / "x").mkdir()
        (seen.folder / "link").symlink_to(seen.folder)
        name, uri = "a 'b\" %41\n#1.ndjson", "a%20'b%22%20%2541%0A%231.ndjson"
        path = seen.file(name, lines(range(3)))
        seen.load(path)
        assert seen.values("SELECT uri FROM pgfeed.sources") == [f"file://{seen.folder}/{uri}"]
        if gone:
            path.unlink()
        forget(seen, spelling.format(name=name, uri=uri, folder=seen.folder))
        assert seen.values("SELECT count(*) FROM pgfeed.sources") == [0]

    @pytest.mark.parametrize("gone", [False, True])
    def test_a_folder(self, seen: Feed, gone: bool) -> None:
        for name in ("in", "in/deep", "inner"):
            (seen.folder / name).mkdir()
            seen.file(f"{name}/a.ndjson", lines(range(3)))
            seen.load(f"{name}/a.ndjson")
        if gone:
            (seen.folder / "in").rename(seen.folder / "away")
        forget(seen, "in/")
        assert seen.values("SELECT uri FROM pgfeed.sources") == [f"file://{seen.folder}/inner/a.ndjson"]

    def test_a_glob(self, seen: Feed) -> None:
        for name in ("a1", "a2", "b1"):
            seen.file(f"{name}.ndjson", lines(range(3)))
        seen.load("*.ndjson")
        assert "2 sources" in forget(seen, "a*.ndjson").stdout
        assert seen.values("SELECT uri FROM pgfeed.sources") == [f"file://{seen.folder}/b1.ndjson"]

    def test_standard_input_by_its_names(self, seen: Feed) -> None:
        wrong = '{"id": "x"}\n'
        for name in ("x", "y"):
            seen.load("-", "--source-id", name, "--max-rejects", 1, stdin=lines(range(3)) + wrong)
        seen.load("-", "--max-rejects", 1, stdin=lines(range(3)) + wrong)
        assert "1 reject" in forget(seen, "id:x").stdout
        assert "1 reject" in forget(seen, "file:///dev/stdin#3").stdout
        assert seen.values("SELECT uri FROM pgfeed.sources") == ["id:y"]
        assert seen.values("SELECT load FROM pgfeed.rejects") == [2]
        assert seen.load("-", "--source-id", "x", stdin=lines(range(3)))["documents"]["read"] == 3
        assert seen.load("-", "--source-id", "y", stdin=lines(range(3)) + wrong)["documents"]["read"] == 0

    def test_all_its_generations(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)))
        seen.load(path)
        seen.load(path, "--reload")
        assert "2 sources, 2 splits of 0.0 MB, 6 documents" in forget(seen, path).stdout
        seen.load(path)
        assert seen.values("SELECT generation FROM pgfeed.sources") == [1]

    def test_a_file_that_has_changed_is_taken_anew(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)))
        seen.load(path)
        seen.file("a.ndjson", lines(range(5)))
        sentence = seen.refuse(4, path, said=("pgfeed forget", "--reload"))
        command = sentence.split("`")[1]
        subprocess.run(
            ["bash", "-c", f"{command} --yes"],
            cwd=seen.folder,
            env=clean_environment() | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"} | environment(seen),
            check=True,
        )
        assert read(seen, path) == 5

    def test_rejects_come_again_once(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)) + '{"id": "x"}\n')
        other = seen.file("b.ndjson", '{"id": "x"}\n')
        seen.refuse(6, path)
        seen.load(path, other, "--max-rejects", 2)
        seen.query(
            "INSERT INTO pgfeed.rejects (load, feed, source, byte_offset, reason, document, encoding, document_size, "
            f"state) SELECT 2, 'seen', 'file://{path}', 5, 'r', 'd', 'utf8', 1, 'settled'"
        )
        assert ", 1 reject." in forget(seen, path).stdout
        seen.load(path, other, "--max-rejects", 2)
        assert seen.query("SELECT right(source, 8), load, state FROM pgfeed.rejects ORDER BY reject") == [
            ("a.ndjson", 1, "stopped"),
            ("b.ndjson", 2, "rejected"),
            ("a.ndjson", 2, "settled"),
            ("a.ndjson", 3, "rejected"),
        ]

    def test_what_is_not_there(self, seen: Feed) -> None:
        refuse(seen, 5, "--yes", "a.ndjson", said="no ledger")
        seen.load(seen.file("a.ndjson", lines(range(3))))
        for name in ("b.ndjson", "id:a", "-", "s3://a/b", "file://elsewhere/a", "."):
            if name != ".":
                refuse(seen, 2, "--yes", name, said=f"no source {name}")
        refuse(seen, 2, "--yes", "a.ndjson", "--feed", "none", said="of feed none")
        refuse(seen, 2, "--yes", "99", said="no load 99")
        refuse(seen, 2, "--yes", "--all", "--feed", "none", said="no feed none")

    def test_one_of_two_feeds(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)))
        seen.load(path)
        seen.mapping(SEEN.replace("feed: seen", "feed: again"))
        seen.load(path)
        refuse(seen, 2, "--yes", path, said="several feeds (again, seen): --feed says")
        forget(seen, path, "--feed", "again")
        assert seen.values("SELECT feed FROM pgfeed.sources") == ["seen"]

    def test_names_from_data_do_not_reach_the_terminal(self, feed: Feed) -> None:
        name = "\x1b[31m'\"\n"
        feed.mapping(SEEN.replace("feed: seen", "feed: " + json.dumps(name)))
        feed.load(feed.file(name + ".ndjson", lines(range(3))))
        for arguments in (["--all", "--feed", name], [name + ".ndjson"], ["--feed", name, "\x1b[31m"]):
            result = feed.pgfeed("forget", "--to", feed.database.conninfo, *arguments)
            assert result.exit_code == 2
            assert "\x1b" not in result.stdout + result.stderr
        assert "\x1b" not in forget(feed, name + ".ndjson").stdout
        assert feed.values("SELECT count(*) FROM pgfeed.sources") == [0]


class TestLoads:
    def test_its_splits_go(self, seen: Feed) -> None:
        first = seen.file("a.ndjson", lines(range(10)))
        second = seen.file("b.ndjson", lines(range(10, 15)))
        seen.load(first, "--limit", 4)
        seen.load(first, second, "--split-size", 50)
        splits = seen.values("SELECT count(*) FROM pgfeed.splits WHERE load = 2")[0]
        assert f"2 sources, {splits} splits of 0.0 MB, 11 documents" in forget(seen, 2).stdout
        assert seen.values("SELECT loaded FROM pgfeed.splits") == [4]
        assert read(seen, first, second) == 11

    def test_its_rejects_too(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)) + '{"id": "x"}\n')
        seen.load(path, "--limit", 3)
        seen.load(path, "--max-rejects", 1)
        forget(seen, 1)
        assert seen.values("SELECT load FROM pgfeed.rejects") == [2]
        forget(seen, 2)
        assert seen.values("SELECT load FROM pgfeed.rejects") == []

    def test_a_file_by_a_number(self, seen: Feed) -> None:
        seen.load(seen.file("1", lines(range(3))))
        seen.load(seen.file("2", lines(range(3))))
        forget(seen, "./1")
        assert seen.values("SELECT uri FROM pgfeed.sources") == [f"file://{seen.folder}/2"]
        refuse(seen, 2, "--yes", "2", "--feed", "other", said="load 2 is one of feed seen")


class TestAll:
    def test_a_table_that_was_made_again(self, seen: Feed) -> None:
        """The error says what to type."""
        seen.mapping(SEEN.replace("feed: seen", 'feed: "it\'s; seen"'))
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.query("DROP TABLE seen; CREATE TABLE seen (id bigint)")
        sentence = seen.refuse(5, path, said=("--reload",))
        command = sentence.split("`")[1]
        assert command == "pgfeed forget --all --feed 'it'\\''s; seen'"
        subprocess.run(
            ["bash", "-c", f"{command} --yes"],
            env=clean_environment() | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"} | environment(seen),
            check=True,
        )
        assert read(seen, path) == 10
        assert ids_in(seen) == list(range(10))

    def test_other_feeds_stay(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)) + '{"id": "x"}\n')
        seen.load(path, "--max-rejects", 1)
        seen.mapping(SEEN.replace("feed: seen", "feed: again"))
        seen.load(path, "--max-rejects", 1)
        kept = [[row for row in rows if row[0] == "again"] for rows in (ledger(seen)[0], ledger(seen)[2], ledger(seen)[3])]
        forget(seen, "--all", "--feed", "seen")
        after = ledger(seen)
        assert [after[0], after[2], after[3]] == kept
        assert len(after[1]) == 1
        assert seen.query("SELECT feed, state FROM pgfeed.loads ORDER BY load") == [("seen", "done"), ("again", "done")]

    @pytest.mark.parametrize("arguments", [["--all"], ["--all", "--feed", "seen", "a.ndjson"], []])
    def test_what_is_meant_must_be_said(self, seen: Feed, arguments: list[str]) -> None:
        seen.load(seen.file("a.ndjson", lines(range(3))))
        refuse(seen, 2, "--yes", *arguments, said="")


def environment(feed: Feed) -> dict[str, str]:
    """libpq's, of the feed's database."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    return {names[key]: value for key, value in (part.split("=", 1) for part in feed.database.conninfo.split())}


def answer(feed: Feed, text: str) -> tuple[int, str]:
    """Asked on a terminal; the exit code and what the terminal shows."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "forget", "--to", feed.database.conninfo, "a.ndjson"],
        cwd=feed.folder,
        env=clean_environment(),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = ""
    while "[y/N]" not in shown:
        assert select.select([master], [], [], TIMEOUT_SECONDS)[0]
        shown += os.read(master, 4096).decode()
    os.write(master, text.encode())
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(master, 4096):
            shown += part.decode()
    os.close(master)
    return process.wait(TIMEOUT_SECONDS), shown


class TestAsking:
    @pytest.mark.parametrize(
        ("text", "left"), [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1), ("yesterday\n", 1)]
    )
    def test_on_a_terminal(self, seen: Feed, text: str, left: int) -> None:
        seen.load(seen.file("a.ndjson", lines(range(3))))
        exit_code, shown = answer(seen, text)
        assert exit_code == 0
        assert "1 source, 1 split of 0.0 MB, 3 documents" in shown
        assert f"file://{seen.folder}/a.ndjson" in shown
        assert "The rows stay in the tables" in shown
        assert ("Nothing was forgotten" in shown) == (left == 1)
        assert seen.values("SELECT count(*) FROM pgfeed.sources") == [left]
        assert seen.values("SELECT count(*) FROM pgfeed.splits") == [left]

    def test_without_one_it_is_shown_and_refused(self, seen: Feed) -> None:
        path: Path = seen.file("a.ndjson", lines(range(3)))
        seen.load(path)
        refuse(seen, 2, path, said="--yes")
        result = seen.pgfeed("forget", "--to", seen.database.conninfo, path, stdin="y\n")
        assert result.exit_code == 2
        assert "1 source, 1 split of 0.0 MB, 3 documents" in result.stderr


class TestTogether:
    @pytest.fixture
    def locked(self, seen: Feed) -> Iterator[psycopg.Connection[Any]]:
        """A session that has locked the table: loads wait for it in mid-split."""
        seen.load(seen.file("a.ndjson", lines(range(3))))
        with psycopg.connect(seen.database.conninfo) as other:
            other.execute("LOCK TABLE seen IN ACCESS EXCLUSIVE MODE")
            yield other
            other.rollback()

    def test_a_load_that_runs_is_in_the_way(self, seen: Feed, locked: psycopg.Connection[Any]) -> None:
        seen.file("b.ndjson", lines(range(3, 6)))
        process = start(seen, "b.ndjson")
        wait_for(
            seen,
            "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^pgfeed load 2 ' AND wait_event_type = 'Lock'",
            process,
        )
        for arguments in (["a.ndjson"], ["b.ndjson"], [1], ["--all", "--feed", "seen"]):
            refuse(seen, 5, "--yes", *arguments, said="load 2 of feed seen is running")
        locked.rollback()
        assert process.wait(TIMEOUT_SECONDS) == 0
        forget(seen, "b.ndjson")
        assert ids_in(seen) == list(range(6))

    def test_a_load_that_begins_waits(self, seen: Feed) -> None:
        """Another session forgets, and is not done yet."""
        path = seen.file("a.ndjson", lines(range(3)))
        seen.load(path)
        with psycopg.connect(seen.database.conninfo) as other:
            other.execute("SELECT FROM pgfeed.feeds WHERE feed = 'seen' FOR UPDATE")
            process = start(seen, path)
            wait_for(
                seen,
                "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^pgfeed load' AND wait_event_type = 'Lock'",
                process,
            )
            other.execute("DELETE FROM pgfeed.sources")
            other.commit()
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert ids_in(seen) == sorted([*range(3), *range(3)])

    def test_a_load_that_was_just_written_down_is_waited_for_and_seen(self, seen: Feed) -> None:
        seen.load(seen.file("a.ndjson", lines(range(3))))
        with psycopg.connect(seen.database.conninfo) as other:
            other.execute("INSERT INTO pgfeed.loads (feed, mapping_hash) VALUES ('seen', 'h')")
            other.execute("SET application_name = 'pgfeed load 2'")
            process = subprocess.Popen(
                [PROGRAM, "forget", "--to", seen.database.conninfo, "--yes", "--all", "--feed", "seen"],
                env=clean_environment(),
                stderr=subprocess.PIPE,
            )
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgfeed forget' AND wait_event_type = 'Lock'"
            )
            wait_for(seen, waiting, process)
            other.commit()
            _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        assert (process.returncode, b"load 2 of feed seen is running" in errors) == (5, True), errors
        assert len(seen.values("SELECT uri FROM pgfeed.sources")) == 1

    def test_what_was_killed_may_be_forgotten(self, seen: Feed, locked: psycopg.Connection[Any]) -> None:
        seen.file("b.ndjson", lines(range(3, 6)))
        process = start(seen, "b.ndjson")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^pgfeed load 2 '"
        wait_for(seen, waiting + " AND wait_event_type = 'Lock'", process)
        process.kill()
        process.wait(TIMEOUT_SECONDS)
        locked.rollback()
        wait_until(lambda: not seen.values(waiting)[0])
        forget(seen, "b.ndjson")
        assert read(seen, "b.ndjson") == 3


def wait_for(feed: Feed, count: str, process: subprocess.Popen[Any]) -> None:
    """Until it is not 0; the process must go on that long."""

    def holds() -> bool:
        assert process.poll() is None
        return bool(feed.values(count)[0])

    wait_until(holds)
