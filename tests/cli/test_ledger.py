"""What is in is known: loads that are repeated, interrupted, doubled or cut off leave each document's rows once.

The table has no key, so that a document that is loaded twice shows.
"""

from __future__ import annotations

import json
import random
from typing import Any

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from proxy import Proxy
from running import start
from server import Server

SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""
COUNT = 3000
WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'pgfeed load 2 worker%' AND wait_event_type = 'Lock'"""
SMALL_SPLITS = ("--split-size", "4KiB")
FIRST_SPLITS = [12, 15]  # commits of a load before them: those that prepare it, and some splits


@pytest.fixture
def seen(feed: Feed) -> Feed:
    feed.mapping(SEEN)
    return feed


def lines(ids: range) -> str:
    return "".join(f'{{"id": {number}, "filler": "{"x" * (number % 50)}"}}\n' for number in ids)


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM seen ORDER BY id")


def state_of(report: dict[str, Any]) -> tuple[int, int, int]:
    """Files in already, documents read, splits."""
    return report["files_in"], report["documents"]["read"], report["splits"]


def covered(feed: Feed) -> list[Any]:
    """Of each source, in order: whether all of it is in, and nothing else."""
    return feed.values(
        "SELECT content_size = (SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM pgfeed.splits p"
        " WHERE p.source = s.source) FROM pgfeed.sources s ORDER BY source"
    )


class TestRepeating:
    def test_what_is_in_is_not_loaded_again(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(COUNT)))
        assert state_of(seen.load(path, *SMALL_SPLITS)) == (0, COUNT, seen.values("SELECT count(*) FROM pgfeed.splits")[0])
        (seen.folder / "link").symlink_to(path)
        for spelling in (path, "a.ndjson", f"file://{path}", "*.ndjson", "link"):
            assert state_of(seen.load(spelling, "--connections", 1)) == (1, 0, 0)
        assert ids_in(seen) == list(range(COUNT))

    def test_new_files_are_taken(self, seen: Feed) -> None:
        seen.file("a.ndjson", lines(range(10)))
        seen.load("*.ndjson")
        seen.file("b.ndjson", lines(range(10, 15)))
        assert state_of(seen.load("*.ndjson")) == (1, 5, 1)
        assert ids_in(seen) == list(range(15))

    def test_the_same_file_feeds_two_mappings(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.mapping(SEEN.replace("feed: seen", "feed: other"))
        assert state_of(seen.load(path)) == (0, 10, 1)
        assert ids_in(seen) == sorted([*range(10), *range(10)])

    def test_entries_say_what_came_of_a_split(self, seen: Feed) -> None:
        seen.load(seen.documents({"id": 1}, {"id": "x"}, {"id": 3}), "--max-rejects", 1)
        assert seen.query("SELECT loaded, skipped, rejected, rows FROM pgfeed.splits") == [
            (2, 0, 1, {"seen": {"inserted": 2, "merged": 0, "already_there": 0}})
        ]

    @pytest.mark.parametrize(
        "content", ['[{"id":1},{"id":2},\n{"id":3}]\n', '{"id":1}{"id":2} {"id":3}', '{"d":[{"id":1},{"id":2},{"id":3}]}']
    )
    def test_all_of_a_file_of_any_form_is_covered(self, seen: Feed, content: str) -> None:
        path = seen.file("a.json", content)
        options = ("--documents", "$.d[*]") if content.startswith('{"d"') else ()
        seen.load(path, *options, "--split-size", "10")
        assert ids_in(seen) == [1, 2, 3]
        assert covered(seen) == [True]
        assert state_of(seen.load(path, *options)) == (1, 0, 0)

    def test_a_dry_run_leaves_nothing(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.file("b.ndjson", lines(range(10, 15)))
        assert state_of(seen.load("*.ndjson", "--dry-run")) == (1, 5, 1)
        assert state_of(seen.load("*.ndjson")) == (1, 5, 1)
        assert ids_in(seen) == list(range(15))


class TestResuming:
    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("form", ["lines", "array"])
    def test_only_what_is_missing_is_loaded(self, seen: Feed, form: str, seed: int) -> None:
        """Splits that are not in, whatever the sizes of those that are: as a crash would leave them."""
        chance = random.Random(seed)
        content = lines(range(COUNT))
        path = seen.file("a.json", content if form == "lines" else "[" + content.replace("\n", ",\n")[:-2] + "]")
        seen.load(path, "--split-size", 3000)
        splits = seen.query("SELECT split, loaded FROM pgfeed.splits ORDER BY span")
        gone = chance.sample(splits, len(splits) // 3)
        offset = 0
        for split, loaded in splits:  # one connection or more: rows are known by the documents in the span
            if (split, loaded) in gone:
                seen.query(f"DELETE FROM seen WHERE id >= {offset} AND id < {offset + loaded}")
                seen.query(f"DELETE FROM pgfeed.splits WHERE split = {split}")
            offset += loaded
        report = seen.load(path, "--split-size", chance.choice([700, 5000, 40_000]), "--connections", chance.choice([1, 3]))
        assert report["documents"]["read"] == sum(loaded for _, loaded in gone)
        assert ids_in(seen) == list(range(COUNT))
        assert covered(seen) == [True]

    def test_a_limit_goes_on_where_it_ended(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(50)))
        assert state_of(seen.load(path, "--limit", 20)) == (0, 20, 1)
        assert state_of(seen.load(path, "--limit", 20)) == (0, 0, 0)
        assert state_of(seen.load(path, "--limit", 25))[:2] == (0, 5)
        assert state_of(seen.load(path))[:2] == (0, 25)
        assert ids_in(seen) == list(range(50))
        assert covered(seen) == [True]

    def test_lines_are_those_of_the_file(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(50)) + '{"id": "x"}\n')
        seen.load(path, "--limit", 20)
        seen.load(path, "--max-rejects", 1)
        assert seen.rejects() == [(51, "id", "22P02")]

    def test_after_too_many_rejects_the_mended_mapping_goes_on(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(500)) + '{"id": "x"}\n' + lines(range(500, 1000)))
        seen.refuse(6, path, *SMALL_SPLITS, "--connections", 1)
        before = ids_in(seen)
        assert 0 < len(before) < 500
        report = seen.load(path, "--max-rejects", 1)
        assert report["documents"] == {"read": 1001 - len(before), "loaded": 1000 - len(before), "skipped": 0, "rejected": 1}
        assert ids_in(seen) == list(range(1000))

    def test_other_documents_are_no_part_of_what_is_in(self, seen: Feed) -> None:
        """Half of an object was loaded by its elements; now it is to be one document."""
        path = seen.file("a.json", '{"d": [{"id": 1}, {"id": 2}, {"id": 3}]}')
        seen.load(path, "--documents", "$.d[*]", "--limit", 2)
        seen.refuse(4, path, "--documents", "$", said=("inside the document at byte 0", "--reload"))


class TestChanges:
    def test_a_changed_file_is_refused(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.file("a.ndjson", lines(range(11)))
        seen.refuse(4, path, said=("a.ndjson", "has changed", "--reload"))
        assert ids_in(seen) == list(range(10))
        assert seen.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "failed"]

    def test_reload_takes_it_again(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.file("a.ndjson", lines(range(11)))
        assert state_of(seen.load(path, "--reload")) == (0, 11, 1)
        assert ids_in(seen) == sorted([*range(10), *range(11)])
        assert seen.query("SELECT generation, load FROM pgfeed.sources ORDER BY source") == [(1, 1), (2, 2)]
        assert state_of(seen.load(path)) == (1, 0, 0)

    @pytest.mark.parametrize("how", [(), ("--reload",)])
    def test_a_reload_that_was_cut_short_is_finished_with_and_without(self, seen: Feed, how: tuple[str, ...]) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.load(path, "--reload", "--limit", 4)
        report = seen.load(path, *how)
        assert state_of(report)[:2] == (0, 6)
        assert "goes on with a --reload" in report["warnings"][0]
        assert ids_in(seen) == sorted([*range(10), *range(10)])
        assert state_of(seen.load(path, "--reload"))[:2] == (0, 10)

    def test_standard_input_that_is_shorter_than_what_is_in_of_it(self, seen: Feed) -> None:
        seen.load("--source-id", "x", "--limit", 5, "-", stdin=lines(range(10)))
        result = seen.run("load", "--source-id", "x", "-", stdin=lines(range(3)))
        assert result.exit_code == 4
        for word in ("standard input has ended after", "pgfeed forget id:NAME"):
            assert word in result.stderr
        assert ids_in(seen) == list(range(5))
        seen.load("--source-id", "x", "-", stdin=lines(range(10)))
        assert ids_in(seen) == list(range(10))

    def test_a_file_that_changed_before_any_of_it_was_in(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", '{"id": "x"}\n')
        seen.refuse(6, path)
        seen.file("a.ndjson", lines(range(2)))
        assert state_of(seen.load(path)) == (0, 2, 1)

    @pytest.mark.parametrize("again", ["", "CREATE TABLE seen (id bigint)"])
    def test_a_table_that_was_dropped(self, seen: Feed, again: str) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.query("DROP TABLE seen;" + again)
        seen.refuse(5, path, said=('table "seen"', "dropped", "--reload"))
        assert state_of(seen.load(path, "--reload")) == (0, 10, 1)
        assert ids_in(seen) == list(range(10))
        assert state_of(seen.load(path)) == (1, 0, 0)

    def test_a_changed_mapping_is_told(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(10)))
        seen.load(path)
        seen.mapping(SEEN + "skip_when: [$.delete]\n")
        (warning,) = seen.load(path)["warnings"]
        assert "mapping of feed seen has changed" in warning
        assert "--reload" in warning
        assert ids_in(seen) == list(range(10))


class TestWithoutAName:
    def test_standard_input_is_taken_each_time_and_told(self, seen: Feed) -> None:
        for _ in range(2):
            (warning,) = seen.load("-", stdin=lines(range(3)))["warnings"]
            assert "--source-id" in warning
        assert ids_in(seen) == [0, 0, 1, 1, 2, 2]

    def test_a_name_makes_it_last(self, seen: Feed) -> None:
        assert state_of(seen.load("-", "--source-id", "x", "--limit", 2, stdin=lines(range(5)))) == (0, 2, 1)
        assert state_of(seen.load("-", "--source-id", "x", stdin=lines(range(5)))) == (0, 3, 1)
        report = seen.load("-", "--source-id", "x", stdin=lines(range(5)))
        assert (state_of(report), report["warnings"]) == ((1, 0, 0), [])
        seen.load("-", "--source-id", "y", stdin=lines(range(5, 6)))
        assert ids_in(seen) == list(range(6))

    def test_a_file_has_a_name_of_its_own(self, seen: Feed) -> None:
        path = seen.file("a.ndjson", lines(range(3)))
        seen.refuse(2, path, "--source-id", "x", said=("--source-id",))


# As the first version that kept a schema made it.
VERSION_1 = """
CREATE SCHEMA pgfeed;
CREATE TABLE pgfeed.version (version integer NOT NULL);
CREATE TABLE pgfeed.loads (
  load bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feed text NOT NULL,
  mapping_hash text NOT NULL,
  role text NOT NULL DEFAULT session_user,
  started timestamptz NOT NULL DEFAULT now(),
  ended timestamptz,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'stopped', 'interrupted'))
);
CREATE TABLE pgfeed.rejects (
  reject bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  load bigint NOT NULL REFERENCES pgfeed.loads,
  feed text NOT NULL,
  source text NOT NULL,
  byte_offset bigint NOT NULL,
  line bigint,
  table_name text,
  column_name text,
  reason text NOT NULL,
  sqlstate text,
  document text NOT NULL,
  encoding text NOT NULL CHECK (encoding IN ('utf8', 'base64')),
  document_size bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('rejected', 'parked', 'stopped', 'settled')),
  rejected_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON pgfeed.rejects (load, state);
