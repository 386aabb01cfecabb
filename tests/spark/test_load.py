"""`pgfeed.load` and `pgfeed.check` in a plain Python program: files, documents, and anything of Arrow."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import uuid
from pathlib import Path
from typing import Any

import pgfeed
import pyarrow
import pytest
from database import Database

MAPPING = """\
version: 1
feed: things
tables:
  things:
    key: [id]
    columns:
      id: {path: $.id, type: bigint}
      at: {path: $.at, type: timestamptz}
      price: {path: $.price, type: "numeric(12,4)"}
      who: {path: $.who, type: uuid}
      raw: {path: $.raw, type: bytea}
      ratio: {path: $.ratio, type: double precision}
      rest: {path: $.rest, type: jsonb}
"""
WHO = uuid.UUID("6f1b2c3d-0000-4000-8000-000000000001")
THING: dict[str, Any] = {
    "id": 1,
    "at": datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc),
    "price": decimal.Decimal("1.2500"),
    "who": WHO,
    "raw": b"\x00\xff",
    "ratio": math.nan,
    "rest": {"a": [1, None]},
}


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "things.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def ids(database: Database) -> list[int]:
    return [number for (number,) in database.query("SELECT id FROM things ORDER BY id")]


def numbers(count: int, begin: int = 0) -> list[dict[str, int]]:
    return [{"id": number} for number in range(begin, begin + count)]


def test_files(database: Database, mapping: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{part}.ndjson" for part in range(2)]
    for part, file in enumerate(files):
        file.write_text("".join(json.dumps(each) + "\n" for each in numbers(100, part * 100)), encoding="utf-8")
    report = pgfeed.load(files, mapping=mapping, to=database.conninfo, connections=2, progress=False)
    assert (report.read, report.loaded, report.files) == (200, 200, 2)
    assert ids(database) == list(range(200))
    again = pgfeed.load(files, mapping=mapping, to=database.conninfo)
    assert (again.read, again.files_in) == (0, 2)
    assert "documents  0 read" in str(again)


def test_documents_of_python_keep_their_values(database: Database, mapping: Path) -> None:
    pgfeed.load([THING], mapping=mapping, to=database.conninfo)
    assert database.query("SELECT at, price, who, raw, ratio::text, rest FROM things") == [
        (THING["at"], THING["price"], WHO, THING["raw"], "NaN", THING["rest"])
    ]


def test_an_iterator_is_not_held(database: Database, mapping: Path) -> None:
    texts = (json.dumps(each) for each in numbers(50_000))
    report = pgfeed.load(texts, mapping=mapping, to=database.conninfo, split_size="64KiB")
    assert report.loaded == 50_000
    assert report.splits > 5
    assert database.value("SELECT count(*) FROM things") == 50_000
    assert database.value("SELECT count(*) FROM pgfeed.parts") == 0


def test_a_name_makes_a_second_time_harmless(database: Database, mapping: Path) -> None:
    for read in (10, 0):
        assert pgfeed.load(numbers(10), mapping=mapping, to=database.conninfo, name="monday").read == read
    assert ids(database) == list(range(10))


def arrow_tables() -> dict[str, Any]:
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    table = pyarrow.table({"id": [1, 2, 3], "price": [decimal.Decimal("1.5"), None, decimal.Decimal("-2.25")]})
    return {
        "a table": table,
        "a batch": table.to_batches()[0],
        "a stream": table.to_reader(1),
        "polars": polars.from_arrow(table),
        "duckdb": duckdb.from_arrow(table).arrow(),
    }


@pytest.mark.parametrize("kind", ["a table", "a batch", "a stream", "polars", "duckdb"])
def test_anything_of_arrow(database: Database, mapping: Path, kind: str) -> None:
    report = pgfeed.load(arrow_tables()[kind], mapping=mapping, to=database.conninfo)
    assert report.loaded == 3
    expected = [(1, decimal.Decimal("1.5")), (2, None), (3, decimal.Decimal("-2.25"))]
    assert database.query("SELECT id, price FROM things ORDER BY id") == expected


def test_an_error_has_the_report_of_what_is_in(database: Database, mapping: Path) -> None:
    with pytest.raises(pgfeed.RejectsError) as caught:
        pgfeed.load(iter(['{"id": 1}', '{"id": ']), mapping=mapping, to=database.conninfo)
    assert caught.value.report is not None
    assert caught.value.report.first_rejects[0].line == 2
    assert ids(database) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"connection": 2}, "there is no option 'connection'"),
        ({"connections": 0}, "connections is a whole number from 1 on"),
        ({"max_rejects": "200%"}, "max_rejects is a number of documents or a percentage"),
        ({"publish": "later"}, "publish is 'split' or 'atomic'"),
        ({"split_size": "big"}, "split_size is a number of bytes"),
        ({"to": "dbname=x password=secret"}, "password"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(mapping: Path, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(pgfeed.UsageError, match=sentence) as caught:
        pgfeed.load("nothing", mapping=mapping, **wrong)
    assert "secret" not in str(caught.value)


def test_check_shows_rows_and_writes_nothing(database: Database, mapping: Path, tmp_path: Path) -> None:
    file = tmp_path / "things.ndjson"
    file.write_text('{"id": 1}\n{"id": "one"}\n', encoding="utf-8")
    found = pgfeed.check(file, mapping=mapping, to=database.conninfo)
    assert (found.read, found.loaded, len(found.rejects)) == (2, 1, 1)
    assert found.tables["things"].first_rows[0]["id"] == "1"
    assert database.value("SELECT to_regclass('things')") is None
