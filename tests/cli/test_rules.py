"""What becomes of a row whose key is there already: error, skip, update, fill and latest."""

from __future__ import annotations

import random
from typing import Any

import pytest
from feed import Feed

PEOPLE = """
tables:
  people:
    key: [id]
    on_duplicate: %s
    shared: %s
    columns:
      id: {path: $.id, type: bigint}
      name: {path: $.name, type: text}
      city: {path: $.city, type: text}
      seen: {path: $.seen, type: %s}
"""
TABLE = "CREATE TABLE people (id bigint PRIMARY KEY, name text, city text, seen %s)"
ONE_BY_ONE = ("--split-size", 1, "--connections", 1)  # each document in a split of its own, in order
FIRST = {"id": 1, "name": "Ada", "seen": 5}
SECOND = {"id": 1, "name": None, "city": "Bonn", "seen": 4}
OTHER = {"id": 2, "name": "Grace"}
# The one row of id 1 after FIRST and then SECOND, and how SECOND is counted where they come in two loads.
OUTCOMES: dict[str, tuple[tuple[Any, ...], str]] = {
    "skip": ((1, "Ada", None, 5), "already_there"),
    "update": ((1, None, "Bonn", 4), "merged"),
    "fill": ((1, "Ada", "Bonn", 5), "merged"),
    "{latest: seen}": ((1, "Ada", None, 5), "already_there"),
}


def prepare(feed: Feed, rule: str, *, shared: bool = False, seen: str = "integer", there: bool = True) -> None:
    feed.mapping(PEOPLE % (rule, str(shared).lower(), seen))
    if there:
        feed.query(TABLE % seen)


def people(feed: Feed) -> list[tuple[Any, ...]]:
    return feed.query("SELECT id, name, city, seen FROM people ORDER BY id")


def table_counts(report: dict[str, Any], name: str = "people") -> dict[str, int]:
    (table,) = (each for each in report["tables"] if each["name"] == name)
    return {count: table[count] for count in ("inserted", "merged", "already_there")}


@pytest.mark.parametrize("there", [True, False], ids=["there", "created"])
@pytest.mark.parametrize("options", [("--connections", 1), ("--connections", 4), ONE_BY_ONE], ids=str)
@pytest.mark.parametrize("rule", OUTCOMES)
def test_rule_within_a_load(feed: Feed, rule: str, options: tuple[object, ...], there: bool) -> None:
    prepare(feed, rule, there=there)
    report = feed.load(feed.documents(FIRST, OTHER, SECOND), *options)
    assert people(feed) == [OUTCOMES[rule][0], (2, "Grace", None, None)]
    assert report["documents"] == {"read": 3, "loaded": 3, "skipped": 0, "rejected": 0}
    assert table_counts(report)["inserted"] >= 2


@pytest.mark.parametrize("shared", [False, True], ids=["unshared", "shared"])
@pytest.mark.parametrize("rule", OUTCOMES)
def test_rule_across_loads(feed: Feed, rule: str, shared: bool) -> None:
    prepare(feed, rule, shared=shared)
    feed.load(feed.documents(FIRST))
    report = feed.load(feed.documents(SECOND, OTHER))
    row, counted = OUTCOMES[rule]
    assert people(feed) == [row, (2, "Grace", None, None)]
    assert table_counts(report) == {"inserted": 1, "merged": 0, "already_there": 0} | {counted: 1}


@pytest.mark.parametrize("rule", OUTCOMES)
def test_same_documents_again_change_nothing(feed: Feed, rule: str) -> None:
    prepare(feed, rule)
    documents = feed.documents(FIRST, OTHER)
    feed.load(documents)
    before = feed.query("SELECT xmin::text, ctid::text, id FROM people ORDER BY id")
    report = feed.load("--reload", documents)
    assert feed.query("SELECT xmin::text, ctid::text, id FROM people ORDER BY id") == before
    assert table_counts(report) == {"inserted": 0, "merged": 0, "already_there": 2}


