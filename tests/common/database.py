"""A fresh database for each test, and the environment of the programs under test.

The server is the one of `scripts/with_postgres.sh`; without it the tests fail.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("PGFEED", ROOT / "build" / "pgfeed"))
GENERATOR = PROGRAM.parent / "generate_tweets"


@dataclass(frozen=True)
class Database:
    """A fresh database of one test."""

    name: str
    conninfo: str  # libpq's keywords; the server's superuser, by the socket

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a statement; none where it gives none. Committed."""
        with psycopg.connect(self.conninfo) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *parameters: object) -> object:
        """The one value of a statement."""
        ((value,),) = self.query(statement, *parameters)
        return value

    @property
    def environment(self) -> dict[str, str]:
        """libpq's variables that lead to it."""
        return {name: os.environ[name] for name in ("PGHOST", "PGPORT", "PGUSER")} | {"PGDATABASE": self.name}


def server_conninfo(database: str) -> str:
    if "PGHOST" not in os.environ:
        pytest.fail("no PostgreSQL: run the tests by scripts/with_postgres.sh, or `make test`")
    keywords = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
    parts = [f"{keyword}={os.environ[variable]}" for keyword, variable in keywords.items()]
    return " ".join([*parts, f"dbname={database}"])


@contextmanager
def fresh_database() -> Iterator[Database]:
    """A new database, which is dropped on leaving, whoever is still connected to it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_conninfo("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield Database(name, server_conninfo(name))
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def clean_environment(*more: str) -> dict[str, str]:
    """The environment without libpq's variables, so that only a test's own arguments say where a load goes; nor those with
    one of these other prefixes."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PGFEED_", *more))}
