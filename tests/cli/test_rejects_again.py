"""Documents that were rejected and are loaded after all: retried ones, mended ones.

The table has no key, so that a document that is loaded twice shows.
"""

from __future__ import annotations

import base64
import json
import signal
from typing import Any

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from kept import documents_of, exported, rejects, retry, write
from proxy import Proxy
from running import start

PEOPLE = """\
feed: people
tables:
  people:
    columns: {id: {path: $.id, type: integer}, name: {path: $.name, type: %s}}
"""
ADA, GRACE, KATHERINE = {"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}, {"id": 3, "name": "Katherine Johnson"}


@pytest.fixture
def people(feed: Feed) -> Feed:
    """Two of the four are rejected: one for the mapping, one for itself."""
    feed.query("CREATE TABLE people (id integer, name varchar(10))")
    feed.mapping(PEOPLE % "varchar(10)")
    feed.load(feed.documents(ADA, KATHERINE, GRACE, '{"id": "x", "name": "é"}'), "--max-rejects", 2)
    return feed


def mend_table(people: Feed) -> None:
    people.query("ALTER TABLE people ALTER name TYPE text")
    people.mapping(PEOPLE % "text")


def names(feed: Feed) -> list[tuple[Any, ...]]:
    return feed.query("SELECT id, name FROM people ORDER BY id, name")


class TestLooking:
    def test_the_list(self, people: Feed) -> None:
        text = rejects(people, "list").stdout
        assert "\n    1  rejected  22001     people.name" in text
        newest, oldest = (line for line in text.splitlines() if "documents.ndjson" in line)
        assert newest.split()[:2] == ["2", "1"]
        assert "line 4" in newest
        assert oldest.split()[:2] == ["1", "1"]

    def test_what_is_listed_is_bounded(self, people: Feed) -> None:
        assert "and 1 more" in rejects(people, "list", "--limit", 1).stdout
        found = json.loads(rejects(people, "list", "--limit", 1, "--json").stdout)
        assert found["total"] == 2
        assert [(each["reject"], each["line"], each["state"], each["tries"]) for each in found["rejects"]] == [
            (2, 4, "rejected", 1)
        ]
        assert sorted((group["count"], group["sqlstate"]) for group in found["by_reason"]) == [(1, "22001"), (1, "22P02")]

    @pytest.mark.parametrize(
        ("filters", "lines"),
        [
            (("--feed", "people"), [2, 4]),
            (("--feed", "other"), []),
            (("--load", 1), [2, 4]),
            (("--load", 2), []),
            (("--reason", "22001"), [2]),
            (("--reason", "TOO long"), [2]),
            (("--reason", "%"), []),
            (("--table", "people"), [2, 4]),
            (("--table", "it's"), []),
            (("--state", "settled"), []),
            (("--state", "rejected", "--reason", "22P02", "--feed", "people"), [4]),
        ],
    )
    def test_filters(self, people: Feed, filters: tuple[object, ...], lines: list[int]) -> None:
        found = json.loads(rejects(people, "list", "--json", *filters).stdout)
        assert [each["line"] for each in reversed(found["rejects"])] == lines
        assert [each["line"] for each in exported(people, *filters)] == lines

    def test_the_export_is_what_a_load_writes(self, people: Feed) -> None:
        people.load("documents.ndjson", "--reload", "--max-rejects", 2, "--rejects", "out")
        of_load = [json.loads(line) for line in (people.folder / "out").read_text(encoding="utf-8").splitlines()]
        assert [(each["reject"], each["load"], each["feed"]) for each in of_load] == [(3, 2, "people"), (4, 2, "people")]
        assert of_load[1]["document"] == '{"id": "x", "name": "é"}'
        assert rejects(people, "export", "--load", 2, "file").stdout == "2 rejects written to file\n"
        assert (people.folder / "file").read_bytes() == (people.folder / "out").read_bytes()

    def test_what_a_terminal_would_obey_is_not_shown(self, people: Feed) -> None:
        result = people.run("load", people.documents({"id": "\x1b[2J\n\r", "name": ""}), "--max-rejects", 1)
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout + result.stderr + rejects(people, "list").stdout

    def test_nothing_is_there_yet(self, feed: Feed) -> None:
        assert rejects(feed, "list").stdout.startswith("There is no ledger (schema pgfeed) in ")
        assert json.loads(rejects(feed, "list", "--json").stdout)["total"] == 0
        feed.mapping(PEOPLE % "text")
        mended = write(feed, "mended", [{"reject": 1, "document": "{}"}])
        retry = ("rejects", "retry", "-m", "feed.yaml", "--to", feed.database.conninfo)
        for result in (rejects(feed, "export", "-"), feed.pgfeed(*retry), feed.run("load", "--from-rejects", mended)):
            assert result.exit_code == 5
            assert "there is no" in result.stderr
        assert feed.values("SELECT to_regnamespace('pgfeed')") == [None]

    def test_a_full_disk(self, people: Feed) -> None:
        result = rejects(people, "export", "/dev/full")
        assert result.exit_code == 4
        assert "No space left" in result.stderr


class TestRetry:
    def test_what_fits_by_now_is_settled(self, people: Feed) -> None:
        mend_table(people)
        report = retry(people, "--max-rejects", 1, "--rejects", "out")
        assert documents_of(report) == (2, 1, 1)
        assert names(people) == [(1, "Ada"), (2, "Grace"), (3, "Katherine Johnson")]
        assert people.query(
            "SELECT line, state, load::int, settled_by::int, settled_at IS NULL, tries FROM pgfeed.rejects ORDER BY line"
        ) == [(2, "settled", 1, 2, False, 2), (4, "rejected", 2, None, True, 2)]
        assert [json.loads(line)["line"] for line in (people.folder / "out").read_text(encoding="utf-8").splitlines()] == [4]
        assert people.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "done"]
        assert documents_of(retry(people, "--reason", "22001")) == (0, 0, 0)
        assert documents_of(retry(people, "--max-rejects", 1)) == (1, 0, 1)
        assert names(people) == [(1, "Ada"), (2, "Grace"), (3, "Katherine Johnson")]

    def test_over_the_limit_what_fits_is_in_all_the_same(self, people: Feed) -> None:
        mend_table(people)
        result = people.pgfeed("rejects", "retry", "-m", "feed.yaml", "--to", people.database.conninfo)
        assert result.exit_code == 6
        assert "1 document was rejected again, more than 0; the others are loaded" in result.stderr
        assert (3, "Katherine Johnson") in names(people)

    def test_filters_say_which(self, people: Feed) -> None:
        mend_table(people)
        assert documents_of(retry(people, "--reason", "22001", "--load", 1, "--table", "people")) == (1, 1, 0)
        assert documents_of(retry(people, "--table", "other")) == (0, 0, 0)

    def test_a_dry_run_settles_nothing(self, people: Feed) -> None:
        mend_table(people)
        assert documents_of(retry(people, "--dry-run", "--max-rejects", 1)) == (2, 1, 1)
        assert people.values("SELECT DISTINCT state FROM pgfeed.rejects") == ["rejected"]
        assert len(names(people)) == 2

    def test_two_at_once_load_each_once(self, feed: Feed) -> None:
        feed.query("CREATE TABLE people (id integer, name text CHECK (name <> 'no'))")
        feed.mapping(PEOPLE % "text")
        documents = feed.documents(*({"id": n, "name": "no"} for n in range(3000)))
        feed.load(documents, "--max-rejects", 3000)
        feed.query("ALTER TABLE people DROP CONSTRAINT people_name_check, ADD CHECK (id <> 1234)")
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("SELECT * FROM pgfeed.rejects WHERE reject = 1500 FOR UPDATE")
            both = [start(feed, "--max-rejects", 1, command="rejects retry") for _ in range(2)]
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'"
            while feed.values(waiting)[0] < 2:
                assert [process.poll() for process in both] == [None, None]
        reports = [json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0]) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert feed.values("SELECT id FROM people ORDER BY id") == [n for n in range(3000) if n != 1234]
        assert sum(report["documents"]["loaded"] for report in reports) == 2999
        assert feed.query("SELECT state, count(*)::int FROM pgfeed.rejects GROUP BY 1 ORDER BY 1") == [
            ("rejected", 1),
            ("settled", 2999),
        ]

    @pytest.mark.parametrize("skip", range(4))
    @pytest.mark.parametrize("delivered", [True, False])
    def test_a_lost_commit(self, people: Feed, proxy: Proxy, delivered: bool, skip: int) -> None:
        mend_table(people)
        lost = (proxy.lose_answer_to_commit if delivered else proxy.lose_commit)(skip=skip)
        result = people.pgfeed("rejects", "retry", "-m", "feed.yaml", "--max-rejects", 1, "--to", proxy.conninfo)
        assert lost.is_set()
        if result.exit_code != 0:  # before the rejects were tried
            retry(people, "--max-rejects", 1)
        assert names(people) == [(1, "Ada"), (2, "Grace"), (3, "Katherine Johnson")]
        assert people.values("SELECT state FROM pgfeed.rejects ORDER BY line") == ["settled", "rejected"]

    def test_a_document_that_was_cut_is_read_again(self, feed: Feed) -> None:
        feed.mapping(PEOPLE % "text")
        long = "y" * 200_000
        path = feed.documents(ADA, {"id": 2, "name": long}, {"id": 3, "name": "é" * 100_000})
        feed.load(path, "--max-document", "100KiB", "--max-rejects", 2)
        assert documents_of(retry(feed, "--max-document", "100KiB", "--max-rejects", 2)) == (2, 0, 2)
        assert feed.values("SELECT DISTINCT sqlstate FROM pgfeed.rejects") == ["54000"]
        assert documents_of(retry(feed)) == (2, 2, 0)
        assert names(feed) == [(1, "Ada"), (2, long), (3, "é" * 100_000)]

    @pytest.mark.parametrize("change", ["gone", "changed"])
    def test_a_document_that_was_cut_and_whose_source_is_lost(self, feed: Feed, change: str) -> None:
        feed.mapping(PEOPLE % "text")
        path = feed.documents(ADA, {"id": 2, "name": "y" * 200_000})
        feed.load(path, "--max-document", "100KiB", "--max-rejects", 1)
        path.unlink() if change == "gone" else path.write_bytes(path.read_bytes().replace(b"Ada", b"Eve!"))
        assert documents_of(retry(feed, "--max-rejects", 1)) == (1, 0, 1)
        ((reason,),) = feed.query("SELECT reason FROM pgfeed.rejects")
        assert "the source cannot be read again" in reason
        assert ("has changed" if change == "changed" else "No such file") in reason

    def test_a_document_that_is_no_text(self, feed: Feed) -> None:
        """What is not read may hold any byte but for bad UTF-8: so this one is refused again, and kept as it is."""
        feed.mapping(PEOPLE % "text")
        feed.load(feed.file("in", b'{"id": 1, "name": "\xff"}\n'), "--max-rejects", 1)
        retry(feed, "--max-rejects", 1)
        (line,) = exported(feed)
        assert (line["encoding"], base64.b64decode(line["document"])) == ("base64", b'{"id": 1, "name": "\xff"}')

    def test_what_was_loaded_again_is_left_out(self, people: Feed) -> None:
        mend_table(people)
        people.load("documents.ndjson", "--reload", "--max-rejects", 1)
        before = names(people)
        report = retry(people, "--max-rejects", 1)
        assert documents_of(report) == (1, 0, 1)  # that of the reload
        assert "loaded again since" in " ".join(report["warnings"])
        assert names(people) == before


