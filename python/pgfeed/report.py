"""What came of a load, or of a look at sources."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Table:
    """What became of one table, in rows."""

    name: str
    inserted: int  #: that are new
    merged: int  #: that were there and took values
    already_there: int  #: that were there and stayed as they were


@dataclass(frozen=True)
class Reject:
    """A document that was not loaded, and why."""

    source: str  #: URI
    offset: int  #: byte of the source, from 0
    line: int | None  #: from 1; None where it is not known
    table: str  #: as column: empty where the document as a whole is at fault
    column: str
    reason: str
    sqlstate: str


@dataclass(frozen=True)
class Report:
    """What came of a load. ``print(report)`` shows it as the command line does; `json` is documented in docs/report.md."""

    load: int | None  #: number in ``pgfeed.loads``
    feed: str
    database: str  #: where the rows went, for a person
    read: int  #: documents: always loaded + skipped + rejected
    loaded: int
    skipped: int
    rejected: int
    bytes: int  #: of the sources
    files: int
    files_in: int  #: of these, those that were in already as a whole
    splits: int  #: transactions
    connections: int
    seconds: float
    tables: dict[str, Table]
    first_rejects: list[Reject]  #: at most three; ``pgfeed.rejects`` has all
    warnings: list[str]
    json: str = field(repr=False)
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text.rstrip("\n")


@dataclass(frozen=True)
class CheckedTable:
    """Rows that would go into one table."""

    name: str
    is_there: bool  #: in the database; else pgfeed would create it
    rows: int
    first_rows: list[dict[str, str | None]]


@dataclass(frozen=True)
class Check:
    """What a load would do with the documents that were looked at. ``print(check)`` shows it as the command line does."""

    feed: str
    database: str
    read: int
    loaded: int  #: would be, as far as can be told without the server's checks
    skipped: int
    tables: dict[str, CheckedTable]
    rejects: list[Reject]
    warnings: list[str]
    json: str = field(repr=False)
    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text.rstrip("\n")


def report_of(text_as_json: str, text: str) -> Report:
    """Take what the engine says of a load."""
    said: dict[str, Any] = json.loads(text_as_json)
    documents = said["documents"]
    return Report(
        load=said["load"],
        feed=said["feed"],
        database=said["database"],
        read=documents["read"],
        loaded=documents["loaded"],
        skipped=documents["skipped"],
        rejected=documents["rejected"],
        bytes=said["bytes"],
        files=said["files"],
        files_in=said["files_in"],
        splits=said["splits"],
        connections=said["connections"],
        seconds=said["seconds"]["all"],
        tables={table["name"]: Table(**table) for table in said["tables"]},
        first_rejects=[Reject(**reject) for reject in said["first_rejects"]],
        warnings=said["warnings"],
        json=text_as_json,
        text=text,
    )


def with_warning(report: Report, sentence: str) -> Report:
    """The same, with one more warning, unless that is empty."""
    if not sentence:
        return report
    said = json.loads(report.json)
    said["warnings"].append(sentence)
    return report_of(json.dumps(said) + "\n", f"{report.text}warning    {sentence}\n")


def check_of(text_as_json: str, text: str) -> Check:
    """Take what the engine says of a check."""
    said: dict[str, Any] = json.loads(text_as_json)
    return Check(
        feed=said["feed"],
        database=said["database"],
        read=said["read"],
        loaded=said["loaded"],
        skipped=said["skipped"],
        tables={table["name"]: CheckedTable(**table) for table in said["tables"]},
        rejects=[Reject(**reject) for reject in said["rejects"]],
        warnings=said["warnings"],
        json=text_as_json,
        text=text,
    )
