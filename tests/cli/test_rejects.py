"""Documents that do not go in: what the server refuses, what is kept of them, and when a load stops."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import Any

import pytest
from feed import Feed

RULES = {"plain": "", "skip": "on_duplicate: skip", "update": "on_duplicate: update", "fill": "on_duplicate: fill"}
ITEMS = """
root: %s
tables:
  items:
    key: [id]
    %s
    columns:
      id: {path: $.id, type: integer}
      n: {path: $.n}
      code: {path: $.code}
  parts:
    from: $.parts[*]
    columns: {item: {path: $.id, type: integer}, part: "@"}
"""
NOISE = "".join(random.Random(1).choices(string.ascii_letters, k=9000))  # which cannot be compressed to fit an index page
# What the server checks, a document that it refuses, and with what.
REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "check": ("ALTER TABLE items ADD CHECK (n < 100)", {"n": 100}, "23514"),
    "not null": ("ALTER TABLE items ALTER n SET NOT NULL", {"n": None}, "23502"),
    "domain": (
        "CREATE DOMAIN small AS integer CHECK (VALUE < 100); ALTER TABLE items ALTER n TYPE small",
        {"n": 100},
        "23514",
    ),
    "long": ("CREATE DOMAIN short AS varchar(20); ALTER TABLE items ALTER code TYPE short", {"code": "x" * 21}, "22001"),
    "unique": ("CREATE UNIQUE INDEX ON items (code); INSERT INTO items VALUES (-1, 0, 'taken')", {"code": "taken"}, "23505"),
    "index row": ("CREATE INDEX ON items (code)", {"code": NOISE}, "54000"),
    "trigger": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.n = 77 THEN "
        "RAISE EXCEPTION 'no 77' USING ERRCODE = 'P0077'; END IF; RETURN NEW; END$$; "
        "CREATE TRIGGER refuse BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION refuse()",
        {"n": 77},
        "P0077",
    ),
    "deferred trigger": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.n = 77 THEN "
        "RAISE EXCEPTION 'no 77' USING ERRCODE = 'P0077'; END IF; RETURN NEW; END$$; "
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION refuse()",
        {"n": 77},
        "P0077",
    ),
}


def prepare(feed: Feed, check: str, rule: str = "", root: str = "items") -> None:
    feed.mapping((ITEMS % (root, rule)).replace("root: \n", ""))
    feed.query("CREATE TABLE items (id integer PRIMARY KEY, n integer, code text)")
    feed.query("CREATE TABLE parts (item integer, part text)")
    feed.query(check)


def item(number: int, **other: object) -> dict[str, Any]:
    return {"id": number, "n": 1, "code": f"c{number}", "parts": ["a", "b"]} | other


@pytest.mark.parametrize("bad", [{5}, set(range(3, 60, 10)), set(range(100)) - {0, 50, 99}], ids=["one", "1 in 10", "most"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_the_rest_of_the_split_goes_in(feed: Feed, refusal: str, rule: str, bad: set[int]) -> None:
    check, wrong, sqlstate = REFUSALS[refusal]
    prepare(feed, check, RULES[rule], root="" if rule == "fill" else "items" if rule != "update" else "")
    count = 100 if len(bad) > 50 else 60
    documents = [item(n, **(wrong if n in bad else {})) for n in range(count)]
    report = feed.load(feed.documents(*documents), "--max-rejects", 100, "--connections", 1)
    good = sorted(set(range(count)) - bad)
    assert report["documents"] == {"read": count, "loaded": len(good), "skipped": 0, "rejected": len(bad)}
    assert feed.values("SELECT id FROM items WHERE id >= 0 ORDER BY id") == good
    assert feed.query("SELECT item, part FROM parts ORDER BY item, part") == [(n, part) for n in good for part in "ab"]
    assert feed.query("SELECT line, sqlstate FROM pgfeed.rejects ORDER BY line") == [(n + 1, sqlstate) for n in sorted(bad)]
    if refusal != "deferred trigger":  # the server does not say whose trigger it was
        assert feed.values("SELECT DISTINCT table_name FROM pgfeed.rejects") == ["items"]


def test_a_null_in_a_document_that_is_there_is_no_reject(feed: Feed) -> None:
    """Under `skip` nothing of it is written, so no column refuses it."""
    prepare(feed, "ALTER TABLE parts ALTER part SET NOT NULL", RULES["skip"])
    feed.load(feed.documents(item(1), item(2)))
    again = [item(1, parts=[None]), item(3, parts=["a", None]), item(2), item(4), item(4, parts=[None])]
    report = feed.load(feed.documents(*again), "--max-rejects", 1)
    assert report["documents"] == {"read": 5, "loaded": 1, "skipped": 3, "rejected": 1}
    assert feed.query("SELECT line, table_name, column_name, sqlstate FROM pgfeed.rejects") == [
        (2, "parts", "part", "23502")
    ]
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 2, 4]


@pytest.mark.parametrize("rule", ["skip", "fill"])
def test_a_null_in_a_row_that_is_there_is_no_reject(feed: Feed, rule: str) -> None:
    feed.query("CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL); INSERT INTO users VALUES (1, 'Ada')")
    feed.mapping(
        f"tables: {{users: {{key: [id], on_duplicate: {rule}, shared: true, columns: {{id: $.id, name: $.name}}}}}}"
    )
    report = feed.load(feed.documents({"id": 1}, {"id": 2}, {"id": 3, "name": "Grace"}), "--max-rejects", 1)
    assert report["documents"] == {"read": 3, "loaded": 2, "skipped": 0, "rejected": 1}
    assert feed.query("SELECT * FROM users ORDER BY id") == [(1, "Ada"), (3, "Grace")]
    assert feed.rejects() == [(2, "name", "23502")]


def test_nulls_are_found_before_the_server_refuses_them(feed: Feed) -> None:
    """However many there are, each row that goes in is sent once."""
    columns = "ALTER TABLE items ALTER n SET NOT NULL, ADD sent serial; ALTER TABLE parts ALTER part SET NOT NULL"
    prepare(feed, columns, RULES["skip"])
    documents = [item(n, n=None if n % 2 else 1, parts=[None if n % 3 else "a"]) for n in range(60)]
    feed.load(feed.documents(*documents), "--max-rejects", 50)
    assert feed.values("SELECT id FROM items ORDER BY id") == list(range(0, 60, 6))
    assert feed.values("SELECT last_value::int FROM items_sent_seq") == [10]


def test_the_merge_path_refuses_just_one_document(feed: Feed) -> None:
    prepare(feed, "ALTER TABLE items ADD CHECK (n < 100)", "on_duplicate: update", root="")
    feed.load(feed.documents(*(item(n) for n in range(50))))
    feed.load(feed.documents(*(item(n, n=100 if n % 25 == 7 else 2) for n in range(50))), "--max-rejects", 2)
    assert feed.query("SELECT id, n FROM items ORDER BY id") == [(n, 1 if n % 25 == 7 else 2) for n in range(50)]


def test_a_reject_takes_all_rows_of_its_document(feed: Feed) -> None:
    prepare(feed, "ALTER TABLE parts ADD CHECK (part <> 'no')")
    feed.load(feed.documents(item(1), item(2, parts=["a", "no", "b"]), item(3, n="many")), "--max-rejects", 2)
    assert feed.values("SELECT id FROM items") == [1]
    assert feed.query("SELECT item, part FROM parts ORDER BY part") == [(1, "a"), (1, "b")]
    assert feed.query("SELECT line, table_name, column_name, sqlstate FROM pgfeed.rejects ORDER BY line") == [
        (2, "parts", None, "23514"),
        (3, "items", "n", "22P02"),
    ]


def test_places_are_exact_in_a_file_of_many_splits(feed: Feed) -> None:
    prepare(feed, "ALTER TABLE items ADD CHECK (n < 100)")
    content, places = b"", []
    for n in range(300):
        text = json.dumps(item(n, n=100 if n % 40 == 3 else 1, code="é" * (n % 30)), ensure_ascii=False).encode()
        if n % 40 in (3, 20):
            text = text if n % 40 == 3 else b'{"id": "x%d"}' % n
            places.append((len(content), content.count(b"\n") + 1, text.decode()))
        content += text + (b" " if n % 40 == 20 else b"\n\n" if n % 7 == 0 else b"\n")
    feed.load(feed.file("many.ndjson", content), "--split-size", 900, "--max-rejects", 100)
    found = feed.query("SELECT byte_offset, line, document FROM pgfeed.rejects ORDER BY byte_offset")
    assert found == places
    assert feed.values("SELECT DISTINCT source FROM pgfeed.rejects") == [(feed.folder / "many.ndjson").as_uri()]


@pytest.mark.parametrize("limit", ["0", "1", "2"])
def test_over_the_limit_the_load_stops(feed: Feed, limit: str) -> None:
    prepare(feed, "ALTER TABLE items ADD CHECK (n < 100)")
    documents = feed.documents(item(1), item(2, n=100), item(3), item(4, n=100), item(5), item(6, n=100), item(7))
    result = feed.run("load", documents, "--split-size", 1, "--connections", 1, "--max-rejects", limit, "--rejects", "out")
    assert result.exit_code == 6, result
    stopped_at = 2 + 2 * int(limit)
    assert feed.values("SELECT id FROM items ORDER BY id") == [n for n in (1, 3, 5, 7) if n < stopped_at]
    kept = [(line, "rejected") for line in range(2, stopped_at, 2)] + [(stopped_at, "stopped")]
    assert feed.query("SELECT line, state FROM pgfeed.rejects ORDER BY line") == kept
    assert feed.values("SELECT state FROM pgfeed.loads") == ["stopped"]
    exported = [json.loads(line) for line in (feed.folder / "out").read_text(encoding="utf-8").splitlines()]
    assert [(each["line"], each["state"]) for each in exported] == kept
    for line in range(2, stopped_at + 1, 2):
        assert f":{line}" in result.stderr or f"line {line}" in result.stderr


@pytest.mark.parametrize(("limit", "exit_code"), [("10%", 0), ("9.9%", 6), ("100%", 0)])
def test_a_percentage_is_judged_at_the_end(feed: Feed, limit: str, exit_code: int) -> None:
    prepare(feed, "ALTER TABLE items ADD CHECK (n < 100)")
    documents = feed.documents(*(item(n, n=100 if n in (0, 5) else 1) for n in range(20)))
    result = feed.run("load", documents, "--max-rejects", limit, "--split-size", 100, "--rejects", "out")
    assert result.exit_code == exit_code, result
    assert feed.query("SELECT count(*) FROM items") == [(18,)]
    assert len((feed.folder / "out").read_text(encoding="utf-8").splitlines()) == 2


def test_what_is_exported(feed: Feed) -> None:
    prepare(feed, "SELECT 1")
    lines = [
        json.dumps(item(1)).encode(),
        b'{"id": 2, "code": "\xff"}',
        b'{"id": 3, "n": "many"}',
        json.dumps(item(4, code="z" * 90_000)).encode(),
        json.dumps(item(5)).encode(),
    ]
    path = feed.file("in.ndjson", b"\n".join(lines) + b"\n")
    feed.load(path, "--max-rejects", 3, "--rejects", "out", "--max-document", 80_000)
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 5]
    utf8, number, large = (json.loads(line) for line in (feed.folder / "out").read_text(encoding="utf-8").splitlines())
    assert (utf8["encoding"], base64.b64decode(utf8["document"])) == ("base64", lines[1])
    assert (number["encoding"], number["document"]) == ("utf8", lines[2].decode())
    assert (number["table"], number["column"], number["sqlstate"], number["line"]) == ("items", "n", "22P02", 3)
    assert number["offset"] == len(lines[0]) + len(lines[1]) + 2
    assert number["source"] == path.as_uri()
    assert (large["document_size"], large["sqlstate"]) == (len(lines[3]), "54000")
    assert large["document"] == lines[3].decode()[: len(large["document"])]
    assert 0 < len(large["document"]) <= 64 << 10


@pytest.mark.parametrize("created", [True, False])
def test_dry_run_leaves_nothing(feed: Feed, created: bool) -> None:
    everything = "SELECT oid, nspname FROM pg_namespace ORDER BY oid", "SELECT oid, relname FROM pg_class WHERE oid > 16000"
    if created:
        feed.mapping((ITEMS % ("items", "on_duplicate: skip")).replace("$.n}", "$.n, type: integer}"))
    else:
        prepare(feed, "ALTER TABLE items ADD CHECK (n < 100); INSERT INTO items VALUES (1)")
    before = [feed.query(each) for each in everything]
    documents = [item(n, n="many" if created and n == 5 else 100 if n == 5 else 1) for n in range(2, 10)]
    result = feed.run("load", feed.documents(*documents), "--dry-run", "--max-rejects", 1, "--split-size", 200, "--json")
    assert result.exit_code == 0, result
    report = json.loads(result.stdout)
    assert report["documents"] == {"read": 8, "loaded": 7, "skipped": 0, "rejected": 1}
    assert [feed.query(each) for each in everything] == before
    if not created:
        assert feed.query("SELECT * FROM items") == [(1, None, None)]
    refused = feed.run("load", feed.documents(*documents), "--dry-run")
    assert refused.exit_code == 6
    assert [feed.query(each) for each in everything] == before


@pytest.mark.parametrize("rule", ["skip", "update", "fill", "{latest: n}"])
def test_dry_run_merges_across_splits(feed: Feed, rule: str) -> None:
    prepare(feed, "SELECT 1", f"on_duplicate: {rule}", root="")
    documents = [item(n % 5, n=n) for n in range(20)]
    report = feed.load(feed.documents(*documents), "--dry-run", "--split-size", 1)
    counts = report["tables"][0]
    assert counts["inserted"] == 5
    assert counts["merged"] + counts["already_there"] == 15
    assert feed.query("SELECT count(*) FROM items") == [(0,)]


# What table `r (id integer primary key, a text not null, v integer)` refuses besides, and a row of id 1 that it would.
# Under `fill` it gives nothing: the old row has values. Under `latest` it is older.
LOSERS: dict[str, tuple[str, dict[str, Any]]] = {
    "not null": ("", {"id": 1, "a": None, "v": 4}),
    "check": ("ALTER TABLE r ADD CHECK (a <> 'bad')", {"id": 1, "a": "bad", "v": 4}),
    "foreign key": (
        "CREATE TABLE words (a text PRIMARY KEY); INSERT INTO words VALUES ('x'), ('b'); "
        "ALTER TABLE r ADD FOREIGN KEY (a) REFERENCES words",
        {"id": 1, "a": "unknown", "v": 4},
    ),
    "deferred foreign key": (
        "CREATE TABLE words (a text PRIMARY KEY); INSERT INTO words VALUES ('x'), ('b'); "
        "ALTER TABLE r ADD FOREIGN KEY (a) REFERENCES words DEFERRABLE INITIALLY DEFERRED",
        {"id": 1, "a": "unknown", "v": 4},
    ),
}


@pytest.mark.parametrize("before", [0, 1, 20])
@pytest.mark.parametrize("key", ["integer", "numeric"])
@pytest.mark.parametrize("rule", ["skip", "fill", "{latest: v}"])
@pytest.mark.parametrize("refusal", LOSERS)
def test_a_row_that_gives_way_may_hold_what_it_likes(feed: Feed, refusal: str, rule: str, key: str, before: int) -> None:
    """Whichever rows are beside it in its split, of its key or of others."""
    check, loser = LOSERS[refusal]
    feed.query(
        f"CREATE TABLE r (id {key} PRIMARY KEY, a text NOT NULL, v integer); INSERT INTO r VALUES (1, 'x', 5); {check}"
    )
    feed.mapping(f"tables: {{r: {{key: [id], on_duplicate: {rule}, shared: false, columns: {{id: $.id, a: $.a, v: $.v}}}}}}")
    others = [{"id": 1, "a": "b", "v": 3} if n == 0 else {"id": n + 10, "a": "b", "v": 3} for n in range(before)]
    refused = {"id": 2, "a": loser["a"], "v": 4}
    documents = feed.documents(*others, loser, refused)
    report = feed.load(documents, "--max-rejects", 1, "--connections", 1)
    assert report["documents"] == {"read": before + 2, "loaded": before + 1, "skipped": 0, "rejected": 1}
    assert feed.values("SELECT line FROM pgfeed.rejects") == [before + 2]
    assert feed.query("SELECT id::int, a, v FROM r ORDER BY id") == [(1, "x", 5)] + [
        (n + 10, "b", 3) for n in range(1, before)
    ]


@pytest.mark.parametrize("numbers", [("1", "1"), ("1.0", "1.00")])
def test_a_row_gives_way_to_one_of_its_split(feed: Feed, numbers: tuple[str, str]) -> None:
    """Also where the server alone sees that their keys are equal."""
    feed.query("CREATE TABLE r (id numeric PRIMARY KEY, a text NOT NULL)")
    feed.mapping("tables: {r: {key: [id], on_duplicate: skip, columns: {id: $.id, a: $.a}}}")
    first, second = numbers
    report = feed.load(feed.documents(f'{{"id": {first}, "a": "good"}}', f'{{"id": {second}}}', '{"id": 3, "a": "b"}'))
    assert report["documents"] == {"read": 3, "loaded": 3, "skipped": 0, "rejected": 0}
    assert feed.query("SELECT id::int, a FROM r ORDER BY id") == [(1, "good"), (3, "b")]