@pytest.mark.parametrize("options", [(), ONE_BY_ONE], ids=["one split", "three splits"])
def test_error_rejects_the_later_document(feed: Feed, options: tuple[object, ...]) -> None:
    prepare(feed, "error")
    report = feed.load(feed.documents(FIRST, OTHER, SECOND), "--max-rejects", 1, *options)
    assert people(feed) == [(1, "Ada", None, 5), (2, "Grace", None, None)]
    assert report["documents"] == {"read": 3, "loaded": 2, "skipped": 0, "rejected": 1}
    assert feed.query("SELECT line, table_name, sqlstate, state FROM pgfeed.rejects") == [(3, "people", "23505", "rejected")]


def test_error_rejects_what_an_earlier_load_brought(feed: Feed) -> None:
    prepare(feed, "error")
    feed.load(feed.documents(FIRST))
    feed.load(feed.documents(OTHER, SECOND), "--max-rejects", 1)
    assert people(feed) == [(1, "Ada", None, 5), (2, "Grace", None, None)]
    assert feed.query("SELECT line, sqlstate FROM pgfeed.rejects") == [(2, "23505")]


def test_rows_of_one_document_are_merged_first(feed: Feed) -> None:
    feed.mapping("""
tables:
  tags: {key: [tag], from: "$.tags[*]", columns: {tag: {path: "@.t", type: text}, at: {path: "@.at", type: integer}}}
""")
    feed.load(feed.documents({"tags": [{"t": "a", "at": 1}, {"t": "b"}, {"t": "a", "at": 2}]}))
    assert feed.query("SELECT tag, at FROM tags ORDER BY tag") == [("a", 1), ("b", None)]


DECIDERS: dict[str, list[object]] = {
    "integer": [None, -3, 0, 7, 7, 12],
    "bigint": [None, -(2**62), 2**33, 2**62],
    "numeric": [None, -1, "1.0", 1, "1.00", "10", 9.5],
    "text": [None, "", "10", "9", "é", "Z"],
    "timestamptz": [None, "2024-01-01T00:00:00Z", "2024-01-01T01:00:00+02:00", "1999-12-31T23:59:59.999999Z"],
    "date": [None, "2024-02-29", "1900-01-01"],
    "double precision": [None, -0.5, 1e300, 3],
}


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("seen", DECIDERS)
def test_latest_is_the_same_in_any_order(feed: Feed, seen: str, connections: int) -> None:
    """The row with the greatest value in the column that decides, by the server's own order; ties by the other columns."""
    prepare(feed, "{latest: seen}", seen=seen)
    documents: list[object] = [
        {"id": number % 5, "name": random.Random(number).choice([None, "a", "b"]), "city": city, "seen": value}
        for number in range(20)
        for value in DECIDERS[seen]
        for city in (None, "x", "y")
    ]
    feed.query("CREATE TABLE all_of_them AS TABLE people WITH NO DATA")
    outcomes = []
    for seed in range(3):
        random.Random(seed).shuffle(documents)
        feed.query("TRUNCATE people")
        feed.load(feed.documents(*documents), "--split-size", 700, "--connections", connections)
        outcomes.append(people(feed))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    feed.mapping((PEOPLE % ("error", "false", seen)).replace("key: [id]", "").replace("people:", "all_of_them:"))
    feed.load(feed.documents(*documents))
    best = feed.query("SELECT id, max(seen) FROM all_of_them GROUP BY id ORDER BY id")
    assert [(row[0], row[3]) for row in outcomes[0]] == best


def test_null_is_least_for_latest(feed: Feed) -> None:
    prepare(feed, "{latest: seen}")
    for documents in ([{"id": 1, "name": "mention"}], [{"id": 1, "name": "profile", "seen": -9}], [{"id": 1, "name": "z"}]):
        feed.load(feed.documents(*documents))
    assert people(feed) == [(1, "profile", None, -9)]


