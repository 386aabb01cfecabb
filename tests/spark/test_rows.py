"""Flat Arrow data, whose rows are made without JSON in between: what is in, and what is said of rejects, is the same."""

from __future__ import annotations

import datetime
import json
import random
from pathlib import Path
from typing import Any

import pgfeed
import pyarrow
import pytest
from database import Database, fresh_database

MAPPING = """\
version: 1
feed: readings
tables:
  readings:
    key: [id]
    on_duplicate: RULE
    columns:
      id: {path: $.id, type: bigint}
      small: {path: $.small, type: smallint}
      level: {path: $.level, type: double precision}
      note: {path: $.note, type: text}
      at: {path: $.at, type: timestamp}
"""
TABLE = """
CREATE TABLE readings (
    id bigint PRIMARY KEY, small smallint, level double precision CHECK (level >= 0), note text, at timestamp)"""
REJECTS = "SELECT line, table_name, column_name, reason, sqlstate, document FROM pgfeed.rejects ORDER BY line"
COUNT = 5000


def readings() -> list[dict[str, Any]]:
    """Among them some that the engine finds at fault, some that the server does, and some keys twice."""
    draw = random.Random(7)
    rows: list[dict[str, Any]] = [
        {
            "id": number,
            "small": draw.choice([None, number % 1000, -number % 1000]),
            "level": draw.choice([None, number / 7, 0.1]),
            "note": draw.choice(["", "plain", 'said "é"\n', None]),
            "at": draw.choice([None, datetime.datetime(2026, 1, 1, 0, 0, 0, number)]),
        }
        for number in range(COUNT)
    ]
    wrong = [
        ("small", 40_000),
        ("level", -1.0),
        ("note", "nul \x00"),
        ("id", None),
        ("id", 17),
        ("level", -0.5),
        ("id", 4999),
    ]
    for line, (column, value) in zip(range(100, COUNT, 600), wrong, strict=False):
        rows[line][column] = value
    return rows


def as_arrow(rows: list[dict[str, Any]]) -> pyarrow.Table:
    kinds = [
        ("id", pyarrow.int64()),
        ("small", pyarrow.int32()),
        ("level", pyarrow.float64()),
        ("note", pyarrow.string()),
        ("at", pyarrow.timestamp("us")),
    ]
    return pyarrow.Table.from_pylist(rows, pyarrow.schema(kinds))


def mapping_of(rule: str, folder: Path) -> Path:
    path = folder / "readings.yaml"
    path.write_text(MAPPING.replace("RULE", rule), encoding="utf-8")
    return path


def rejects_of(database: Database) -> list[tuple[Any, ...]]:
    return [(*said, json.loads(document)) for *said, document in database.query(REJECTS)]


@pytest.mark.parametrize("rule", ["error", "skip", "update"])
@pytest.mark.parametrize("split_size", ["1MiB", "4KiB"])
def test_rows_are_what_documents_would_be(database: Database, tmp_path: Path, rule: str, split_size: str) -> None:
    mapping = mapping_of(rule, tmp_path)
    database.query(TABLE)
    options: dict[str, Any] = {"mapping": mapping, "max_rejects": 20, "split_size": split_size}
    report = pgfeed.load(as_arrow(readings()), to=database.conninfo, **options)
    with fresh_database() as other:
        other.query(TABLE)
        expected = pgfeed.load(readings(), to=other.conninfo, **options)
        rows = "SELECT * FROM readings ORDER BY id"
        assert database.query(rows) == other.query(rows)
        assert rejects_of(database) == rejects_of(other)
    assert (report.read, report.loaded, report.skipped) == (COUNT, expected.loaded, expected.skipped)
    assert len(report.first_rejects) == len(expected.first_rejects) > 0


def test_a_rejected_row_is_retried_from_its_document(database: Database, tmp_path: Path) -> None:
    mapping = mapping_of("error", tmp_path)
    database.query(TABLE)
    pgfeed.load(as_arrow(readings()), mapping=mapping, to=database.conninfo, max_rejects=20)
    level = {"id": 700, "level": -1.0}
    (document,) = (document for *_, document in rejects_of(database) if document["id"] == level["id"])
    assert document["level"] == level["level"]
    assert set(document) == {"id", "small", "level", "note", "at"}
    assert pgfeed.load([document | {"level": 1}], mapping=mapping, to=database.conninfo).loaded == 1


def test_a_load_of_that_name_goes_on_with_other_splits(database: Database, tmp_path: Path) -> None:
    mapping = mapping_of("error", tmp_path)
    rows = as_arrow([row for row in readings() if row["small"] is not None][:900])
    options: dict[str, Any] = {"mapping": mapping, "to": database.conninfo, "name": "monday", "max_rejects": 20}
    first = pgfeed.load(rows, split_size="2KiB", limit=400, **options)
    second = pgfeed.load(rows.to_reader(50), split_size="5KiB", **options)
    assert first.read + second.read == 900
    assert database.value("SELECT count(*) FROM readings") == first.loaded + second.loaded
    assert pgfeed.load(rows, **options).read == 0
