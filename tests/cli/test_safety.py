"""What would lose something in silence, or show a secret, is refused or said: before anything is opened."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import PROGRAM, TIMEOUT_SECONDS, Pgfeed, clean_environment
from feed import Feed

DONE, USAGE, SOURCE, DATABASE, REJECTS, INTERRUPTED = 0, 2, 4, 5, 6, 130
ITEMS = "tables: {items: {key: [id], on_duplicate: skip, columns: {id: {path: $.id, type: integer}}}}"


@pytest.fixture
def items(feed: Feed) -> Feed:
    """A mapping for a table `items`, three documents, and two folders with one file each."""
    feed.mapping(ITEMS)
    feed.documents({"id": 1}, {"id": 2}, {"id": "three"})
    for folder in ("d", "d/sub"):
        (feed.folder / folder).mkdir()
        feed.file(f"{folder}/a.ndjson", '{"id": 10}\n')
    return feed


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestRejectsFile:
    """`--rejects FILE` overwrites FILE, so it must be no input of this load or of the next."""

    @pytest.mark.parametrize(
        ("rejects", "sources", "clashes_with"),
        [
            ("feed.yaml", ["documents.ndjson"], "feed.yaml"),
            ("./d/../feed.yaml", ["documents.ndjson"], "feed.yaml"),
            ("documents.ndjson", ["documents.ndjson"], "documents.ndjson"),
            ("d/../documents.ndjson", ["d", "./documents.ndjson"], "./documents.ndjson"),
            ("soft.ndjson", ["documents.ndjson"], "documents.ndjson"),
            ("documents.ndjson", ["soft.ndjson"], "soft.ndjson"),
            ("hard.ndjson", ["documents.ndjson"], "documents.ndjson"),
            ("hard.yaml", ["documents.ndjson"], "feed.yaml"),
            ("documents.ndjson", ["*.ndjson"], "documents.ndjson"),
            ("d/a.ndjson", ["d"], "d/a.ndjson"),
            ("d/rejects.ndjson", ["d"], "d"),
            ("d/sub/rejects", ["d/"], "d/"),
            ("soft/rejects.ndjson", ["d"], "d"),
            ("d/rejects.ndjson", ["soft"], "soft"),
            ("rejects.ndjson", ["."], "."),
            ("d/rejects.ndjson", ["d/*.ndjson"], "d/*.ndjson"),
            ("d/sub/rejects.ndjson", ["d/**/*.ndjson"], "d/**/*.ndjson"),
            ("d/sub/rejects.ndjson", ["d/**"], "d/**"),
            ("d/sub/rejects.ndjson", ["?/s*"], "?/s*"),
            ("out/rejects.ndjson", ["d"], "d"),
            ("d/more/rejects.ndjson", ["out"], "out"),
            ("out/rejects.ndjson", ["d/*/*.ndjson"], "d/*/*.ndjson"),
            ("out/rejects.ndjson", ["d/more"], "d/more"),
            ("out/rejects.ndjson", ["d/**"], "d/**"),
            ("out/rejects.ndjson", ["d/**/r*.ndjson", "d"], "d/**/r*.ndjson"),
            ("links/new.ndjson", ["d"], "d"),
        ],
    )
    def test_an_input_or_what_would_be_one_is_refused(
        self, items: Feed, rejects: str, sources: list[str], clashes_with: str
    ) -> None:
        (items.folder / "soft.ndjson").symlink_to("documents.ndjson")
        (items.folder / "soft").symlink_to("d")
        (items.folder / "out").mkdir()
        (items.folder / "out/b.ndjson").write_text('{"id": 11}\n', encoding="utf-8")
        (items.folder / "d/more").symlink_to("../out")
        (items.folder / "links").mkdir()
        (items.folder / "links/new.ndjson").symlink_to("../d/sub/new.ndjson")
        os.link(items.folder / "documents.ndjson", items.folder / "hard.ndjson")
        os.link(items.folder / "feed.yaml", items.folder / "hard.yaml")
        before = snapshot(items.folder)
        sentence = items.refuse(USAGE, "--rejects", rejects, *sources, said=(f"to {rejects}: ",))
        assert clashes_with in sentence.split(": ")[2].split(), sentence
        assert snapshot(items.folder) == before
        assert items.values("SELECT to_regclass('items') IS NULL AND to_regnamespace('pgfeed') IS NULL") == [True]

    def test_standard_output_holds_the_report(self, items: Feed) -> None:
        before = snapshot(items.folder)
        items.refuse(USAGE, "--rejects", "-", "documents.ndjson", said=("standard output", "the report"))
        assert snapshot(items.folder) == before

    def test_a_uri_is_a_source_too(self, items: Feed) -> None:
        uri = (items.folder / "d").as_uri()
        items.refuse(USAGE, "--rejects", "d/rejects.ndjson", uri, said=("d/rejects.ndjson", uri))

    def test_so_is_standard_input(self, items: Feed) -> None:
        path = items.folder / "documents.ndjson"
        before = path.read_bytes()
        with path.open("rb") as stdin:
            command = [str(PROGRAM), "load", "-m", "feed.yaml", "--to", items.database.conninfo, "--rejects", path.name, "-"]
            done = subprocess.run(command, stdin=stdin, capture_output=True, cwd=items.folder, check=False)
        assert done.returncode == USAGE
        assert b"standard input" in done.stderr
        assert path.read_bytes() == before

    @pytest.mark.parametrize(
        ("rejects", "sources"),
        [
            ("rejects.ndjson", ["d", "documents.ndjson"]),
            ("d/_rejects.ndjson", ["d", "documents.ndjson"]),
            ("d/.hidden/rejects.ndjson", ["d", "documents.ndjson"]),
            ("d/rejects.ndjson", ["d/sub", "documents.ndjson"]),
            ("d/rejects.txt", ["d/*.ndjson", "documents.ndjson"]),
            ("d/sub/rejects.ndjson", ["d/*.ndjson", "documents.ndjson"]),
        ],
    )
    def test_what_no_listing_finds_is_written_and_overwritten(self, items: Feed, rejects: str, sources: list[str]) -> None:
        (items.folder / "d/.hidden").mkdir()
        for _ in range(2):
            report = items.load("--reload", "--max-rejects", "1", "--rejects", rejects, *sources)
            assert report["documents"]["rejected"] == 1
            assert len((items.folder / rejects).read_text(encoding="utf-8").splitlines()) == 1

    def test_an_empty_name_is_a_usage_error(self, items: Feed) -> None:
        assert items.run("load", "--rejects", "", "documents.ndjson").exit_code == USAGE


class TestTarget:
    """`--to`: never by mistake the private server, never a secret."""

    @pytest.mark.parametrize("command", ["load", "check"])
    @pytest.mark.parametrize("to", [["--to", ""], ["--to="], ["--to", "  "]])
    def test_an_empty_target_is_a_usage_error(
        self, pgfeed: Pgfeed, mapping: Path, people: Path, server_folder: Path, command: str, to: list[str]
    ) -> None:
        result = pgfeed(command, "-m", mapping, *to, people)
        assert result.exit_code == USAGE, result
        assert "--to" in result.stderr
        assert not server_folder.exists()

    @pytest.mark.parametrize("command", ["load", "check"])
    @pytest.mark.parametrize(
        "to",
        [
            "host=127.0.0.1 user=x password=s3cr3t",
            "host=127.0.0.1 password = 's3cr3t and more'",
            "postgresql://x:s3cr3t@127.0.0.1/db",
            "postgres://x@127.0.0.1/db?password=s3cr3t",
            "host=127.0.0.1 sslpassword=s3cr3t",
            "host=127.0.0.1 password=my s3cr3t",
            "postgresql://x:s3cr3t%zz@127.0.0.1/db",
        ],
    )
    def test_a_password_is_refused_and_not_repeated(
        self, pgfeed: Pgfeed, mapping: Path, people: Path, command: str, to: str
    ) -> None:
        result = pgfeed(command, "-m", mapping, "--to", to, people)
        assert result.exit_code == USAGE, result
        assert "password" in result.stderr
        for way in ("passfile", "service file", "PGPASSWORD"):
            assert way in result.stderr
        assert "s3cr3t" not in result.stdout + result.stderr

    def test_a_uri_and_a_bare_name_without_one_are_taken(self, items: Feed) -> None:
        words = dict(word.split("=", 1) for word in items.database.conninfo.split())
        folder = words["host"].replace("/", "%2F")
        items.load("d", to=f"postgresql://{words['user']}@/{words['dbname']}?host={folder}&port={words['port']}&password=")
        env = {"PGHOST": words["host"], "PGPORT": words["port"], "PGUSER": words["user"]}
        assert items.pgfeed("load", "-m", "feed.yaml", "--to", words["dbname"], "d", env=env).exit_code == DONE
        assert items.values("SELECT id FROM items") == [10]

    @pytest.mark.parametrize("variable", ["PGPASSWORD", "PGPASSFILE"])
    def test_a_password_of_another_server_does_not_disturb_the_private_one(
        self, pgfeed: Pgfeed, mapping: Path, people: Path, tmp_path: Path, variable: str
    ) -> None:
        other = tmp_path / "passfile"
        other.write_text("*:*:*:*:wrong\n", encoding="utf-8")
        other.chmod(0o600)
        env = {variable: "wrong" if variable == "PGPASSWORD" else str(other)}
        for command in ("load", "check"):
            result = pgfeed(command, "-m", mapping, people, env=env)
            assert result.exit_code == DONE, result
        with psycopg.connect(pgfeed("server", "url").stdout.strip()) as connection:
            assert connection.execute("SELECT count(*) FROM people").fetchone() == (3,)


class TestOutput:
    """What cannot be written is not lost in silence."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ["load", "d"],
            ["load", "--json", "d"],
            ["check", "d"],
            ["check", "--json", "d"],
            ["ddl"],
            ["--help"],
            ["server", "status"],
        ],
        ids=" ".join,
    )
    def test_a_full_standard_output_is_told(self, items: Feed, arguments: list[str], server_folder: Path) -> None:
        options = [] if arguments[0] in ("--help", "server") else ["-m", "feed.yaml"]
        options += ["--to", items.database.conninfo] if arguments[0] in ("load", "check") else []
        environment = clean_environment() | {"PGFEED_SERVER_DIR": str(server_folder)}
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [PROGRAM, *arguments, *options],
                stdout=full,
                stderr=subprocess.PIPE,
                cwd=items.folder,
                env=environment,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        assert done.returncode == SOURCE, done.stderr
        assert b"standard output" in done.stderr.splitlines()[-1]
        if arguments[0] == "load":
            assert items.values("SELECT id FROM items") == [10]

    def test_the_error_that_ended_a_load_is_still_said_last(self, items: Feed) -> None:
        command = [str(PROGRAM), "load", "-m", "feed.yaml", "--to", items.database.conninfo, "--json", "documents.ndjson"]
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=items.folder, check=False)
        assert done.returncode == REJECTS
        lines = done.stderr.decode().splitlines()
        assert "rejects" in lines[-1]
        assert "standard output" in lines[-2]


