"""`--publish atomic`: whoever looks sees all of a load or nothing of it, and what it comes to is what a plain load does."""

from __future__ import annotations

import json
import random
from typing import Any

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from running import WAITS_FOR_TABLE, start
from staging import ATOMIC, COUNT, REJECTS, SEEN, TWO, ids_in, lines

TABLES = ("places", "people", "orders", "items", "notes")

# A root, its children, generated ids, a shared table of the latest, and a child that may come before its parent.
SHOP = """\
feed: FEED
root: FEED.orders
tables:
  FEED.places:
    key: [name]
    surrogate: id
    columns: {name: {path: $.place, type: text}}
  FEED.people:
    key: [id]
    on_duplicate: {latest: seen}
    columns:
      id: {path: $.person.id, type: integer}
      seen: {path: $.at, type: integer}
      name: {path: $.person.name, type: text}
  FEED.orders:
    key: [id]
    on_duplicate: RULE
    foreign_keys: [{columns: [follows], references: FEED.orders}]
    columns:
      id: {path: $.id, type: integer}
      at: {path: $.at, type: integer}
      place: {ref: FEED.places, path: $.place}
      person: {path: $.person.id, type: integer}
      follows: {path: $.follows, type: integer}
  FEED.items:
    foreign_keys: [{columns: [order_id], references: FEED.orders}]
    rows:
      - from: $.items[*]
        columns:
          order_id: {path: $.id, type: integer}
          what: {path: "@.what", type: varchar(12)}
  FEED.notes:
    foreign_keys: [{columns: [id], references: FEED.orders}]
    columns: {id: {path: $.id, type: integer}, note: {path: $.note, type: text}}
"""


def shop(feed: Feed, name: str, rule: str) -> None:
    (feed.folder / f"{name}.yaml").write_text("version: 1\n" + SHOP.replace("FEED", name).replace("RULE", rule))


def orders(chance: random.Random, count: int) -> list[str]:
    """Some come again, some are early, some are broken."""
    lines = []
    for number in range(count):
        order: dict[str, Any] = {
            "id": number if chance.random() < 0.9 else chance.randrange(count),
            "at": chance.randrange(1000),
            "place": f"place {chance.randrange(40)}",
            "person": {"id": chance.randrange(60), "name": f"name {chance.randrange(1000)}"},
            "items": [{"what": f"thing {chance.randrange(99)}"} for _ in range(chance.randrange(4))],
            "note": "n" * chance.randrange(80),
        }
        if chance.random() < 0.05:
            order["follows"] = chance.randrange(count + 20)
        if chance.random() < 0.01:
            order["items"] = [{"what": "much too long for it"}]
        lines.append(json.dumps(order) if chance.random() > 0.01 else '{"id": ' + str(number))
    return lines


def order(number: str) -> str:
    return f'{{"id": {number}, "at": 1, "place": "x", "person": {{"id": 1}}}}\n'


def contents(feed: Feed, name: str) -> dict[str, list[Any]]:
    """All rows of a feed's tables, with names instead of generated ids."""
    rows = {
        table: feed.query(f"SELECT t::text FROM {name}.{table} t ORDER BY 1")
        for table in ("people", "items", "notes")
        if feed.values(f"SELECT to_regclass('{name}.{table}') IS NOT NULL")[0]
    }
    rows["places"] = feed.query(f"SELECT name FROM {name}.places ORDER BY 1")
    rows["orders"] = feed.query(
        f"SELECT o.id, at, p.name, person, follows FROM {name}.orders o LEFT JOIN {name}.places p ON p.id = o.place"
        " ORDER BY 1"
    )
    return rows


def load(feed: Feed, name: str, *arguments: object, exit_code: int = 0, to: str = "") -> dict[str, Any]:
    result = feed.pgfeed("load", "--json", "-m", f"{name}.yaml", "--to", to or feed.database.conninfo, *arguments)
    assert result.exit_code == exit_code, result
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def rejects(feed: Feed, name: str) -> list[tuple[Any, ...]]:
    return feed.query(
        "SELECT source, byte_offset, line, column_name, sqlstate, reason, document, state FROM pgfeed.rejects"
        f" WHERE feed = '{name}' ORDER BY 1, 2, 5, 6"
    )


def without_feed(rows: list[tuple[Any, ...]], name: str) -> list[str]:
    return [str(row).replace(f"{name}.", "") for row in rows]


