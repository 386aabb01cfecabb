"""Atomic loads for the tests: mappings, documents, what is staged."""

from __future__ import annotations

import subprocess

from feed import Feed

REJECTS = 6
ATOMIC = ("--publish", "atomic", "--split-size", "4KiB")
COUNT = 3000

SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: integer}}
"""
TWO = """\
feed: seen
tables:
  first:
    columns: {id: {path: $.id, type: integer}}
  second:
    columns: {id: {path: $.id, type: integer}}
"""


def lines(ids: range) -> str:
    return "".join(f'{{"id": {number}, "filler": "{"x" * (number % 50)}"}}\n' for number in ids)


def ids_in(feed: Feed) -> list[int]:
    if not feed.values("SELECT to_regclass('seen') IS NOT NULL")[0]:
        return []
    return feed.values("SELECT id FROM seen ORDER BY id")


def staged(feed: Feed) -> int:
    if not feed.values("SELECT to_regclass('pgfeed.staged_splits') IS NOT NULL")[0]:
        return 0
    return int(feed.values("SELECT count(*) FROM pgfeed.staged_splits")[0])


def wait_for_staged(feed: Feed, process: subprocess.Popen[str], count: int) -> None:
    while process.poll() is None and staged(feed) < count:
        pass