class TestEmptySources:
    """A source without a byte is likely a mistake: an export that failed."""

    @pytest.mark.parametrize("limit", [[], ["--limit", "5"]])
    def test_an_empty_file_is_told(self, items: Feed, limit: list[str]) -> None:
        items.file("empty.ndjson", "")
        result = items.run("load", "--json", *limit, "empty.ndjson", "d")
        assert result.exit_code == DONE, result
        assert json.loads(result.stdout)["warnings"] == ["empty.ndjson is empty"]
        assert "pgfeed: warning: empty.ndjson is empty\n" in result.stderr
        assert "warning    empty.ndjson is empty" in items.run("load", *limit, "empty.ndjson", "d").stdout

    def test_so_is_empty_standard_input(self, items: Feed) -> None:
        assert items.load("-", "--source-id", "a", stdin="")["warnings"] == ["standard input is empty"]
        assert items.load("-", "--source-id", "b", stdin='{"id": 1}')["warnings"] == []

    def test_what_a_limit_leaves_unread_is_not_called_empty(self, items: Feed) -> None:
        items.file("empty.ndjson", "")
        assert items.load("--limit", "1", "d", "empty.ndjson")["warnings"] == []

    def test_a_check_tells_it_too(self, items: Feed) -> None:
        items.file("empty.ndjson", "")
        assert json.loads(items.run("check", "--json", "empty.ndjson").stdout)["warnings"] == ["empty.ndjson is empty"]
        assert "warning    empty.ndjson is empty" in items.run("check", "empty.ndjson").stdout

    def test_on_a_terminal_the_report_says_it_once(self, items: Feed) -> None:
        items.file("empty.ndjson", "")
        command = [str(PROGRAM), "load", "-m", "feed.yaml", "--to", items.database.conninfo, "empty.ndjson"]
        ours, theirs = pty.openpty()
        done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, cwd=items.folder, check=False)
        shown = os.read(ours, 10_000).decode()
        os.close(ours)
        os.close(theirs)
        assert done.returncode == DONE
        assert "empty.ndjson is empty" in shown
        assert b"empty" not in done.stderr


