"""What an atomic load that ended early leaves behind: gone on with, left out, or dropped."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS, Result
from feed import Feed
from running import WAITS_FOR_TABLE, start
from staging import ATOMIC, COUNT, REJECTS, SEEN, TWO, ids_in, lines, staged


class TestLeftovers:
    """What an earlier load has staged, and this one cannot publish."""

    def stage(self, feed: Feed) -> int:
        """How many splits of a.ndjson are staged then."""
        feed.mapping(SEEN)
        feed.file("a.ndjson", lines(range(300)) + '{"id": "x"}\n')
        feed.refuse(REJECTS, *ATOMIC, "--connections", 1, "a.ndjson")
        assert staged(feed) > 3
        return staged(feed)

    def test_a_limit_counts_from_the_beginning(self, feed: Feed) -> None:
        count = self.stage(feed)
        report = feed.load(*ATOMIC, "--limit", 10, "a.ndjson")
        assert report["warnings"] == [
            f"splits that earlier loads have staged ({count}) are dropped: --limit counts from the beginning"
        ]
        assert ids_in(feed) == list(range(10))
        assert staged(feed) == 0

    def test_what_a_plain_load_has_brought_since(self, feed: Feed) -> None:
        count = self.stage(feed)
        feed.load("--max-rejects", 1, "a.ndjson")
        report = feed.load(*ATOMIC, "a.ndjson")
        assert report["documents"]["read"] == 0
        assert [warning for warning in report["warnings"] if f"have staged ({count}) are dropped" in warning]
        assert ids_in(feed) == list(range(300))
        assert staged(feed) == 0

    def test_standard_input_without_a_name(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        text = lines(range(300)) + '{"id": "x"}\n'
        assert feed.run("load", *ATOMIC, "--connections", 1, "-", stdin=text).exit_code == REJECTS
        assert staged(feed) > 3
        feed.load(*ATOMIC, feed.file("a.ndjson", lines(range(3))))
        assert staged(feed) == 0
        assert ids_in(feed) == list(range(3))

    def test_a_source_that_changed_since(self, feed: Feed) -> None:
        self.stage(feed)
        feed.load(*ATOMIC, feed.file("a.ndjson", lines(range(500, 600))))
        assert ids_in(feed) == list(range(500, 600))
        assert staged(feed) == 0


class TestOptions:
    """What was read in another way is read again."""

    def test_documents_of_another_path(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        feed.file("a.json", '{"x": [{"id": 1}, {"id": "a"}], "y": [{"id": 11}, {"id": 12}]}')
        feed.refuse(REJECTS, *ATOMIC, "--documents", "$.x[*]", "a.json")
        assert staged(feed) == 1
        feed.load(*ATOMIC, "--documents", "$.y[*]", "a.json")
        assert ids_in(feed) == [11, 12]

    def test_deeper_documents(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        feed.file("a.ndjson", '{"id": 1, "deep": [[[[1]]]]}\n')
        feed.refuse(REJECTS, *ATOMIC, "--max-depth", 3, "a.ndjson")
        feed.load(*ATOMIC, "--max-depth", 9, "a.ndjson")
        assert ids_in(feed) == [1]

    def test_splits_of_several_spans(self, feed: Feed) -> None:
        """Bytes of one source that are in stand between those that are not."""
        feed.mapping(SEEN)
        path = feed.file("a.json", "[" + ",".join([*lines(range(300)).splitlines(), '{"id": "x"}']) + "]")
        feed.load("--split-size", "1KiB", "--max-rejects", 1, path)
        feed.query("DELETE FROM pgfeed.splits WHERE split % 2 = 0 OR split = (SELECT max(split) FROM pgfeed.splits)")
        feed.refuse(REJECTS, "--publish", "atomic", "--split-size", "16KiB", path)
        assert feed.values("SELECT count(*) > 0 FROM pgfeed.staged_splits WHERE format = ''") == [True]
        feed.load(*ATOMIC, "--max-depth", 9, "--max-rejects", 1, path)
        whole = "SELECT content_size = (SELECT sum(upper(span) - lower(span)) FROM pgfeed.splits) FROM pgfeed.sources"
        assert feed.values(whole) == [True]
        assert staged(feed) == 0

    def test_strict_json(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        feed.file("a.ndjson", '{"id": 1, "x": tru}\n{"id": "x"}\n')
        feed.refuse(REJECTS, *ATOMIC, "a.ndjson")
        report = feed.load(*ATOMIC, "--strict-json", "--max-rejects", 2, "a.ndjson")
        assert report["documents"] == {"read": 2, "loaded": 0, "skipped": 0, "rejected": 2}

    def test_more_labels(self, feed: Feed) -> None:
        feed.query("CREATE TYPE mood AS ENUM ('a'); CREATE TABLE seen (id mood)")
        feed.mapping(SEEN.replace("integer", "mood"))
        feed.file("a.ndjson", '{"id": "b"}\n')
        feed.refuse(REJECTS, *ATOMIC, "a.ndjson")
        feed.query("ALTER TYPE mood ADD VALUE 'b'")
        feed.load(*ATOMIC, "a.ndjson")
        assert feed.values("SELECT id FROM seen") == ["b"]


class TestReload:
    """Of a source that is in; the load is stopped after it has staged some."""

    def stopped(self, feed: Feed) -> Path:
        feed.mapping(SEEN)
        feed.load("--max-rejects", 1, path := feed.file("a.ndjson", lines(range(300)) + '{"id": "x"}\n'))
        feed.refuse(REJECTS, *ATOMIC, "--connections", 1, "--reload", path)
        assert staged(feed) > 3
        return path

    def test_the_same_command_goes_on(self, feed: Feed) -> None:
        path = self.stopped(feed)
        before = feed.values("SELECT source FROM pgfeed.staged_splits")
        report = feed.load(*ATOMIC, "--reload", "--max-rejects", 1, path)
        assert "1 of the sources: goes on with a --reload" in str(report["warnings"])
        assert ids_in(feed) == sorted([*range(300), *range(300)])
        assert staged(feed) == 0
        assert feed.values("SELECT DISTINCT source FROM pgfeed.splits ORDER BY 1") == [1, before[0]]
        feed.load(*ATOMIC, "--reload", "--max-rejects", 1, path)
        assert len(ids_in(feed)) == 900

    @pytest.mark.parametrize("dropped", [False, True])
    @pytest.mark.parametrize("how", [(), ATOMIC])
    def test_without_it_the_source_is_in_as_it_was(self, feed: Feed, dropped: bool, how: tuple[str, ...]) -> None:
        path = self.stopped(feed)
        other = feed.file("b.ndjson", lines(range(300, 310)))
        if dropped:
            assert feed.pgfeed("drop", 2, "--yes", "--to", feed.database.conninfo).exit_code == 0
        report = feed.load(*how, path, other)
        assert (report["files_in"], report["documents"]["loaded"], report["warnings"]) == (1, 10, [])
        assert ids_in(feed) == list(range(310))
        (status,) = json.loads(feed.pgfeed("status", "--json", "--to", feed.database.conninfo).stdout)["feeds"]
        assert (status["sources"]["in_whole"], status["missing"]) == (2, [])


class TestRejects:
    def test_they_are_not_loaded_atomically(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(3)) + '{"id": "x"}\n')
        feed.load("--max-rejects", 1, "--rejects", "rejects.ndjson", path)
        feed.refuse(2, *ATOMIC, "--from-rejects", "rejects.ndjson", said=("--publish atomic is for sources",))


class TestDrop:
    def stopped(self, feed: Feed) -> int:
        """An atomic load that ended early; how many splits it has staged."""
        feed.mapping(SEEN)
        feed.refuse(REJECTS, *ATOMIC, "--connections", 1, feed.file("a.ndjson", lines(range(300)) + '{"id": "x"}\n'))
        return staged(feed)

    def drop(self, feed: Feed, *arguments: object) -> Result:
        return feed.pgfeed("drop", "--to", feed.database.conninfo, *arguments)

    def test_it_takes_away_what_is_staged(self, feed: Feed) -> None:
        before = self.stopped(feed)
        assert before > 1
        result = self.drop(feed, 1, "--yes")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"Dropped of load 1: staged splits: {before},")
        assert staged(feed) == 0
        assert feed.values("SELECT count(*) FROM pgfeed.staged_pieces") == [0]
        assert feed.values("SELECT state FROM pgfeed.loads") == ["dropped"]
        feed.load(*ATOMIC, "--max-rejects", 1, "a.ndjson")
        assert ids_in(feed) == list(range(300))

    def test_who_has_it_is_told(self, feed: Feed) -> None:
        self.stopped(feed)
        feed.refuse(REJECTS, *ATOMIC, "a.ndjson")
        result = self.drop(feed, 1, "--yes")
        assert (result.exit_code, "of its feed these have: 2" in result.stderr) == (2, True), result
        forgotten = feed.pgfeed("forget", 2, "--yes", "--to", feed.database.conninfo)
        assert (forgotten.exit_code, "`pgfeed drop 2`" in forgotten.stderr) == (2, True), forgotten

    def test_without_a_terminal_it_wants_to_be_told(self, feed: Feed) -> None:
        before = self.stopped(feed)
        result = self.drop(feed, 1)
        assert result.exit_code == 2
        assert f"staged splits: {before}" in result.stderr
        assert "nothing was dropped" in result.stderr
        assert staged(feed) == before

    def test_what_cannot_be_dropped_is_an_error(self, feed: Feed) -> None:
        assert self.drop(feed, 1, "--yes").exit_code == 5
        feed.mapping(SEEN)
        feed.load(feed.file("a.ndjson", lines(range(3))))
        for load, said in ((1, "load 1 has nothing staged"), (9, "no load 9"), ("x", "the number of a load")):
            result = self.drop(feed, load, "--yes")
            assert (result.exit_code, result.stdout) == (2, ""), result
            assert said in result.stderr

    def test_a_load_that_is_running_is_left_alone(self, feed: Feed) -> None:
        feed.mapping(TWO)
        feed.load(feed.file("a.ndjson", lines(range(1))))
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("LOCK TABLE second IN SHARE MODE")
            process = start(feed, *ATOMIC, feed.file("b.ndjson", lines(range(1, COUNT))))
            while not feed.values(WAITS_FOR_TABLE)[0]:
                assert process.poll() is None
            result = self.drop(feed, 2, "--yes")
            assert (result.exit_code, "load 2 is running" in result.stderr) == (5, True), result
            other.commit()
        process.communicate(timeout=TIMEOUT_SECONDS)
        assert feed.values("SELECT id FROM second ORDER BY id") == list(range(COUNT))