class TestMended:
    """`load --from-rejects`."""

    def mended(self, people: Feed) -> list[dict[str, Any]]:
        lines = exported(people)
        lines[0]["document"] = json.dumps({"id": 3, "name": "Katherine"})
        lines[1]["document"] = json.dumps({"id": 4, "name": "é"})
        return lines

    def test_each_is_loaded_once(self, people: Feed) -> None:
        path = write(people, "mended", self.mended(people))
        assert documents_of(people.load("--from-rejects", path)) == (2, 2, 0)
        after = [(1, "Ada"), (2, "Grace"), (3, "Katherine"), (4, "é")]
        assert names(people) == after
        assert people.values("SELECT DISTINCT state FROM pgfeed.rejects") == ["settled"]
        report = people.load("--from-rejects", path)
        assert documents_of(report) == (0, 0, 0)
        assert "settled already" in report["warnings"][0]
        assert names(people) == after
        assert documents_of(retry(people)) == (0, 0, 0)

    def test_one_that_fails_again_is_kept_as_it_was_mended(self, people: Feed) -> None:
        lines = self.mended(people)
        lines[1]["document"] = base64.b64encode(b'{"id": 4, "name": "\xff"}').decode()
        lines[1]["encoding"] = "base64"
        path = write(people, "mended", lines)
        assert documents_of(people.load("--from-rejects", path, "--max-rejects", 1, "--rejects", "again")) == (2, 1, 1)
        (left,) = [json.loads(line) for line in (people.folder / "again").read_text(encoding="utf-8").splitlines()]
        assert (left["reject"], left["document"], left["encoding"]) == (2, lines[1]["document"], "base64")
        left |= {"document": json.dumps({"id": 4, "name": "e"}), "encoding": "utf8"}
        assert documents_of(people.load("--from-rejects", write(people, "mended", [left]))) == (1, 1, 0)
        assert names(people)[2:] == [(3, "Katherine"), (4, "e")]

    def test_from_standard_input(self, people: Feed) -> None:
        text = "".join(json.dumps(line) + "\n" for line in self.mended(people))
        report = people.load("--from-rejects", "-", "--split-size", 1, stdin=text)
        assert documents_of(report) == (2, 2, 0)

    def test_two_documents_in_place_of_one(self, people: Feed) -> None:
        lines = self.mended(people)[:1]
        lines[0]["document"] += '{"id": 5, "name": "five"}'
        people.load("--from-rejects", write(people, "mended", lines), "--max-rejects", 1)
        assert people.values("SELECT reason FROM pgfeed.rejects WHERE line = 2")[0].startswith("more than one document")
        assert names(people) == [(1, "Ada"), (2, "Grace")]

    def test_the_columns_of_a_source_are_those_of_the_reject(self, feed: Feed) -> None:
        feed.mapping(
            "feed: people\ntables: {people: {columns: {id: {path: $.id, type: integer}, line: {meta: line, type: bigint},"
            " source: {meta: source, type: text}}}}\n"
        )
        path = feed.documents({"id": 1}, {"id": "x"})
        feed.load(path, "--max-rejects", 1)
        (line,) = exported(feed)
        line |= {"document": '{"id": 2}', "source": "file:///etc/passwd", "line": 99}
        feed.load("--from-rejects", write(feed, "mended", [line]))
        assert feed.query("SELECT id, line, source FROM people ORDER BY id") == [
            (1, 1, path.as_uri()),
            (2, 2, path.as_uri()),
        ]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"reject": 99}, "there is no reject 99"),
            ({"reject": None}, 'there is no "reject"'),
            ({"reject": "1"}, 'its "reject" is no number'),
            ({"reject": -1}, 'its "reject" is -1, which is not the number of a reject'),
            ({"reject": 1.5}, 'its "reject" is 1.5, which is not the number of a reject'),
            ({"reject": 10**20}, "which is not the number of a reject"),
            ({"reject": 1}, "reject 1 comes twice"),
            ({"document": {"id": 1}}, "not a string"),
            ({"document": None}, "not a string"),
            ({"document": "Zg", "encoding": "base64"}, "not in base64"),
            ({"encoding": "utf16"}, 'neither "utf8" nor "base64"'),
        ],
    )
    def test_a_file_that_is_not_what_was_exported(self, people: Feed, change: dict[str, Any], said: str) -> None:
        lines = self.mended(people)
        lines[1] |= change
        people.refuse(4, "--from-rejects", write(people, "mended", lines), said=("mended", "line 2", said))
        assert names(people) == [(1, "Ada"), (2, "Grace")]

    @pytest.mark.parametrize(
        "line",
        ["[1]", "{}", "1", '{"reject": 1', '{"reject": 1}{"reject": 2}', "\x00", '{"a":' * 5000, '"' + "x" * 1_200_000],
    )
    def test_a_file_that_is_none_of_rejects(self, people: Feed, line: str) -> None:
        people.refuse(4, "--from-rejects", people.file("mended", line + "\n"), "--max-document", 1000)

    def test_a_reject_of_another_feed(self, people: Feed) -> None:
        path = write(people, "mended", self.mended(people))
        people.mapping((PEOPLE % "varchar(10)").replace("feed: people", "feed: others"))
        people.refuse(4, "--from-rejects", path, said=("reject 1 belongs to feed people, not to others",))

    def test_those_of_a_split_that_is_not_in_are_left_out(self, feed: Feed) -> None:
        feed.mapping(PEOPLE % "text")
        path = feed.documents(ADA, {"id": "x"})
        feed.refuse(6, path, "--rejects", "out")
        report = feed.load("--from-rejects", "out")
        assert documents_of(report) == (0, 0, 0)
        assert "another load of its source takes it" in " ".join(report["warnings"])

    @pytest.mark.parametrize("arguments", [("documents.ndjson",), ("--reload",), ("--limit", 1), ("--source-id", "x")])
    def test_it_is_in_place_of_sources(self, people: Feed, arguments: tuple[object, ...]) -> None:
        assert people.run("load", "--from-rejects", "x", *arguments).exit_code == 2

    def test_nothing_to_load(self, people: Feed) -> None:
        result = people.run("load")
        assert result.exit_code == 2
        assert "--from-rejects" in result.stderr
        people.refuse(4, "--from-rejects", people.folder, said=("is a folder",))
        people.refuse(2, "--from-rejects", "x", "--rejects", write(people, "x", []), said=("--from-rejects reads",))


