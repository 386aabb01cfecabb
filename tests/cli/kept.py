"""What the tests of documents that are loaded after all share: `pgfeed rejects`, and loads in the background."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Result
from feed import Feed


def documents_of(report: dict[str, Any]) -> tuple[int, int, int]:
    """Read, loaded and rejected."""
    documents = report["documents"]
    return documents["read"], documents["loaded"], documents["rejected"]


def rejects(feed: Feed, command: str, *arguments: object) -> Result:
    return feed.pgfeed("rejects", command, "--to", feed.database.conninfo, *arguments)


def retry(feed: Feed, *arguments: object, exit_code: int = 0, to: str = "") -> dict[str, Any]:
    target = to or feed.database.conninfo
    result = feed.pgfeed("rejects", "retry", "-m", "feed.yaml", "--json", "--to", target, *arguments)
    assert result.exit_code == exit_code, result
    report: dict[str, Any] = json.loads(result.stdout)
    documents = report["documents"]
    assert documents["read"] == documents["loaded"] + documents["skipped"] + documents["rejected"]
    return report


def exported(feed: Feed, *arguments: object) -> list[dict[str, Any]]:
    result = rejects(feed, "export", *arguments, "-")
    assert result.exit_code == 0, result
    return [json.loads(line) for line in result.stdout.splitlines()]


def write(feed: Feed, name: str, lines: list[dict[str, Any]]) -> Path:
    return feed.file(name, "".join(json.dumps(line) + "\n" for line in lines))
