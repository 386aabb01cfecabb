"""Values of every type, from JSON into a table that is there: the same as the server makes of a literal, or a reject."""

from __future__ import annotations

import json
from typing import Any

import pytest
from feed import Feed

HUGE = "12345678901234567890123456789012345678901234567890.000000000000000000001"

# Type: JSON values, each with a literal of PostgreSQL that means the same.
GOOD: dict[str, list[tuple[Any, str]]] = {
    "boolean": [(True, "true"), (False, "false"), ("t", "true"), ("no", "false")],
    "smallint": [(-32768, "-32768"), (32767, "32767"), ("12", "12"), ("RAW 1.0", "1"), ("RAW 1e3", "1000")],
    "integer": [(-2147483648, "-2147483648"), (2147483647, "2147483647"), ("-7", "-7"), ("RAW -0", "0")],
    "bigint": [
        (-9223372036854775808, "-9223372036854775808"),
        (9223372036854775807, "9223372036854775807"),
        ("9223372036854775806", "9223372036854775806"),
        ("RAW 505874924095815681.0", "505874924095815681"),
    ],
    "real": [(1.5, "1.5"), (0.1, "0.1"), ("RAW 3.4028235e38", "3.4028235e38"), ("NaN", "NaN"), ("-Infinity", "-Infinity")],
    "double precision": [
        (0.1, "0.1"),
        (-1e-300, "-1e-300"),
        ("RAW 1.7976931348623157e308", "1.7976931348623157e308"),
        ("Infinity", "Infinity"),
        (12345678901234567890, "12345678901234567890"),
    ],
    "numeric": [
        ("RAW 1.10", "1.10"),
        (f"RAW {HUGE}", HUGE),
        ("RAW -1e-30", "-1e-30"),
        ("0.5", "0.5"),
        ("NaN", "NaN"),
    ],
    "numeric(6,2)": [("RAW 1234.5", "1234.5"), (-9999.99, "-9999.99"), ("RAW 1.500", "1.50"), (0, "0")],
    "text": [("", ""), ("é 👍 \\ \t\n\"'", "é 👍 \\ \t\n\"'"), ("RAW 1.50", "1.50"), (True, "true"), ("{a,b}", "{a,b}")],
    "varchar(4)": [("", ""), ("éé👍é", "éé👍é"), ("abcd  ", "abcd")],
    "char(3)": [("", ""), ("é", "é"), ("abc", "abc"), ("ab   ", "ab")],
    "bytea": [("AAECaGV5", "\\x000102686579"), ("", "\\x"), ("/+8=", "\\xffef")],
    "date": [("2024-02-29", "2024-02-29"), ("0001-01-01", "0001-01-01"), ("infinity", "infinity")],
    "time": [("23:59:59.999999", "23:59:59.999999"), ("00:00", "00:00")],
    "timestamp": [("2024-05-01T10:00:00", "2024-05-01 10:00:00"), ("1969-12-31 23:59:59.5", "1969-12-31 23:59:59.5")],
    "timestamptz": [
        ("2024-05-01T10:00:00Z", "2024-05-01 10:00:00+00"),
        ("2024-05-01T10:00:00+05:30", "2024-05-01 04:30:00+00"),
        ("2024-05-01 10:00:00", "2024-05-01 10:00:00+00"),
        ("2024-05-01T10:00:00.123456-08:00", "2024-05-01 18:00:00.123456+00"),
    ],
    "interval": [("P1Y2M3DT4H5M6.5S", "1 year 2 mons 3 days 04:05:06.5"), ("1 day -02:00:00", "1 day -02:00:00")],
    "uuid": [("A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")],
    "json": [
        ({"b": 1, "a": [True, None]}, '{"b": 1, "a": [true, null]}'),
        ("RAW [1.0, 1e2]", "[1.0, 1e2]"),
        ("x", '"x"'),
        (5, "5"),
    ],
    "jsonb": [
        ({"b": 1, "a": [True, None]}, '{"b": 1, "a": [true, null]}'),
        ('RAW {"a":1,"a":2.50,"é":"\\u00e9\\n"}', '{"a": 2.50, "é": "é\\n"}'),
        ("x", '"x"'),
        (False, "false"),
    ],
    "inet": [("192.168.0.1/24", "192.168.0.1/24"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("2001:db8::1", "2001:db8::1")],
    "cidr": [("10.0.0.0/8", "10.0.0.0/8"), ("2001:db8::/32", "2001:db8::/32")],
    "mood": [("so, so", "so, so"), ("ok", "ok"), ('"great" \\', '"great" \\')],
    "small_positive": [(1, "1"), (99, "99"), ("50", "50")],
    "shouted": [("ABC", "ABC")],
}

TEXT_FORM: dict[str, list[tuple[Any, str]]] = {
    "point": [("(1,2.5)", "(1,2.5)")],
    "xml": [("<a>é</a>", "<a>é</a>")],
    "money": [("12.34", "12.34"), (7, "7")],
    "int4range": [("[1,5)", "[1,5)"), ("empty", "empty")],
    "tstzrange": [("[2024-01-01 00:00:00+00,)", "[2024-01-01 00:00:00+00,)")],
    "macaddr": [("08:00:2b:01:02:03", "08:00:2b:01:02:03")],
    "bit(4)": [("1010", "1010")],
    "timetz": [("10:00:00+02", "10:00:00+02")],
    "tsvector": [("a b", "a b")],
    "point[]": [('{"(1,2)","(3,4)"}', '{"(1,2)","(3,4)"}')],
    "pair": [("(1,x)", "(1,x)")],
    "oid": [(4000000000, "4000000000")],
}

# Type: JSON value and the SQLSTATE of its reject.
BAD: dict[str, list[tuple[Any, str]]] = {
    "boolean": [("maybe", "22P02"), (2, "22P02"), ([], "22P02")],
    "smallint": [(32768, "22003"), (-32769, "22003"), (1.5, "22P02"), (True, "22P02"), ("", "22P02"), ({}, "22P02")],
    "integer": [(2147483648, "22003"), ("12x", "22P02"), ("RAW 1e10", "22003"), ([1], "22P02")],
    "bigint": [("RAW 9223372036854775808", "22003"), ("RAW 0.5", "22P02"), (False, "22P02")],
    "real": [("RAW 1e39", "22003"), ("abc", "22P02"), (True, "22P02")],
    "double precision": [("RAW 1e309", "22003"), ({}, "22P02")],
    "numeric": [("1.2.3", "22P02"), (True, "22P02"), ([1], "22P02")],
    "numeric(6,2)": [("RAW 10000", "22003"), ("RAW 1.005", "22003")],
    "varchar(4)": [("abcde", "22001"), (12345, "22001")],
    "char(3)": [("abcd", "22001")],
    "bytea": [("not base64!", "22023"), (5, "22023")],
    "date": [("2023-02-29", "22008"), ("yesterday", "22007"), (20240101, "22007"), ("2024-01-01T10:00:00Z", "22007")],
    "time": [("25:00", "22008"), ("noon", "22007")],
    "timestamp": [("2024-13-01T00:00:00", "22008"), ("2024-01-01T00:00:00Z", "22007")],
    "timestamptz": [("soon", "22007"), (1700000000, "22007"), ("2024-01-01T00:00:00.1234567Z", "22007")],
    "interval": [("a while", "22007"), (5, "22007")],
    "uuid": [("a0eebc99", "22P02"), (1, "22P02")],
    "inet": [("1.2.3.400", "22P02"), ("host", "22P02")],
    "cidr": [("10.0.0.1/8", "22P02")],
    "mood": [("bad", "22P02"), ("OK", "22P02"), (1, "22P02")],
    "small_positive": [(0, "23514"), (100, "23514"), ("x", "22P02")],
    "shouted": [("abc", "23514"), ("ABCDEF", "22001")],
    "int4range": [("[5,1)", "22000"), ("x", "22P02")],
    "point": [("here", "22P02")],
    "integer[]": [([1, "x"], "22P02"), ([2147483648], "22003"), ([[1], [2]], "22P02"), ({}, "22P02")],
}

TYPES = """
    CREATE TYPE mood AS ENUM ('so, so', 'ok', '"great" \\');
    CREATE DOMAIN positive AS integer CHECK (value > 0);
    CREATE DOMAIN small_positive AS positive CHECK (value < 100);
    CREATE DOMAIN shouted AS varchar(5) CHECK (value = upper(value));
    CREATE TYPE pair AS (a integer, b text);
"""


def spelled(value: object) -> str:
    """A value as JSON; what begins with RAW stands in the document as it is."""
    if isinstance(value, str) and value.startswith("RAW "):
        return value.removeprefix("RAW ")
    return json.dumps(value, ensure_ascii=False)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("type_name", GOOD)
def test_values_and_arrays_of_them_are_stored_as_the_server_reads_them(feed: Feed, type_name: str) -> None:
    feed.query(TYPES + f"CREATE TABLE items (id integer, value {type_name}, many {type_name}[])")
    feed.mapping("tables: {items: {columns: {id: $.id, value: $.value, many: $.many}}}")
    values = GOOD[type_name]
    documents = [
        f'{{"id":{i},"value":{spelled(value)},"many":[{spelled(value)},null,{spelled(value)}]}}'
        for i, (value, _) in enumerate(values)
    ]
    feed.load(feed.documents(*documents, '{"id":100,"value":null,"many":[]}', '{"id":101}'))
    expected = []
    for i, (_, text) in enumerate(values):
        one = f"{literal(text)}::{type_name}"
        expected += feed.query(f"SELECT {i}, ({one})::text, ARRAY[{one}, NULL, {one}]::text")
    rows = feed.query("SELECT id, value::text, many::text FROM items ORDER BY id")
    if type_name == "json":  # whose blanks are the document's
        expected = [(i, json.loads(value)) for i, value, _ in expected]
        assert [(i, json.loads(value)) for i, value, _ in rows[:-2]] == expected
        rows = rows[-2:]
        expected = []
    assert rows == [*expected, (100, None, "{}"), (101, None, None)]


@pytest.mark.parametrize("rule", ["none", "latest"])
@pytest.mark.parametrize("type_name", TEXT_FORM)
def test_other_types_go_through_their_text(feed: Feed, type_name: str, rule: str) -> None:
    values = TEXT_FORM[type_name]
    feed.query(TYPES + f"CREATE TABLE items (id integer PRIMARY KEY, at timestamptz, value {type_name}, note text)")
    columns = "columns: {id: $.id, at: $.at, value: $.value, note: $.note}"
    merged = "key: [id], on_duplicate: {latest: at}, " if rule == "latest" else ""
    feed.mapping(f"tables: {{items: {{{merged}{columns}}}}}")
    documents = [
        f'{{"id":{i},"at":"2024-01-02T00:00:00Z","value":{spelled(value)},"note":"n{i}"}}'
        for i, (value, _) in enumerate(values)
    ]
    feed.load(feed.documents(*documents, '{"id":100,"note":"null"}'))
    if rule == "latest":  # once more, older ones first: nothing changes
        older = [document.replace("2024", "2023").replace('"n', '"old') for document in documents]
        feed.load(feed.documents(*older, *documents))
    expected = [
        (i, feed.values(f"SELECT ({literal(text)}::{type_name})::text")[0], f"n{i}") for i, (_, text) in enumerate(values)
    ]
    assert feed.query("SELECT id, value::text, note FROM items ORDER BY id") == [*expected, (100, None, "null")]


@pytest.mark.parametrize("type_name", BAD)
def test_what_does_not_fit_is_rejected_with_its_column(feed: Feed, type_name: str) -> None:
    feed.query(TYPES + f"CREATE TABLE items (id integer, value {type_name})")
    feed.mapping("tables: {items: {columns: {id: $.id, value: $.value}}}")
    values = BAD[type_name]
    documents = [f'{{"id":{i},"value":{spelled(value)}}}' for i, (value, _) in enumerate(values)]
    report = feed.load("--max-rejects", "10", feed.documents('{"id":100}', *documents, '{"id":101}'))
    column = None if type_name in TEXT_FORM else "value"  # the cast is the server's, which does not say whose value it was
    assert feed.rejects() == [(i + 2, column, sqlstate) for i, (_, sqlstate) in enumerate(values)]
    assert feed.query("SELECT id, value FROM items ORDER BY id") == [(100, None), (101, None)]
    assert report["documents"]["rejected"] == len(values)


@pytest.mark.parametrize("type_name", [*GOOD, "mood[]", "small_positive[]"])
def test_a_table_that_pgfeed_creates_has_the_declared_type(feed: Feed, type_name: str) -> None:
    feed.query(TYPES)
    feed.mapping(f'tables: {{items: {{columns: {{value: {{path: $.value, type: "{type_name}"}}}}}}}}')
    path = feed.documents(*[f'{{"value":{spelled(value)}}}' for value, _ in GOOD.get(type_name, [])])
    feed.load(path)
    feed.load("--reload", path)  # the type is compared with the catalog's now
    (found,) = feed.values(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum = 1"
    )
    feed.query(f"CREATE TABLE other (value {type_name})")
    assert feed.values(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'other'::regclass AND attnum = 1"
    ) == [found]
    assert feed.values("SELECT count(*) FROM items") == [2 * len(GOOD.get(type_name, []))]


@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        ("type: timestamptz, format: epoch_s", "1700000000", "2023-11-14 22:13:20+00"),
        ("type: timestamptz, format: epoch_ms", "1700000000123", "2023-11-14 22:13:20.123+00"),
        ("type: timestamptz, format: epoch_us", "1700000000123456", "2023-11-14 22:13:20.123456+00"),
        ("type: timestamp, format: epoch_s", "1700000000.5", "2023-11-14 22:13:20.5"),
        (
            "type: timestamptz, format: '%a %b %d %H:%M:%S %z %Y'",
            '"Sun Aug 31 00:29:15 +0000 2014"',
            "2014-08-31 00:29:15+00",
        ),
        ("type: date, format: '%d/%m/%Y'", '"29/02/2024"', "2024-02-29"),
        ("type: timestamptz, timezone: Europe/Berlin", '"2024-07-01T12:00:00"', "2024-07-01 10:00:00+00"),
        ("type: timestamptz, timezone: '+02:00'", '"2024-07-01T12:00:00"', "2024-07-01 10:00:00+00"),
        ("type: bytea, bytes: hex", '"00ffA1"', "\\x00ffa1"),
        ("type: text, nul: strip", '"a\\u0000b"', "ab"),
        ("type: text, nul: escape", '"a\\u0000b"', "a\\u0000b"),
        ("type: text, nul: replace", '"a\\u0000b"', "a�b"),
        ("type: jsonb, nul: strip", '{"a":"x\\u0000y"}', '{"a": "xy"}'),
        ("type: jsonb, nul: escape", '{"a":"x\\u0000y"}', '{"a": "x\\\\u0000y"}'),
        ("type: jsonb, nul: replace", '{"a\\u0000":"x\\u0000y"}', '{"a�": "x�y"}'),
        ("type: 'text[]', nul: replace", '["\\u0000"]', "{�}"),
    ],
)
def test_options_of_a_column(feed: Feed, options: str, value: str, expected: str) -> None:
    feed.mapping(f"tables: {{items: {{columns: {{value: {{path: $.value, {options}}}}}}}}}")
    feed.load(feed.documents(f'{{"value":{value}}}'))
    type_name = options.split("type: ")[1].split(",")[0].strip("'")
    assert feed.values("SELECT value::text FROM items") == feed.values(f"SELECT ({literal(expected)}::{type_name})::text")