class TestEarlyEnds:
    """What is said of the rows and keys of a load that did not come to its end."""

    def interrupted(self, items: Feed, *options: str) -> str:
        """Standard error of a load that is interrupted when its tables are there and it waits for more documents."""
        command = [str(PROGRAM), "load", "-m", "feed.yaml", "--to", items.database.conninfo, *options, "-"]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=items.folder,
            env=clean_environment(),
        ) as process:
            assert process.stdin is not None
            # More than a pipe holds: once it is written the load reads it, and its tables are made.
            process.stdin.write(b"".join(b'{"id":%d}\n' % number for number in range(200_000)))
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            process.stdin.close()
            assert process.stderr is not None
            stderr = process.stderr.read().decode()
        assert process.returncode == INTERRUPTED, stderr
        return stderr

    def test_an_interrupted_dry_run_left_nothing(self, items: Feed) -> None:
        sentence = self.interrupted(items, "--dry-run").strip().splitlines()[-1]
        assert "interrupted" in sentence
        assert "everything is rolled back" in sentence
        assert "stay" not in sentence

    def test_a_stopped_dry_run_left_nothing(self, items: Feed) -> None:
        sentence = items.refuse(REJECTS, "--dry-run", "documents.ndjson", said=("dry run", "everything was rolled back"))
        assert "stay" not in sentence

    def test_keys_that_are_left_to_the_next_load_are_told(self, items: Feed) -> None:
        stderr = self.interrupted(items)
        assert "splits that were committed stay" in stderr
        assert "tables items" in stderr
        assert "next load" in stderr
        assert items.values("SELECT count(*) > 0 FROM pgfeed.pending_keys") == [True]
        items.load("d")
        assert items.values("SELECT count(*) FROM pgfeed.pending_keys") == [0]

    def test_keys_that_rejects_left_are_told_too(self, items: Feed) -> None:
        result = items.run("load", "documents.ndjson")
        assert result.exit_code == REJECTS
        assert "tables items" in result.stderr
        again = items.run("load", "documents.ndjson")  # this load made them, and stopped again
        assert "tables items" not in again.stderr


