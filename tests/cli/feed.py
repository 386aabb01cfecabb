"""A mapping, some files and a database: what most tests of loads have in common."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it imports this module
    from conftest import Database, Pgfeed, Result


class Feed:
    """Writes a mapping and files into a folder, and loads them into a database of its own."""

    def __init__(self, pgfeed: Pgfeed, database: Database, folder: Path) -> None:
        self.pgfeed = pgfeed
        self.database = database
        self.folder = folder
        self._files = 0

    def mapping(self, tables: str) -> None:
        """The mapping, without its first line."""
        (self.folder / "feed.yaml").write_text("version: 1\n" + tables, encoding="utf-8")

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def documents(self, *documents: object) -> Path:
        """Documents as newline-delimited JSON, in a file of a new name: one that is in is not loaded again. A text is taken
        as it stands."""
        self._files += 1
        lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in documents]
        return self.file(
            "documents.ndjson" if self._files == 1 else f"documents-{self._files}.ndjson",
            "".join(line + "\n" for line in lines),
        )

    def run(self, command: str, *arguments: object, stdin: str | bytes = "", to: str = "") -> Result:
        return self.pgfeed(command, "-m", "feed.yaml", "--to", to or self.database.conninfo, *arguments, stdin=stdin)

    def load(self, *arguments: object, stdin: str | bytes = "", to: str = "") -> dict[str, Any]:
        """Loads, which must succeed; the report."""
        result = self.run("load", "--json", *arguments, stdin=stdin, to=to)
        assert result.exit_code == 0, result
        report: dict[str, Any] = json.loads(result.stdout)
        documents = report["documents"]
        assert documents["read"] == documents["loaded"] + documents["skipped"] + documents["rejected"]
        return report

    def refuse(self, exit_code: int, *arguments: object, said: tuple[str, ...] = (), to: str = "") -> str:
        """Loads, which must fail with this exit code and a last sentence that holds these words; the sentence."""
        result = self.run("load", *arguments, to=to)
        assert result.exit_code == exit_code, result
        sentence = result.stderr.strip().splitlines()[-1]
        assert re.match(r"pgfeed\b.*: \S", sentence), result.stderr
        for word in said:
            assert word in sentence, sentence
        return sentence

    def rejects(self) -> list[tuple[Any, ...]]:
        """Line, column and SQLSTATE of the rejects, in order."""
        return self.query("SELECT line, column_name, sqlstate FROM pgfeed.rejects ORDER BY source, byte_offset")

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return self.database.query(statement)

    def values(self, statement: str) -> list[Any]:
        """The first column of what a query returns."""
        return [row[0] for row in self.query(statement)]
