"""Keys of every type: a row that is there is found again, in each way in which pgfeed looks for it."""

from __future__ import annotations

import json

import pytest
from feed import Feed

# Type: two keys in JSON, and the first one spelled in another way.
KEYS: dict[str, tuple[object, object, object]] = {
    "boolean": (True, False, "t"),
    "smallint": (-1, 300, "-1"),
    "integer": (-1, 70000, "-1"),
    "bigint": (-1, 5_000_000_000, "-1"),
    "real": (0.1, -2.5, "0.1"),
    "double precision": (0.1, -2.5, "0.10"),
    "numeric": (1.1, 20, "1.100"),
    "numeric(8,3)": (1.1, 20, "1.100"),
    "text": ("é", "", "é"),
    "varchar(5)": ("é", "", "é"),
    "char(5)": ("ab", "é", "ab  "),
    "bytea": ("AAE=", "", "AAE="),
    "date": ("2024-01-02", "1999-12-31", "2024-01-02"),
    "time": ("10:00:00", "23:59", "10:00"),
    "timestamp": ("2024-01-02T10:00:00", "1999-12-31 00:00:00", "2024-01-02 10:00"),
    "timestamptz": ("2024-01-02T10:00:00Z", "1999-12-31T00:00:00Z", "2024-01-02T12:00:00+02:00"),
    "interval": ("P1D", "PT1H", "1 day"),
    "uuid": (
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "00000000-0000-0000-0000-000000000000",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    ),
    "jsonb": ({"a": 1, "b": 2}, [1], {"b": 2, "a": 1}),
    "inet": ("10.0.0.1", "::1", "10.0.0.1/32"),
    "cidr": ("10.0.0.0/8", "::/0", "10.0.0.0/8"),
    "mood": ("so, so", "ok", "so, so"),
    "positive": (1, 2, "1"),
    "label": ("a", "b", "a"),
}
TYPES = """
    CREATE TYPE mood AS ENUM ('so, so', 'ok');
    CREATE DOMAIN positive AS integer CHECK (value > 0);
    CREATE DOMAIN word AS varchar(9);
    CREATE DOMAIN label AS word NOT NULL;
"""


def documents(*keys: object, note: str) -> list[str]:
    return [json.dumps({"key": key, "note": note}) for key in keys]


@pytest.mark.parametrize("made_by", ["the user", "pgfeed"])
@pytest.mark.parametrize("type_name", KEYS)
def test_a_root_is_found_by_its_key(feed: Feed, type_name: str, made_by: str) -> None:
    feed.query(TYPES)
    if made_by == "the user":
        feed.query(f"CREATE TABLE items (key {type_name} PRIMARY KEY, note text)")
    feed.mapping(
        "root: items\ntables:\n"
        f"  items: {{key: [key], on_duplicate: skip, columns: {{\n"
        f'    key: {{path: $.key, type: "{type_name}"}}, note: $.note}}}}\n'
    )
    first, second, same = KEYS[type_name]
    feed.load(feed.documents(*documents(first, note="1")))
    report = feed.load(feed.documents(*documents(same, second, note="2")))
    assert report["documents"] == {"read": 2, "loaded": 1, "skipped": 1, "rejected": 0}
    assert feed.values("SELECT note FROM items ORDER BY note") == ["1", "2"]


@pytest.mark.parametrize("rule", ["update", "fill", "{latest: at}"])
@pytest.mark.parametrize("type_name", KEYS)
def test_rows_are_merged_by_their_key(feed: Feed, type_name: str, rule: str) -> None:
    feed.query(TYPES + f"CREATE TABLE items (at timestamptz, note text, key {type_name} PRIMARY KEY)")
    feed.mapping(f"tables: {{items: {{key: [key], on_duplicate: {rule}, columns: {{key: $.key, note: $.note, at: $.at}}}}}}")
    first, second, same = KEYS[type_name]
    feed.load(feed.documents({"key": first}, {"key": second, "note": "kept"}))
    feed.load(feed.documents({"key": same, "note": "new", "at": "2024-01-01T00:00:00Z"}))
    assert feed.values("SELECT note FROM items ORDER BY note") == ["kept", "new"]


@pytest.mark.parametrize("type_name", KEYS)
def test_a_natural_key_has_one_id(feed: Feed, type_name: str) -> None:
    feed.query(TYPES)
    feed.mapping(
        "tables:\n"
        "  items: {columns: {note: $.note, key_id: {ref: keys, path: $.key}}}\n"
        f'  keys: {{key: [key], surrogate: id, columns: {{key: {{type: "{type_name}"}}}}}}\n'
    )
    first, second, same = KEYS[type_name]
    feed.load("--split-size", "1", feed.documents(*documents(first, second, note="a")))
    feed.load("--connections", "4", "--split-size", "1", feed.documents(*documents(same, None, second, note="b")))
    assert feed.values("SELECT count(*) FROM keys") == [2]
    pairs = feed.query("SELECT note, count(DISTINCT key_id), count(*) FROM items GROUP BY note ORDER BY note")
    assert pairs == [("a", 2, 2), ("b", 2, 3)]
    assert feed.values("SELECT count(*) FROM items JOIN keys ON id = key_id") == [4]


def test_a_key_of_several_columns_in_another_order_than_the_index(feed: Feed) -> None:
    feed.query("CREATE TABLE items (n integer, note text, name text, UNIQUE (name, n))")
    feed.mapping("tables: {items: {key: [n, name], on_duplicate: update, columns: {name: $.name, note: $.note, n: $.n}}}")
    rows = [{"n": n, "name": name, "note": "old"} for n in (1, 2) for name in ("a", "b")]
    feed.load(feed.documents(*rows))
    feed.load(feed.documents({"n": 2, "name": "a", "note": "new"}))
    assert feed.query("SELECT n, name FROM items WHERE note = 'new'") == [(2, "a")]
    assert feed.values("SELECT count(*) FROM items") == [4]


@pytest.mark.parametrize("type_name", ["integer[]", "point", "money"])
def test_a_type_that_cannot_be_looked_up_is_no_key(feed: Feed, type_name: str) -> None:
    feed.query(f"CREATE TABLE items (key {type_name}, note text)")
    if type_name != "point":  # which has no order, and so no unique index
        feed.query("ALTER TABLE items ADD PRIMARY KEY (key)")
    feed.mapping("tables: {items: {key: [key], on_duplicate: skip, columns: {key: $.key, note: $.note}}}")
    words = ("not unique",) if type_name == "point" else ('"key"', type_name, "cannot be part of a key")
    feed.refuse(3, feed.documents({"key": [1]}), said=("feed.yaml:2", *words))
