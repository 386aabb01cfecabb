"""A mapping, some files and a database: what the tests of loads by Spark have in common."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from database import GENERATOR, PROGRAM, ROOT, Database, clean_environment

if TYPE_CHECKING:
    from pgfeed import Report
    from pyspark.sql import SparkSession

TWEETS = ROOT / "examples" / "tweets" / "tweets.yaml"

ORDERS = """\
version: 1
feed: orders
root: orders
tables:
  customers:
    key: [id]
    on_duplicate: {latest: seen_at}
    columns:
      id: {path: $.customer, type: bigint}
      seen_at: {path: $.placed_at, type: timestamptz}
  orders:
    key: [id]
    on_duplicate: skip
    foreign_keys: [{columns: [customer], references: customers}]
    columns:
      id: {path: $.id, type: bigint}
      placed_at: {path: $.placed_at, type: timestamptz}
      customer: {path: $.customer, type: bigint}
  items:
    key: [order_id, line]
    foreign_keys: [{columns: [order_id], references: orders}]
    from: $.items[*]
    columns:
      order_id: {path: $.id, type: bigint}
      line: {meta: position, type: integer}
      sku: {path: "@", type: text}
"""

# The table has no key, so that a document that is loaded twice shows.
SEEN = """\
version: 1
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""

REJECTS = (
    "SELECT source, byte_offset, line, table_name, column_name, reason, sqlstate, document, state "
    "FROM pgfeed.rejects ORDER BY source, byte_offset"
)
GATE = 4711
WAITS_FOR_A_LOCK = "wait_event_type = 'Lock'"


def order(number: int) -> dict[str, Any]:
    minutes, seconds = divmod(number % 3600, 60)
    return {
        "id": number,
        "placed_at": f"2024-05-01T{number // 3600:02}:{minutes:02}:{seconds:02}Z",
        "customer": number % 17,
        "items": [f"{number}-{line}" for line in range(number % 4)],
    }


def orders(ids: range, bad: range = range(0), end: str = "\n") -> str:
    """Orders, one a line; the `bad` ones have a date that is none, and every second of those is no JSON either."""
    lines = []
    for number in ids:
        document = order(number) | ({"placed_at": "yesterday"} if number in bad else {})
        text = json.dumps(document)
        lines.append(text[:-1] if number in bad and number % 2 else text)
    return "".join(line + end for line in lines)


def seen(ids: range) -> str:
    """Documents for SEEN."""
    return "".join(f'{{"id": {number}, "filler": "{"x" * (number % 50)}"}}\n' for number in ids)


@dataclass(frozen=True)
class Feed:
    """A database, and a folder with the mapping `feed.yaml` and the files."""

    database: Database
    folder: Path

    @property
    def mapping(self) -> Path:
        return self.folder / "feed.yaml"

    def set_mapping(self, text: str) -> None:
        self.mapping.write_text(text, encoding="utf-8")

    def file(self, name: str | bytes, content: str | bytes) -> Path:
        path = self.folder / (name if isinstance(name, str) else name.decode("utf-8", "surrogateescape"))
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, spark: SparkSession, *paths: Path, **arguments: Any) -> Report:  # noqa: ANN401  # passed on
        """Loads by Spark. The report's counts must be those of the ledger."""
        import pgfeed.spark

        report = pgfeed.spark.load(spark, paths, mapping=self.mapping, to=self.database.conninfo, **arguments)
        assert report.read == report.loaded + report.skipped + report.rejected
        if not arguments.get("dry_run"):
            self.assert_counted(report)
        return report

    def assert_counted(self, report: Report) -> None:
        counted = self.database.query(
            "SELECT coalesce(sum(loaded), 0), coalesce(sum(skipped), 0), coalesce(sum(rejected), 0) FROM "
            "(SELECT load, loaded, skipped, rejected FROM pgfeed.splits UNION ALL "
            "SELECT load, loaded, skipped, rejected FROM pgfeed.late_batches) part WHERE load = %s",
            report.load,
        )
        assert counted == [(report.loaded, report.skipped, report.rejected)]

    def run(self, command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """A command of the command line, with the feed's mapping."""
        words = [PROGRAM, command, "-m", self.mapping, "--to", self.database.conninfo, *arguments]
        return subprocess.run(
            [*map(str, words)], env=clean_environment(), capture_output=True, text=True, timeout=120, check=False
        )

    def load_by_command(self, *arguments: object) -> dict[str, Any]:
        """Loads by the command line; its report."""
        done = self.run("load", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def tables(self) -> dict[str, list[str]]:
        """All rows of all tables, but for those of the ledger."""
        names = self.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = "SELECT row_to_json(t)::text FROM {} t ORDER BY 1"
        return {name: [row for (row,) in self.database.query(rows.format(name))] for (name,) in names}

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.database.query(REJECTS)

    def ids(self, table: str = "seen") -> list[int]:
        """Of a table that may not be there yet."""
        if self.database.value("SELECT to_regclass(%s) IS NULL", table):
            return []
        return [number for (number,) in self.database.query(f"SELECT id FROM {table} ORDER BY id")]

    def splits(self, what: str = "true") -> int:
        """Splits that are committed; 0 also where there is no ledger yet."""
        if self.database.value("SELECT to_regclass('pgfeed.splits') IS NULL"):
            return 0
        count = self.database.value(f"SELECT count(*) FROM pgfeed.splits WHERE {what}")
        assert isinstance(count, int)
        return count

    def sessions(self, what: str = "true") -> list[tuple[int, str]]:
        """Process and name of each session that pgfeed has on the database."""
        return self.database.query(
            "SELECT pid, application_name FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%%' "
            f"AND datname = %s AND {what} ORDER BY 2",
            self.database.name,
        )

    def make_gate(self, *ids: int, table: str = "seen") -> None:
        """Rows of the table with these ids wait at a gate, where one is closed: so tasks stop at a place in their work."""
        self.database.query(
            "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END$$"
        )
        self.database.query(
            f"CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.id IN ({', '.join(map(str, ids))})) "
            "EXECUTE FUNCTION wait_at_gate()"
        )

    @contextmanager
    def closed_gate(self) -> Iterator[None]:
        with psycopg.connect(self.database.conninfo, autocommit=True) as session:
            session.execute(f"SELECT pg_advisory_lock({GATE})".encode())
            yield

    @contextmanager
    def hold(self, table: str = "seen") -> Iterator[None]:
        """Nobody else writes to the table meanwhile."""
        with psycopg.connect(self.database.conninfo) as session:
            session.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE".encode())
            yield
            session.rollback()

    def load_state(self) -> object:
        return self.database.value("SELECT state FROM pgfeed.loads ORDER BY load DESC LIMIT 1")


def generate_tweets(path: Path, count: int, *options: object) -> Path:
    """Tweets of few users, some of them twice, and some lines that are no JSON."""
    command = [GENERATOR, "--count", count, "--users", 150, "--duplicates", 5, *options, "--out", path]
    subprocess.run([*map(str, command)], check=True)
    return path