CREATE TABLE pgfeed.pending_keys (
  step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  phase smallint NOT NULL,
  feed text NOT NULL,
  table_name text NOT NULL,
  statement text NOT NULL
);
INSERT INTO pgfeed.version VALUES (1);
"""


class TestSchema:
    def test_a_schema_of_version_1_is_brought_up_to_date(self, seen: Feed) -> None:
        seen.query(
            VERSION_1
            + "INSERT INTO pgfeed.loads (feed, mapping_hash, state) VALUES ('feed', 'old', 'running'); INSERT INTO "
            "pgfeed.rejects (load, feed, source, byte_offset, reason, document, encoding, document_size, state) "
            "VALUES (1, 'feed', 'file:///a', 0, 'is wrong', 'x', 'utf8', 1, 'rejected')"
        )
        assert state_of(seen.load(seen.file("a.ndjson", lines(range(3))))) == (0, 3, 1)
        assert seen.query("SELECT load, state FROM pgfeed.loads WHERE load = 2") == [(2, "done")]
        assert seen.query("SELECT load, source, state FROM pgfeed.rejects") == [(1, "file:///a", "rejected")]
        columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'pgfeed' "
        brought_up = seen.query(columns + "ORDER BY 1, 2")
        seen.query("DROP SCHEMA pgfeed CASCADE; TRUNCATE seen")
        seen.load("a.ndjson")
        assert seen.query(columns + "ORDER BY 1, 2") == brought_up


class TestFaults:
    def test_two_at_once_share_the_work(self, seen: Feed) -> None:
        seen.load(seen.file("first.ndjson", lines(range(1))))  # makes the table
        path = seen.file("a.ndjson", lines(range(1, COUNT)))
        both = [start(seen, path, *SMALL_SPLITS), start(seen, path, "--split-size", 7000)]
        reports = [json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0]) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sum(report["documents"]["loaded"] for report in reports) == COUNT - 1
        assert ids_in(seen) == list(range(COUNT))
        assert covered(seen) == [True, True]

    def test_a_claim_waits_for_the_other_and_takes_the_rest(self, seen: Feed) -> None:
        """Another session holds a part of the file, uncommitted; then it commits."""
        seen.load(seen.file("a.ndjson", lines(range(100))), "--limit", 1)
        first = len(lines(range(1))) - 1
        (source,) = seen.values("SELECT source FROM pgfeed.sources")
        part = len(lines(range(50)))
        claim = "INSERT INTO pgfeed.splits (source, span, load, worker) VALUES (%s, int8range(%s, %s), 1, 'w')"
        with psycopg.connect(seen.database.conninfo) as other:
            other.execute(claim, (source, first, part))
            process = start(seen, "a.ndjson")
            while not seen.values(WAITING)[0]:
                assert process.poll() is None
            other.commit()
        report = json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0])
        assert report["documents"] == {"read": 50, "loaded": 50, "skipped": 0, "rejected": 0}
        assert ids_in(seen) == [0, *range(50, 100)]

    @pytest.mark.parametrize("skip", FIRST_SPLITS)
    def test_a_lost_answer_to_a_commit_is_no_loss_and_no_double(self, seen: Feed, proxy: Proxy, skip: int) -> None:
        path = seen.file("a.ndjson", lines(range(COUNT)) + '{"id": "x"}\n')
        lost = proxy.lose_answer_to_commit(skip=skip)
        report = seen.load(path, *SMALL_SPLITS, "--connections", 1, "--max-rejects", 1, to=proxy.conninfo)
        assert lost.wait(TIMEOUT_SECONDS)
        assert report["documents"] == {"read": COUNT + 1, "loaded": COUNT, "skipped": 0, "rejected": 1}
        assert ids_in(seen) == list(range(COUNT))
        assert seen.rejects() == [(COUNT + 1, "id", "22P02")]
        assert covered(seen) == [True]

    @pytest.mark.parametrize("skip", FIRST_SPLITS)
    def test_a_commit_that_was_lost_is_made_again(self, seen: Feed, proxy: Proxy, skip: int) -> None:
        path = seen.file("a.ndjson", lines(range(COUNT)))
        lost = proxy.lose_commit(skip=skip)
        report = seen.load(path, *SMALL_SPLITS, "--connections", 1, to=proxy.conninfo)
        assert lost.wait(TIMEOUT_SECONDS)
        assert report["documents"]["loaded"] == COUNT
        assert ids_in(seen) == list(range(COUNT))

    @pytest.mark.parametrize("count", [30_000, 60_000])
    def test_connections_that_are_cut(self, seen: Feed, proxy: Proxy, count: int) -> None:
        seen.load(seen.file("first.ndjson", lines(range(1))))  # makes table and schema, which would take many of the bytes
        path = seen.file("a.ndjson", lines(range(1, COUNT)))
        cut = proxy.after(count, proxy.cut)
        report = seen.load(path, *SMALL_SPLITS, to=proxy.conninfo)
        assert cut.wait(TIMEOUT_SECONDS)
        assert report["documents"]["loaded"] == COUNT - 1
        assert ids_in(seen) == list(range(COUNT))

    def test_a_server_that_crashes(self, server_feed: Feed, server: Server) -> None:
        server_feed.mapping(SEEN)
        path = server_feed.file("a.ndjson", lines(range(20_000)))
        process = start(server_feed, path, "--split-size", "1KiB")
        while not server_feed.values("SELECT to_regclass('pgfeed.splits') IS NOT NULL")[0]:
            assert process.poll() is None
        while server_feed.values("SELECT count(*) FROM pgfeed.splits")[0] < 20:
            assert process.poll() is None
        server.restart()
        report = json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0])
        assert process.returncode == 0
        assert report["documents"]["read"] >= 20_000  # what the crash took was loaded once more
        assert ids_in(server_feed) == list(range(20_000))
        assert covered(server_feed) == [True]