@pytest.mark.parametrize("rule", ["fill", "{latest: seen}"])
def test_mention_first_and_profile_later_in_one_load(feed: Feed, rule: str) -> None:
    """What a worker remembers of keys that it merged must not keep a fuller row out."""
    prepare(feed, rule, shared=True)
    mention, profile = {"id": 1}, {"id": 1, "name": "Ada", "city": "Bonn", "seen": 1}
    feed.load(feed.documents(mention, mention, profile, mention), *ONE_BY_ONE)
    assert people(feed) == [(1, "Ada", "Bonn", 1)]


def test_fill_keeps_what_is_there(feed: Feed) -> None:
    prepare(feed, "fill")
    feed.query("INSERT INTO people VALUES (1, NULL, 'Rome', NULL), (2, 'x', 'y', 3)")
    given = [{"id": 1, "name": "Ada", "city": "Bonn"}, {"id": 1, "seen": 8}, {"id": 2, "name": "no"}]
    report = feed.load(feed.documents(*given))
    assert people(feed) == [(1, "Ada", "Rome", 8), (2, "x", "y", 3)]
    assert table_counts(report) == {"inserted": 0, "merged": 1, "already_there": 1}


def test_keys_that_only_the_server_holds_for_equal(feed: Feed) -> None:
    feed.mapping("tables: {n: {key: [k], on_duplicate: {latest: v}, columns: {k: $.k, v: $.v}}}")
    feed.query("CREATE TABLE n (k numeric PRIMARY KEY, v integer)")
    feed.load(feed.documents('{"k":1.0,"v":1}', '{"k":1.00,"v":3}', '{"k":1,"v":2}'))
    assert feed.query("SELECT k = 1, v FROM n") == [(True, 3)]


def test_null_in_a_key_is_a_reject(feed: Feed) -> None:
    prepare(feed, "skip")
    feed.load(feed.documents({"name": "nobody"}, FIRST), "--max-rejects", 1)
    assert people(feed) == [(1, "Ada", None, 5)]
    assert feed.rejects() == [(1, "id", "23502")]


def test_rule_in_a_partitioned_table(feed: Feed) -> None:
    prepare(feed, "update", there=False)
    feed.query("CREATE TABLE people (id bigint PRIMARY KEY, name text, city text, seen integer) PARTITION BY RANGE (id)")
    feed.query("CREATE TABLE people_low PARTITION OF people FOR VALUES FROM (0) TO (2)")
    feed.query("CREATE TABLE people_high PARTITION OF people FOR VALUES FROM (2) TO (9)")
    feed.load(feed.documents(FIRST))
    report = feed.load(feed.documents(SECOND, OTHER))
    assert table_counts(report) == {"inserted": 1, "merged": 1, "already_there": 0}
    assert people(feed) == [OUTCOMES["update"][0], (2, "Grace", None, None)]
    assert feed.query("SELECT id FROM people_high") == [(2,)]


@pytest.mark.parametrize("shared", [True, False])
def test_fill_takes_nothing_from_a_document_that_is_rejected_later(feed: Feed, shared: bool) -> None:
    feed.query("CREATE TABLE items (id integer PRIMARY KEY, a text, b text); CREATE TABLE seen (n integer CHECK (n < 10))")
    feed.mapping(
        "tables:\n"
        f"  items: {{key: [id], on_duplicate: fill, shared: {str(shared).lower()}, columns: {{id: $.id, a: $.a, b: $.b}}}}\n"
        "  seen: {columns: {n: $.n}}\n"
    )
    documents = [{"id": 1, "a": "first", "n": 1}, {"id": 1, "b": "refused", "n": 10}, {"id": 2, "a": "other", "n": 2}]
    feed.load("--max-rejects", 1, feed.documents(*documents))
    # A shared row stands on its own, and may outlive its document.
    assert feed.query("SELECT * FROM items ORDER BY id") == [(1, "first", "refused" if shared else None), (2, "other", None)]
    assert feed.values("SELECT n FROM seen ORDER BY n") == [1, 2]


