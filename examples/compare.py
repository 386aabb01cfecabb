#!/usr/bin/env python3
"""Compares the tables of a database with what an example's `reference.py` reads from the same documents.

    examples/compare.py tweets "host=127.0.0.1 dbname=demo" tweets.ndjson more.ndjson

Prints the differences and ends with 1 if there are any. Lines that are no JSON are passed over: pgfeed rejects them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

MOST_SHOWN = 5


def load_reference(example: str) -> ModuleType:
    path = Path(__file__).parent / example / "reference.py"
    spec = importlib.util.spec_from_file_location(f"reference_of_{example}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents_in(path: Path) -> Iterator[Any]:
    """Documents of a file: an array of them, an object with them under `statuses`, or one on each line."""
    content = path.read_text(encoding="utf-8-sig")
    try:
        whole = json.loads(content)
    except ValueError:
        whole = None
    if isinstance(whole, list):
        yield from whole
    elif isinstance(whole, dict):
        yield from whole.get("statuses", [whole])
    else:
        yield from documents_on_lines(content)


def documents_on_lines(content: str) -> Iterator[Any]:
    for line in content.split("\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue


def table_in(conninfo: str, query: str, key: list[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    # A column that stands twice (its id, then its URL under the same name) is taken as the last one.
    sql = f"COPY (SELECT row_to_json(t) FROM ({query}) t) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    environment = os.environ | {"PGTZ": "UTC", "PGCLIENTENCODING": "UTF8"}
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", sql]
    found = subprocess.run(command, check=True, capture_output=True, env=environment).stdout.decode()
    rows = (json.loads(line) for line in found.split("\n") if line)
    return {tuple(row[column] for column in key): row for row in rows}


def differences(table: str, expected: dict[Any, Any], found: dict[Any, Any]) -> list[str]:
    lines = [f"{table}: {key} is missing" for key in expected.keys() - found.keys()]
    lines += [f"{table}: {key} should not be there" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        for column in expected[key].keys() | found[key].keys():
            wanted, got = expected[key].get(column), found[key].get(column)
            if wanted != got:
                lines.append(f"{table}: {key}: {column} is {got!r}, should be {wanted!r}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("example", help="folder beside this file: tweets or github_events")
    parser.add_argument("conninfo", help="connection string, as psql takes it")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    reference = load_reference(options.example)
    expected = reference.rows(document for path in options.files for document in documents_in(path))
    wrong = 0
    for table, rows in expected.items():
        found = table_in(options.conninfo, reference.QUERIES[table], reference.KEYS[table])
        lines = differences(table, rows, found)
        print(f"{table}: {len(found)} rows, {len(lines)} differences")
        print(*lines[:MOST_SHOWN], sep="\n", end="\n" if lines else "")
        wrong += len(lines)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