class TestEquality:
    @pytest.mark.parametrize("rule", ["skip", "update", "error", "{latest: at}"])
    def test_it_is_what_a_load_of_one_worker_comes_to(self, feed: Feed, rule: str) -> None:
        """First into tables that it makes, then into full ones."""
        chance = random.Random(rule)
        for name in ("plain", "atom"):
            shop(feed, name, rule)
        for turn in range(2):
            lines = orders(chance, 800)
            paths = [
                feed.file(f"{turn}-lines.ndjson", "".join(line + "\n" for line in lines[:400])),
                feed.file(f"{turn}-array.json", "[" + ",".join(line for line in lines[400:] if line.endswith("}")) + "]"),
            ]
            common = ("--max-rejects", 2000, "--split-size", "4KiB", *paths)
            plain = load(feed, "plain", "--connections", 1, *common)
            atom = load(feed, "atom", "--publish", "atomic", "--connections", 3, *common)
            assert plain["documents"]["rejected"] > 0
            assert {"read", "loaded", "skipped", "rejected"} == plain["documents"].keys()
            assert atom["documents"] == plain["documents"]
            assert contents(feed, "atom") == contents(feed, "plain")
            assert without_feed(rejects(feed, "atom"), "atom") == without_feed(rejects(feed, "plain"), "plain")
            assert feed.values("SELECT count(*) FROM pgfeed.staged_splits") == [0]
            assert feed.values("SELECT count(*) FROM pgfeed.staged_pieces") == [0]
            nothing = load(feed, "atom", "--publish", "atomic", *common)
            assert (nothing["files_in"], nothing["documents"]["read"]) == (2, 0)

    def test_keys_are_the_same(self, feed: Feed) -> None:
        for name, how in (("plain", ()), ("atom", ("--publish", "atomic"))):
            shop(feed, name, "skip")
            load(feed, name, *how, feed.file("a.ndjson", '{"id": 1, "at": 1, "place": "x", "person": {"id": 1}}\n'))
        constraints = (
            "SELECT replace(conrelid::regclass::text, '{0}.', ''), replace(pg_get_constraintdef(oid), '{0}.', ''), "
            "convalidated FROM pg_constraint WHERE connamespace = '{0}'::regnamespace ORDER BY 1, 2"
        )
        assert feed.query(constraints.format("atom")) == feed.query(constraints.format("plain"))
        assert len(feed.query(constraints.format("atom"))) > 4
        assert feed.values("SELECT count(*) FROM pgfeed.pending_keys") == [0]

    def test_standard_input_and_its_rejects(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        text = lines(range(500)) + '{"id": "x"}\n{"id": 7000000000}\n'
        report = feed.load(*ATOMIC, "--max-rejects", 9, "--source-id", "nightly", "-", stdin=text)
        assert report["documents"] == {"read": 502, "loaded": 500, "skipped": 0, "rejected": 2}
        assert feed.query("SELECT line, document, state FROM pgfeed.rejects ORDER BY 1") == [
            (501, '{"id": "x"}', "rejected"),
            (502, '{"id": 7000000000}', "rejected"),
        ]
        assert feed.load(*ATOMIC, "--source-id", "nightly", "-", stdin=text)["documents"]["read"] == 0

    def test_a_dry_run_leaves_nothing(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        report = feed.load(*ATOMIC, "--dry-run", feed.file("a.ndjson", lines(range(500))))
        assert report["documents"]["loaded"] == 500
        assert feed.values("SELECT to_regclass('seen') IS NULL") == [True]

    def test_an_array_that_breaks_off_behind_a_document_is_told_once(self, feed: Feed) -> None:
        """Its reject has no bytes of its own."""
        feed.mapping(SEEN)
        text = "[" + ",".join(f'{{"id": {number}}}' for number in range(500))
        path = feed.file("a.json", text)
        report = feed.load("--publish", "atomic", "--split-size", "1KiB", "--max-rejects", 1, path)
        assert report["documents"] == {"read": 501, "loaded": 500, "skipped": 0, "rejected": 1}
        assert feed.values("SELECT count(*) FROM pgfeed.rejects") == [1]


class TestVisibility:
    def test_all_or_nothing_is_seen(self, feed: Feed) -> None:
        """The publication waits before the second table: the first one's rows are not seen, though it has written them."""
        feed.mapping(TWO)
        feed.load(feed.file("a.ndjson", lines(range(1))))
        both = "SELECT (SELECT count(*) FROM first), (SELECT count(*) FROM second)"
        with psycopg.connect(feed.database.conninfo) as other:
            other.execute("LOCK TABLE second IN SHARE MODE")
            process = start(feed, *ATOMIC, feed.file("b.ndjson", lines(range(1, COUNT))))
            while not feed.values(WAITS_FOR_TABLE)[0]:
                assert process.poll() is None
            assert feed.query(both) == [(1, 1)]
            other.commit()
        while (seen := feed.query(both)[0]) != (COUNT, COUNT):
            assert seen == (1, 1)
        process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 0

    def test_tables_that_it_makes_come_with_their_rows(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        process = start(feed, *ATOMIC, feed.file("a.ndjson", lines(range(COUNT))))
        while process.poll() is None:
            assert len(ids_in(feed)) in (0, COUNT)
            if feed.values("SELECT to_regclass('seen') IS NOT NULL")[0]:
                assert len(ids_in(feed)) == COUNT
        process.communicate(timeout=TIMEOUT_SECONDS)
        assert ids_in(feed) == list(range(COUNT))


class TestLimit:
    def test_over_the_limit_while_reading_nothing_is_loaded(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(200)) + '{"id": "x"}\n' + lines(range(200, 300)))
        feed.refuse(REJECTS, *ATOMIC, path, said=("more than 0 rejects", "nothing was loaded", "pgfeed drop"))
        assert ids_in(feed) == []
        assert feed.query("SELECT line, document, state FROM pgfeed.rejects") == [(201, '{"id": "x"}', "stopped")]
        assert feed.values("SELECT state FROM pgfeed.loads") == ["stopped"]
        report = feed.load(*ATOMIC, "--max-rejects", 1, path)
        assert report["documents"] == {"read": 301, "loaded": 300, "skipped": 0, "rejected": 1}
        assert ids_in(feed) == list(range(300))
        assert feed.query("SELECT load, state FROM pgfeed.rejects ORDER BY 1") == [(1, "stopped"), (2, "rejected")]

    def test_over_the_limit_by_the_servers_word_nothing_is_loaded(self, feed: Feed) -> None:
        feed.mapping(SEEN)
        feed.load(feed.file("first.ndjson", lines(range(1))))
        feed.query("ALTER TABLE seen ADD CHECK (id % 100 <> 7)")
        path = feed.file("a.ndjson", lines(range(1, 300)))
        feed.refuse(REJECTS, *ATOMIC, "--max-rejects", 1, path, said=("more than 1 rejects", "nothing was loaded"))
        assert ids_in(feed) == [0]
        stopped = feed.values("SELECT document FROM pgfeed.rejects WHERE state = 'stopped' ORDER BY byte_offset")
        assert [json.loads(document)["id"] for document in stopped] == [7, 107]
        report = feed.load(*ATOMIC, "--max-rejects", 3, path)
        assert report["documents"]["rejected"] == 3
        assert ids_in(feed) == [number for number in range(300) if number % 100 != 7]
        assert feed.values("SELECT line FROM pgfeed.rejects WHERE load = 3 ORDER BY 1") == [7, 107, 207]

    @pytest.mark.parametrize(("limit", "loaded"), [("0.9%", 0), ("1%", 297)])
    def test_a_percentage_is_judged_before_anything_is_seen(self, feed: Feed, limit: str, loaded: int) -> None:
        feed.mapping(SEEN)
        path = feed.file("a.ndjson", lines(range(297)) + 3 * '{"id": "x"}\n')
        result = feed.run("load", *ATOMIC, "--max-rejects", limit, path)
        assert result.exit_code == (0 if loaded else REJECTS)
        assert len(ids_in(feed)) == loaded
        assert feed.values("SELECT count(*) FROM pgfeed.rejects") == [3]

    def test_documents_that_wait_for_a_row_that_never_comes(self, feed: Feed) -> None:
        shop(feed, "atom", "skip")
        load(feed, "atom", feed.file("first.ndjson", order("0")))
        path = feed.file("a.ndjson", order('1, "follows": 9') + order('2, "follows": 3') + order("3"))
        load(feed, "atom", "--publish", "atomic", path, exit_code=REJECTS)
        assert feed.values("SELECT id FROM atom.orders") == [0]
        load(feed, "atom", "--publish", "atomic", "--max-rejects", 1, path)
        assert feed.values("SELECT id FROM atom.orders ORDER BY 1") == [0, 2, 3]
        assert feed.query("SELECT line, state FROM pgfeed.rejects ORDER BY reject") == [(1, "stopped"), (1, "rejected")]