def test_fill_over_many_rows_with_hot_text_keys(feed: Feed) -> None:
    feed.mapping(
        "tables:\n  users: {key: [name], on_duplicate: fill, columns: {name: {path: $.name, type: text}, a: $.a, b: $.b}}\n"
    )
    names = [f"https://example.org/{n % 37}" for n in range(1000)]
    documents = [{"name": name, "ab"[n % 2]: f"value {n}"} for n, name in enumerate(names)]
    expected: dict[str, dict[str, str]] = {}
    for document in documents:
        user = expected.setdefault(document["name"], {})
        for column in set(document) - {"name"}:
            user.setdefault(column, document[column])
    feed.load(feed.documents(*documents), "--connections", 1)
    assert feed.query('SELECT * FROM users ORDER BY name COLLATE "C"') == [
        (name, expected[name].get("a"), expected[name].get("b")) for name in sorted(expected)
    ]


@pytest.mark.parametrize(
    ("rule", "row"), [("skip", (1, None)), ("update", (None, 3)), ("fill", (1, 2)), ("{latest: c}", (None, 2))]
)
@pytest.mark.parametrize("split", ["1", "1MiB"])
def test_keys_of_one_split_that_only_the_server_holds_for_equal(
    feed: Feed, rule: str, row: tuple[Any, ...], split: str
) -> None:
    feed.query("CREATE TABLE items (id numeric PRIMARY KEY, a integer, b integer, c integer)")
    feed.mapping(f"tables: {{items: {{key: [id], on_duplicate: {rule}, columns: {{id: $.id, a: $.a, b: $.b, c: $.c}}}}}}")
    documents = ['{"id": 1.00, "a": 1, "c": 1}', '{"id": 1, "b": 2, "c": 3}', '{"id": 1.0, "b": 3, "c": 2}', '{"id": 7}']
    feed.load(feed.file("items.ndjson", "\n".join(documents)), "--connections", 1, "--split-size", split)
    assert feed.query("SELECT a, b FROM items ORDER BY id") == [row, (None, None)]


def test_under_error_a_document_takes_the_place_of_one_that_is_refused(feed: Feed) -> None:
    feed.query("CREATE TABLE items (id integer PRIMARY KEY, n integer CHECK (n > 0))")
    feed.mapping("tables: {items: {key: [id], columns: {id: $.id, n: $.n}}}")
    documents = [{"id": 1, "n": -1}, {"id": 1, "n": 5}, {"id": 1, "n": 6}, {"id": 2, "n": 7}]
    report = feed.load("--max-rejects", 2, feed.documents(*documents))
    assert (report["documents"]["loaded"], report["documents"]["rejected"]) == (2, 2)
    assert feed.query("SELECT * FROM items ORDER BY id") == [(1, 5), (2, 7)]
    assert sorted(feed.values("SELECT sqlstate FROM pgfeed.rejects")) == ["23505", "23514"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("split", ["1", "1MiB"])
def test_latest_settles_ties_of_values_that_are_equal_and_not_the_same(feed: Feed, order: int, split: str) -> None:
    feed.query("CREATE TABLE items (id integer PRIMARY KEY, at integer, price numeric)")
    feed.mapping("tables: {items: {key: [id], on_duplicate: {latest: at}, columns: {id: $.id, at: $.at, price: $.price}}}")
    documents = [f'{{"id": 1, "at": 1, "price": {price}}}' for price in ("1", "1.0", "1.00")][::order]
    feed.load(feed.file("items.ndjson", "\n".join(documents)), "--connections", 1, "--split-size", split)
    assert feed.values("SELECT price::text FROM items") == ["1.00"]


DOMAIN_LOSERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "null": ("text NOT NULL", {"id": 1, "v": 4}, "23502"),
    "check": ("text CHECK (VALUE <> 'bad')", {"id": 1, "x": "bad", "v": 4}, "23514"),
    "type of no binary form": ("money NOT NULL", {"id": 1, "v": 4}, "23502"),
    "array": ("text[] NOT NULL", {"id": 1, "v": 4}, "23502"),
}


