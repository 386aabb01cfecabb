"""`pgfeed check`: what a load would do, shown; nothing is written."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from feed import Feed

DONE, MAPPING, REJECTS = 0, 3, 6
MAPPING_TEXT = (
    "skip_when: [$.notice]\n"
    "tables:\n"
    "  items: {key: [id], columns: {id: {path: $.id, type: integer}, text: $.text, url: {ref: urls, path: $.url}}}\n"
    "  urls: {key: [url], surrogate: url_id, columns: {url: {type: text}}}\n"
    '  tags: {from: "$.tags[*]", columns: {id: {path: $.id, type: integer}, tag: {path: "@", type: varchar(3)}}}\n'
)
DOCUMENTS = [
    {"id": 1, "text": "a", "url": "http://x", "tags": ["p", "q"]},
    {"notice": 1},
    {"id": 2, "text": None, "tags": ["r"]},
    {"id": "three"},
    {"id": 4, "tags": ["ok", "too long"]},
    "{broken",
    {"text": "without a key"},
    {"id": 5, "text": "é"},
]


def everything(feed: Feed) -> list[tuple[Any, ...]]:
    """All that is in the catalog, and the rows of the tables that are there."""
    catalog = feed.query(
        "SELECT 'class', oid::text, relname::text FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace "
        "UNION SELECT 'schema', oid::text, nspname::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_' "
        "UNION SELECT 'type', oid::text, typname::text FROM pg_type ORDER BY 1, 2, 3"
    )
    tables = feed.query("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'pgfeed') ORDER BY 1, 2")
    rows = [row for schema, table in tables for row in feed.query(f"SELECT '{table}', t::text FROM {schema}.{table} t")]
    return catalog + rows


def checked(feed: Feed, exit_code: int, *arguments: object, stdin: str = "") -> dict[str, Any]:
    result = feed.run("check", "--json", *arguments, stdin=stdin)
    assert result.exit_code == exit_code, result
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.fixture
def checks(feed: Feed) -> Feed:
    feed.mapping(MAPPING_TEXT)
    feed.documents(*DOCUMENTS)
    return feed


@pytest.mark.parametrize("there", [False, True])
def test_every_problem_and_the_first_rows_are_found_and_nothing_is_written(checks: Feed, there: bool) -> None:
    if there:
        checks.load(checks.documents({"id": 1, "url": "u"}))
        checks.documents(*DOCUMENTS)
    before = everything(checks)
    report = checked(checks, REJECTS, "documents.ndjson")
    assert everything(checks) == before
    assert (report["read"], report["loaded"], report["skipped"]) == (8, 3, 1)
    rejects = [(reject["line"], reject["table"], reject["column"], reject["sqlstate"]) for reject in report["rejects"]]
    assert rejects == [
        (4, "items", "id", "22P02"),
        (5, "tags", "tag", "22001"),
        (6, "", "", "22P02"),
        (7, "items", "id", "23502"),
    ]
    tables = {table["name"]: table for table in report["tables"]}
    assert [table["is_there"] for table in report["tables"]] == [there] * 3
    assert [(name, tables[name]["rows"]) for name in ("items", "tags")] == [("items", 3), ("tags", 3)]
    assert tables["items"]["first_rows"] == [
        {"id": "1", "text": "a", "url": "http://x"},
        {"id": "2", "text": None, "url": None},
        {"id": "5", "text": "é", "url": None},
    ]
    assert tables["tags"]["first_rows"] == [{"id": "1", "tag": "p"}, {"id": "1", "tag": "q"}, {"id": "2", "tag": "r"}]


def test_the_text_shows_rows_and_problems_too(checks: Feed) -> None:
    result = checks.run("check", "documents.ndjson")
    assert result.exit_code == REJECTS
    for word in ("items", "tags", "http://x", "é", "line 4", "line 5", "too long", "line 6", "line 7"):
        assert word in result.stdout
    assert "4 problems" in result.stderr


def test_a_check_without_problems_is_done(checks: Feed) -> None:
    report = checked(checks, DONE, "--limit", "3", "documents.ndjson")
    assert (report["read"], report["rejects"]) == (3, [])


@pytest.mark.parametrize(("limit", "loaded"), [(1, 1), (3, 2)])
def test_a_limit_takes_the_first_documents(checks: Feed, limit: int, loaded: int) -> None:
    report = checked(checks, DONE, "--limit", limit, "documents.ndjson")
    assert (report["read"], report["loaded"]) == (limit, loaded)


@pytest.mark.parametrize(
    ("percent", "ids"), [("10%", [9, 19, 29]), ("25%", list(range(3, 30, 4))), ("100%", list(range(30)))]
)
def test_a_sample_is_spread_evenly(feed: Feed, percent: str, ids: list[int]) -> None:
    feed.mapping("tables: {items: {columns: {id: {path: $.id, type: integer}}}}")
    path = feed.documents(*[{"id": number} for number in range(30)])
    report = checked(feed, DONE, "--sample", percent, "--rows", "100", path)
    assert report["tables"][0]["first_rows"] == [{"id": str(number)} for number in ids]
    assert report["read"] == len(ids)


@pytest.mark.parametrize(("percent", "limit", "step"), [("1%", None, 100), ("0.1%", 7, 1000), ("40%", 3, 2.5)])
def test_a_limit_counts_the_documents_of_the_sample(feed: Feed, percent: str, limit: int | None, step: float) -> None:
    feed.mapping("tables: {items: {columns: {id: {path: $.id, type: integer}}}}")
    path = feed.documents(*[{"id": number} for number in range(1, 20_001)])
    limited = [] if limit is None else ["--limit", str(limit)]
    report = checked(feed, DONE, "--sample", percent, *limited, "--rows", "1000", path)
    expected = [math.ceil(step * number) for number in range(1, (limit or 100) + 1)]
    assert [int(row["id"]) for row in report["tables"][0]["first_rows"]] == expected
    assert report["read"] == len(expected)


def test_rows_shown_are_as_many_as_asked_for(checks: Feed) -> None:
    for rows in (0, 1):
        report = checked(checks, DONE, "--limit", "3", "--rows", rows, "documents.ndjson")
        assert [len(table["first_rows"]) for table in report["tables"]] == [rows, 0, rows]


def test_standard_input_and_another_path(feed: Feed) -> None:
    feed.mapping("tables: {items: {columns: {id: {path: $.id, type: integer}}}}")
    report = checked(feed, DONE, "--documents", "$.all[*]", "-", stdin='{"all":[{"id":1},{"id":2}]}')
    assert report["tables"][0]["first_rows"] == [{"id": "1"}, {"id": "2"}]


def test_a_mapping_that_does_not_fit_the_tables_is_refused(checks: Feed) -> None:
    checks.query("CREATE TABLE items (id integer PRIMARY KEY, text text)")
    result = checks.run("check", "documents.ndjson")
    assert result.exit_code == MAPPING
    assert 'no column "url"' in result.stderr


# What a table refuses or a rule makes of documents, and which of these are rejects: line, table, column, SQLSTATE.
ITEM = "{id: {path: $.id, type: integer}, name: {path: $.name, type: text}}"
TAGS = 'tags: {from: "$.tags[*]", key: [tag], columns: {tag: {path: "@", type: text}}}'
FOUND_WITHOUT_ROWS: dict[str, tuple[str, str, list[Any], list[tuple[Any, ...]]]] = {
    "not null": (
        "CREATE TABLE items (id integer, name text NOT NULL)",
        f"tables: {{items: {{columns: {ITEM}}}}}",
        [{"id": 1, "name": "a"}, {"id": 2}, {"id": 3, "name": None}, {"name": "b"}, {"id": 5}],
        [(2, "items", "name", "23502"), (3, "items", "name", "23502"), (5, "items", "name", "23502")],
    ),
    "a default does not help a NULL that is sent": (
        "CREATE TABLE items (id integer, name text NOT NULL DEFAULT 'new', made timestamptz NOT NULL DEFAULT now())",
        f"tables: {{items: {{columns: {ITEM}}}}}",
        [{"id": 1}, {"id": 2, "name": "a"}],
        [(1, "items", "name", "23502")],
    ),
    "a default of the mapping does": (
        "CREATE TABLE items (id integer, name text NOT NULL)",
        "tables: {items: {columns: {id: {path: $.id}, name: {path: $.name, default: none}}}}",
        [{"id": 1}, {"id": 2, "name": None}],
        [],
    ),
    "a domain that takes no NULL": (
        "CREATE DOMAIN word AS text NOT NULL; CREATE DOMAIN label AS word; CREATE TABLE items (id integer, name label)",
        "tables: {items: {columns: {id: $.id, name: $.name}}}",
        [{"id": 1, "name": "a"}, {"id": 2}],
        [(2, "items", "name", "23502")],
    ),
    "a trigger before the row may fill it": (
        "CREATE TABLE items (id integer, name text NOT NULL); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.name = coalesce(NEW.name, 'x'); RETURN NEW; END$$; "
        "CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION f()",
        f"tables: {{items: {{columns: {ITEM}}}}}",
        [{"id": 1}, {"id": 2, "name": "a"}],
        [],
    ),
    "so may one of a partition": (
        "CREATE TABLE items (id integer, name text NOT NULL) PARTITION BY LIST (id); CREATE TABLE items_all PARTITION OF "
        "items DEFAULT; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.name = coalesce(NEW.name, 'x'); RETURN NEW; END$$; "
        "CREATE TRIGGER t BEFORE INSERT ON items_all FOR EACH ROW EXECUTE FUNCTION f()",
        f"tables: {{items: {{columns: {ITEM}}}}}",
        [{"id": 1}, {"id": 2, "name": "a"}],
        [],
    ),
    "one key twice": (
        "",
        f"tables: {{items: {{key: [id], columns: {ITEM}}}}}",
        [{"id": 1}, {"id": 2}, {"id": 1, "name": "again"}, {"id": 3}, {"id": 1}],
        [(3, "items", None, "23505"), (5, "items", None, "23505")],
    ),
    "a key whose first document is refused": (
        "",
        f"tables: {{items: {{key: [id], columns: {ITEM}}}, dates: {{columns: {{at: {{path: $.at, type: date}}}}}}}}",
        [{"id": 1, "at": "never"}, {"id": 1}, {"id": 1}],
        [(1, "dates", "at", "22007"), (3, "items", None, "23505")],
    ),
    "one key twice, and the first is taken out by a NULL": (
        "CREATE TABLE items (id integer PRIMARY KEY, name text); CREATE TABLE parts (part text NOT NULL)",
        f"tables: {{items: {{key: [id], columns: {ITEM}}}, parts: {{from: '$.parts[*]', columns: {{part: '@'}}}}}}",
        [{"id": 1, "parts": [None]}, {"id": 1, "parts": ["a"]}],
        [(1, "parts", "part", "23502")],
    ),
    "one key twice below a root": (
        "",
        f"root: items\ntables: {{items: {{key: [id], columns: {ITEM}}}, {TAGS}}}",
        [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["a"]}, {"id": 1, "tags": ["b"]}, {"id": 4, "tags": ["b"]}],
        [(2, "tags", None, "23505"), (3, "items", None, "23505")],
    ),
    "a root that skips": (
        "",
        f"root: items\ntables: {{items: {{key: [id], on_duplicate: skip, columns: {ITEM}}}, {TAGS}}}",
        [{"id": 1, "tags": ["a"]}, {"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["a"]}],
        [(3, "tags", None, "23505")],
    ),
    "a root that updates": (
        "",
        f"root: items\ntables: {{items: {{key: [id], on_duplicate: update, columns: {ITEM}}}, tags: {{from: '$.tags[*]', "
        "key: [tag], foreign_keys: [{columns: [id], references: items}], columns: {id: $.id, tag: '@'}}}",
        [{"id": 1, "tags": ["a"]}, {"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["b"]}, {"id": 3, "tags": ["b"]}],
        [(4, "tags", None, "23505")],
    ),
    "a root of which the latest stays": (
        "",
        "root: items\ntables: {items: {key: [id], on_duplicate: {latest: name}, columns: {id: $.id, name: $.name, "
        "n: $.n}}, tags: {from: '$.tags[*]', key: [tag], foreign_keys: [{columns: [id], references: items}], "
        "columns: {id: $.id, tag: '@'}}}",
        [{"id": 1, "name": "a", "tags": ["a"]}, {"id": 1, "name": "b", "tags": ["a"]}, {"id": 2, "name": "c"}],
        [],
    ),
    "a shared row that another document completes": (
        "CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL)",
        f"tables: {{users: {{key: [id], on_duplicate: fill, columns: {ITEM}}}}}",
        [{"id": 1}, {"id": 1, "name": "a"}, {"id": 2}],
        [(3, "users", "name", "23502")],
    ),
    "a generated id without the rest of its row": (
        "CREATE TABLE tags (tag_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
        "tag text UNIQUE, kind text NOT NULL)",
        "tables: {tags: {key: [tag], surrogate: tag_id, from: '$.kinds[*]', columns: {tag: '@.tag', kind: '@.kind'}}, "
        "marks: {from: '$.tags[*]', columns: {item: $.id, tag_id: {ref: tags, path: '@'}}}}",
        [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["a", "b"]}, {"id": 3, "kinds": [{"tag": "a", "kind": "x"}]}],
        [(2, "tags", "kind", "23502")],
    ),
    "keys of generated ids": (
        "",
        "tables: {tags: {key: [tag], surrogate: tag_id, columns: {tag: {type: text}}}, "
        "marks: {from: '$.tags[*]', key: [item, tag_id], columns: {item: $.id, tag_id: {ref: tags, path: '@'}}}}",
        [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": ["a"]}, {"id": 1, "tags": ["b"]}, {"id": 1, "tags": ["c"]}],
        [(3, "marks", None, "23505")],
    ),
    "a NULL of a row that only the server can tell to be older": (
        "CREATE TABLE items (id integer PRIMARY KEY, a text NOT NULL, t text)",
        "tables: {items: {key: [id], on_duplicate: {latest: t}, columns: {id: $.id, a: $.a, t: $.t}}}",
        [{"id": 4, "t": "2024-01-01"}, {"id": 4, "a": "x", "t": "2024-02-01"}, {"id": 5, "t": "2024-01-01"}],
        [(3, "items", "a", "23502")],
    ),
    "a NULL of one of two rows that are equally late": (
        "CREATE TABLE items (id integer PRIMARY KEY, a text NOT NULL, t integer)",
        "tables: {items: {key: [id], on_duplicate: {latest: t}, columns: {id: $.id, a: $.a, t: $.t}}}",
        [{"id": 4, "t": 1}, {"id": 4, "a": "x", "t": 1}, {"id": 4, "t": 0}],
        [],
    ),
    "a NULL of a root that only the server can tell to be older": (
        "CREATE TABLE items (id integer PRIMARY KEY, a text NOT NULL, t text)",
        "root: items\ntables: {items: {key: [id], on_duplicate: {latest: t}, columns: {id: $.id, a: $.a, t: $.t}}}",
        [{"id": 4, "t": "2024-01-01"}, {"id": 4, "a": "x", "t": "2024-02-01"}],
        [],
    ),
    "a shared row outlives its document": (
        "CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL); "
        "CREATE TABLE users (k integer PRIMARY KEY, x text NOT NULL)",
        f"tables: {{items: {{key: [id], columns: {ITEM}}}, "
        "users: {key: [k], shared: true, on_duplicate: fill, columns: {k: $.u.k, x: $.u.x}}}",
        [{"id": 1, "u": {"k": 5, "x": "y"}}, {"id": 2, "name": "b", "u": {"k": 5}}],
        [(1, "items", "name", "23502")],
    ),
    "a shared row of a document that is skipped": (
        "CREATE TABLE items (id integer PRIMARY KEY, a text); CREATE TABLE s (k integer PRIMARY KEY, x text NOT NULL)",
        "root: items\ntables: {items: {key: [id], on_duplicate: skip, columns: {id: $.id, a: $.a}}, "
        "s: {when: $.u.k, key: [k], shared: true, on_duplicate: fill, columns: {k: $.u.k, x: $.u.x}}}",
        [{"id": 4, "a": "x"}, {"id": 4, "u": {"k": 5}}],
        [(2, "s", "x", "23502")],
    ),
}


@pytest.mark.parametrize("case", FOUND_WITHOUT_ROWS)
def test_a_check_finds_what_a_load_into_empty_tables_rejects(feed: Feed, case: str) -> None:
    tables, mapping, documents, expected = FOUND_WITHOUT_ROWS[case]
    if tables:
        feed.query(tables)
    feed.mapping(mapping)
    feed.documents(*documents)
    report = checked(feed, REJECTS if expected else DONE, "documents.ndjson")
    found = [(each["line"], each["table"], each["column"] or None, each["sqlstate"]) for each in report["rejects"]]
    assert found == expected
    loaded = feed.load("--connections", 1, "--max-rejects", 9, "documents.ndjson")
    statement = "SELECT line, table_name, column_name, sqlstate FROM pgfeed.rejects ORDER BY byte_offset"
    assert feed.query(statement) == expected
    assert [report[count] for count in ("read", "loaded", "skipped")] == [
        loaded["documents"][count] for count in ("read", "loaded", "skipped")
    ]


def test_rows_of_documents_that_give_way_are_not_shown(feed: Feed) -> None:
    feed.mapping(f"root: items\ntables: {{items: {{key: [id], on_duplicate: skip, columns: {ITEM}}}}}")
    feed.documents(*({"id": number // 2, "name": str(number)} for number in range(6)))
    (table,) = checked(feed, DONE, "documents.ndjson")["tables"]
    assert table["rows"] == 3
    assert [row["name"] for row in table["first_rows"]] == ["0", "2", "4"]


def test_documents_of_different_files_are_compared(feed: Feed) -> None:
    feed.mapping(f"tables: {{items: {{key: [id], columns: {ITEM}}}}}")
    feed.file("a.json", '[{"id":1},{"id":2}]')
    feed.file("b.ndjson", '{"id":3}\n{"id":2}\n')
    (reject,) = checked(feed, REJECTS, "a.json", "b.ndjson")["rejects"]
    assert (reject["source"].rsplit("/")[-1], reject["line"], reject["sqlstate"]) == ("b.ndjson", 2, "23505")


def test_a_check_needs_only_the_right_to_read_the_catalog(checks: Feed) -> None:
    to = checks.database.conninfo + " options='-c default_transaction_read_only=on'"
    assert checks.run("check", "--limit", "3", "documents.ndjson", to=to).exit_code == DONE


def test_a_dry_run_asks_the_server_and_rolls_back(checks: Feed) -> None:
    checks.query("CREATE TABLE items (id integer PRIMARY KEY CHECK (id <> 2), text text, url bigint)")
    before = everything(checks)
    report = checks.load("--dry-run", "--max-rejects", "10", "documents.ndjson")
    assert everything(checks) == before
    assert report["documents"] == {"read": 8, "loaded": 2, "skipped": 1, "rejected": 5}
    assert checks.run("load", "--dry-run", "documents.ndjson").exit_code == REJECTS
    assert everything(checks) == before