def test_a_retry_that_is_interrupted_goes_on(feed: Feed) -> None:
    """What was settled by then is; the same command takes the rest."""
    feed.query("CREATE TABLE people (id integer, name text CHECK (name <> 'no'))")
    feed.mapping(PEOPLE % "text")
    feed.load(feed.documents(*({"id": n, "name": "no"} for n in range(3000))), "--max-rejects", 3000)
    feed.query("ALTER TABLE people DROP CONSTRAINT people_name_check")
    with psycopg.connect(feed.database.conninfo) as other:
        other.execute("SELECT * FROM pgfeed.rejects WHERE reject = 2500 FOR UPDATE")
        process = start(feed, command="rejects retry")
        while not feed.values("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0]:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 130
    assert feed.values("SELECT id FROM people ORDER BY id") == list(range(2000))
    assert feed.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "interrupted"]
    assert documents_of(retry(feed)) == (1000, 1000, 0)
    assert feed.values("SELECT id FROM people ORDER BY id") == list(range(3000))


def test_what_has_no_bytes_is_not_retried(feed: Feed) -> None:
    feed.mapping(PEOPLE % "text")
    feed.load(feed.file("a.json", '[{"id": 1, "name": "Ada"}'), "--max-rejects", 1)
    report = retry(feed)
    assert documents_of(report) == (0, 0, 0)
    assert "have no bytes" in " ".join(report["warnings"])