@pytest.mark.parametrize("shared", ["true", "false"])
@pytest.mark.parametrize("rule", ["skip", "fill", "{latest: v}"])
@pytest.mark.parametrize("case", DOMAIN_LOSERS)
def test_a_domain_checks_what_is_written_alone(feed: Feed, case: str, rule: str, shared: str) -> None:
    """A row that gives way to the one that is there is left out, and one that goes in is refused."""
    domain, loser, sqlstate = DOMAIN_LOSERS[case]
    value: object = ["7"] if case == "array" else "7"
    feed.query(f"CREATE DOMAIN outer_domain AS {domain}; CREATE DOMAIN d AS outer_domain")
    feed.query("CREATE TABLE us (id integer PRIMARY KEY, x d, v integer)")
    feed.mapping(
        f"tables: {{us: {{key: [id], on_duplicate: {rule}, shared: {shared}, columns: {{id: $.id, x: $.x, v: $.v}}}}}}"
    )
    feed.load(feed.documents({"id": 1, "x": value, "v": 5}))
    before = feed.query("SELECT id, x::text, v FROM us")
    report = feed.load(feed.documents(loser, loser | {"id": 2}, {"id": 3, "x": value, "v": 1}), "--max-rejects", 1)
    assert report["documents"] == {"read": 3, "loaded": 2, "skipped": 0, "rejected": 1}
    assert feed.query("SELECT id, x::text, v FROM us ORDER BY id") == [*before, (3, before[0][1], 1)]
    assert feed.query("SELECT line, sqlstate FROM pgfeed.rejects") == [(2, sqlstate)]


@pytest.mark.parametrize("documents", [[(1, 4), (1, 6)], [(1, 6), (1, 4)]])
def test_a_root_that_is_not_the_latest_may_have_a_null_for_a_domain(feed: Feed, documents: list[tuple[int, int]]) -> None:
    feed.query("CREATE DOMAIN d AS text NOT NULL; CREATE TABLE us (id integer PRIMARY KEY, x d, v integer)")
    feed.query("INSERT INTO us VALUES (1, 'there', 5)")
    feed.mapping("root: us\ntables: {us: {key: [id], on_duplicate: {latest: v}, columns: {id: $.id, x: $.x, v: $.v}}}")
    given = [{"id": key, "v": v} | ({"x": "new"} if v == 6 else {}) for key, v in documents]
    report = feed.load(feed.documents({"id": 1, "v": 3}), "--connections", 1)
    assert report["documents"] == {"read": 1, "loaded": 0, "skipped": 1, "rejected": 0}
    report = feed.load(feed.documents(*given), "--connections", 1)
    assert report["documents"] == {"read": 2, "loaded": 1, "skipped": 1, "rejected": 0}
    assert feed.query("SELECT * FROM us") == [(1, "new", 6)]


@pytest.mark.parametrize("shared", ["true", "false"])
@pytest.mark.parametrize("column", ["text NOT NULL", "word"])
def test_fill_gives_its_values_without_those_that_are_there(feed: Feed, column: str, shared: str) -> None:
    """A NULL for a column that takes none is filled from the old row, and is a reject only where there is none."""
    feed.query(f"CREATE DOMAIN word AS text NOT NULL; CREATE TABLE us (id integer PRIMARY KEY, x {column}, v integer)")
    feed.query("INSERT INTO us VALUES (1, 'there', NULL)")
    feed.mapping(
        f"tables: {{us: {{key: [id], on_duplicate: fill, shared: {shared}, columns: {{id: $.id, x: $.x, v: $.v}}}}}}"
    )
    report = feed.load(feed.documents({"id": 1, "v": 4}, {"id": 2, "v": 4}), "--max-rejects", 1)
    assert feed.query("SELECT * FROM us") == [(1, "there", 4)]
    assert table_counts(report, "us")["merged"] == 1
    assert feed.rejects() == [(2, "x" if column != "word" else None, "23502")]
