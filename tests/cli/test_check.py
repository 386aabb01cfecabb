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