def test_base64_is_a_spelling_of_a_document(people: Feed) -> None:
    lines = exported(people)[:1]
    lines[0] |= {"document": base64.b64encode('{"id": 3, "name": "é"}'.encode()).decode(), "encoding": "base64"}
    assert documents_of(people.load("--from-rejects", write(people, "mended", lines))) == (1, 1, 0)
    assert (3, "é") in names(people)


def test_a_file_that_cannot_be_written_loses_nothing(people: Feed) -> None:
    path = people.documents({"id": 5, "name": "five"}, {"id": "y"})
    sentence = people.refuse(4, path, "--max-rejects", 1, "--rejects", "/dev/full", said=("No space left", "/dev/full"))
    assert "load 2 is done, its rows in" in sentence
    assert (5, "five") in names(people)
    assert people.query("SELECT line, state FROM pgfeed.rejects WHERE load = 2") == [(2, "rejected")]
    assert people.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "done"]
    people.load(path, "--max-rejects", 1, "--rejects", "out")
    assert [json.loads(line)["document"] for line in (people.folder / "out").read_text("utf-8").splitlines()] == [
        '{"id": "y"}'
    ]


def test_a_full_file_of_a_load_that_fails_is_told_too(people: Feed) -> None:
    result = people.run("load", people.documents({"id": "y"}), "--rejects", "/dev/full")
    assert result.exit_code == 6
    assert "No space left" in result.stderr
