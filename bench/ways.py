"""The ways to get the same tweets into PostgreSQL that are measured side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from limit import Limit
from server import Server

BENCH = Path(__file__).parent
PEERS = BENCH / "peers"
NAMES = (
    "plain",
    "no_ledger",
    "latest",
    "surrogates",
    "foreign_keys",
    "created",
    "limit",
    "limit_foreign_keys",
    "limit_keys_after",
    "duckdb",
    "spark_copy",
    "spark_values",
    "serial",
)
TABLES = ("users", "tweets", "tweet_urls", "tweet_mentions", "tweet_tags")


@dataclass
class Outcome:
    """One run of one way."""

    seconds: float  # what is compared: a peer's own clock, without the start of Python or Spark
    wall_seconds: float  # from the start of the process to its end
    cpu_seconds: float = 0.0  # of the client and its children, user and system; 0: not known
    max_bytes: int = 0  # the largest resident set of one process of the client; 0: not known
    report: dict[str, Any] = field(default_factory=dict)


@dataclass
class Way:
    name: str
    label: str
    database: str  # made and emptied by Databases
    run: Callable[[], Outcome]
    slow: bool = False  # a minute rather than seconds


def run_client(command: list[str], environment: dict[str, str], stdin: int | None = None) -> Outcome:
    """Runs a client to its end and returns what it took. Its last line on standard output is a JSON object.

    Raises
    ------
    RuntimeError
        When it ends with another code than 0.
    """
    begin = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | environment, stdin=stdin, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with code {process.returncode}")
    report = last_object(output)
    seconds = float(report["seconds"]) if command[0] == sys.executable else wall
    return Outcome(seconds, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, report)


def last_object(output: str) -> dict[str, Any]:
    """The JSON object at the end of an output: on its last line, or over all of it."""
    for text in (output, output.strip().rpartition("\n")[2]):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}


class Databases:
    """A database for each form of the tables, so that no way finds another's rows."""

    SCRIPTS: ClassVar[dict[str, list[str]]] = {
        "plain": ["schema.sql"],
        "surrogates": ["schema.sql", "surrogates.sql"],
        "foreign_keys": ["schema.sql", "foreign_keys.sql"],
        "keys_after": ["schema.sql"],
        "created": [],  # pgfeed makes the tables
        "narrow": ["narrow.sql"],
        "sample": ["schema.sql"],  # what a program does before it is measured
    }

    def __init__(self, server: Server) -> None:
        self._server = server
        for database, scripts in self.SCRIPTS.items():
            server.execute("postgres", f"CREATE DATABASE {database}")
            for script in scripts:
                server.execute(database, (BENCH / script).read_text(encoding="utf-8"))

    def tables(self, database: str, schema: str = "public") -> list[str]:
        sql = f"SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1"
        return [name for (name,) in self._server.rows(database, sql)]

    def empty(self, database: str) -> None:
        """Empties the tables and the ledger, which stays: it is made once for a database. Writes everything out."""
        tables = self.tables(database)
        if tables and database == "created":
            self._server.execute(database, f"DROP TABLE {', '.join(tables)} CASCADE")
        elif tables:
            self._server.execute(database, f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
        ledger = [f"pgfeed.{name}" for name in self.tables(database, "pgfeed") if name != "version"]
        if ledger:
            self._server.execute(database, f"TRUNCATE {', '.join(ledger)} RESTART IDENTITY")
        self._server.execute(database, "CHECKPOINT")

    def counts(self, database: str) -> dict[str, int]:
        return {table: self._server.rows(database, f"SELECT count(*) FROM {table}")[0][0] for table in self.tables(database)}


class Ways:
    """All ways, by name, over the same files."""

    def __init__(self, server: Server, files: list[Path], pgfeed: Path, connections: int) -> None:
        self._server = server
        self._files = [str(path) for path in files]
        self._pgfeed = pgfeed
        self._connections = connections
        self._limit = Limit(server, connections)

    def export(self, database: str) -> None:
        self._limit.export(database)

    def all(self) -> dict[str, Way]:
        limit, workers = self._limit, str(self._connections)
        ways = [
            self._load("plain", "pgfeed, plain form"),
            self._load("no_ledger", "pgfeed, plain form without the ledger", "plain", "plain", ["--no-ledger"]),
            self._load("latest", "pgfeed, latest profile of each user", database="plain"),
            self._load("surrogates", "pgfeed, latest and URLs as ids"),
            self._load("foreign_keys", "pgfeed, foreign keys in place"),
            self._load("created", "pgfeed, tables it creates", mapping="plain"),
            self._limit_way("limit", "limit: server-side COPY", "plain", limit.load),
            self._limit_way("limit_foreign_keys", "limit, foreign keys in place", "foreign_keys", limit.load_in_stages),
            self._limit_way("limit_keys_after", "limit, keys after the rows", "keys_after", limit.load_then_keys),
            self._peer("duckdb", "DuckDB, postgres extension", ["duckdb_postgres.py", workers]),
            self._peer("spark_copy", "PySpark, COPY and merge", ["pyspark_foreach.py", "copy", workers], slow=True),
            self._peer("spark_values", "PySpark, execute_values", ["pyspark_foreach.py", "values", workers], slow=True),
            self._peer("serial", "psycopg2 script, execute_values", ["serial_psycopg2.py"], slow=True),
        ]
        return {way.name: way for way in ways}

    def load_command(self, mapping: str, database: str, sources: list[str]) -> list[str]:
        return [
            str(self._pgfeed),
            "load",
            "-m",
            str(BENCH / f"{mapping}.yaml"),
            "--to",
            self._server.conninfo(database),
            "--connections",
            str(self._connections),
            "--progress",
            "none",
            "--json",
            *sources,
        ]

    def _load(self, name: str, label: str, database: str = "", mapping: str = "", options: Sequence[str] = ()) -> Way:
        database = database or name
        command = [*self.load_command(mapping or name, database, self._files), *options]
        return Way(name, label, database, lambda: run_client(command, {}))

    def _peer(self, name: str, label: str, script: list[str], slow: bool = False) -> Way:
        environment = self._server.environment | {
            "PGDATABASE": "plain",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
        }
        command = [sys.executable, str(PEERS / script[0]), *script[1:], *self._files]

        def run() -> Outcome:
            outcome = run_client(command, environment)
            # Spark's Java and its workers are nobody's waited-for children: what the system counts is not theirs.
            return replace(outcome, cpu_seconds=0.0, max_bytes=0) if name.startswith("spark") else outcome

        return Way(name, label, "plain", run, slow)

    @staticmethod
    def _limit_way(name: str, label: str, database: str, load: Callable[[str], float]) -> Way:
        def run() -> Outcome:
            seconds = load(database)
            return Outcome(seconds, seconds)

        return Way(name, label, database, run)