class TestServerFolder:
    """A folder that cannot be looked at is a sentence, not a fault of the program."""

    @pytest.mark.parametrize("command", ["start", "stop", "status", "url"])
    def test_a_folder_in_a_loop_of_links(self, pgfeed: Pgfeed, tmp_path: Path, command: str) -> None:
        (tmp_path / "loop").symlink_to("loop")
        result = pgfeed("server", command, env={"PGFEED_SERVER_DIR": str(tmp_path / "loop" / "server")})
        assert result.exit_code == DATABASE, result
        assert result.stderr.startswith(f"pgfeed: {tmp_path}/loop")
        assert "filesystem error" not in result.stderr

    @pytest.mark.parametrize("command", ["start", "stop", "status"])
    def test_a_folder_that_may_not_be_entered(self, server_folder: Path, command: str) -> None:
        closed = server_folder.parent / "closed"
        closed.mkdir(mode=0)
        program = server_folder.parent / "pgfeed"
        shutil.copy(PROGRAM, program)  # the build folder may be closed to others
        somebody: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [program, "server", command],
            env=clean_environment() | {"XDG_DATA_HOME": str(closed)},
            cwd="/",
            capture_output=True,
            check=False,
            **somebody,
        )
        stderr = done.stderr.decode()
        assert done.returncode == DATABASE, done
        assert str(closed) in stderr
        assert "Permission denied" in stderr
        assert "filesystem error" not in stderr

    def test_stop_where_there_is_none_says_so(self, pgfeed: Pgfeed, server_folder: Path) -> None:
        result = pgfeed("server", "stop")
        assert result.exit_code == DONE
        assert "no private PostgreSQL" in result.stdout
        assert str(server_folder) in result.stdout


@pytest.mark.parametrize(
    ("command", "option", "value", "wanted"),
    [
        ("check", "--limit", "0", "a whole number from 1 on"),
        ("check", "--limit", "-1", "a whole number from 1 on"),
        ("check", "--limit", "2x", "a whole number from 1 on"),
        ("check", "--rows", "-1", "a whole number from 0 on"),
        ("check", "--rows", "1.5", "a whole number from 0 on"),
        ("load", "--limit", "-1", "a whole number from 0 on"),
        ("load", "--limit", "", "a whole number from 0 on"),
        ("load", "--limit", "99999999999999999999", "a whole number from 0 on"),
    ],
)
def test_a_number_that_is_none_is_named(items: Feed, command: str, option: str, value: str, wanted: str) -> None:
    result = items.run(
        command, f"{option}={value}" if value.startswith("-") else option, *([] if value.startswith("-") else [value]), "d"
    )
    assert result.exit_code == USAGE, result
    sentence = result.stderr.splitlines()[0]
    assert wanted in sentence
    assert option in sentence
    assert len(sentence) < 120, sentence
