"""What the tests of the command line share: the program, a database for each test, a private server's folder.

The server is the one of `scripts/with_postgres.sh`; without it the tests fail.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from database import PROGRAM, ROOT, Database, clean_environment, server_conninfo
from feed import Feed
from fixtures import database, server, server_template
from proxy import Proxy
from server import Server

__all__ = [
    "PROGRAM",
    "ROOT",
    "TIMEOUT_SECONDS",
    "Database",
    "clean_environment",
    "database",
    "server",
    "server_conninfo",
    "server_template",
]

TIMEOUT_SECONDS = 120


class Result(NamedTuple):
    """How a run of pgfeed ended."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for a private server that also user postgres may enter, who runs it where the tests run as root."""
    parent = Path(tempfile.mkdtemp(prefix="pgfeed-private-"))
    parent.chmod(0o755)
    folder = parent / "server"
    yield folder
    if (folder / "data").exists():
        subprocess.run([PROGRAM, "server", "stop"], env=clean_environment() | {"PGFEED_SERVER_DIR": str(folder)}, check=True)
    shutil.rmtree(parent)


Pgfeed = Callable[..., Result]


@pytest.fixture
def pgfeed(tmp_path: Path, server_folder: Path) -> Pgfeed:
    """Runs pgfeed in `tmp_path`. Where it would use a private server, it is the one in `server_folder`."""

    def run(*arguments: object, stdin: str | bytes = "", env: dict[str, str] | None = None) -> Result:
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env=clean_environment() | {"PGFEED_SERVER_DIR": str(server_folder)} | (env or {}),
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def feed(pgfeed: Pgfeed, database: Database, tmp_path: Path) -> Feed:
    return Feed(pgfeed, database, tmp_path)


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    """In front of the database of the test."""
    with Proxy(database.conninfo) as proxy:
        yield proxy


@pytest.fixture
def server_feed(pgfeed: Pgfeed, server: Server, tmp_path: Path) -> Feed:
    """As `feed`, with a database on `server`."""
    return Feed(pgfeed, Database("load", server.create_database("load")), tmp_path)


PEOPLE_MAPPING = """\
version: 1
feed: people
root: people
tables:
  people:
    key: [id]
    on_duplicate: skip
    rows:
      - from: $
        columns:
          id: {path: $.id, type: bigint}
          name: {path: $.name, type: text}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """A small mapping: one table `people` with `id` and `name`."""
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE_MAPPING, encoding="utf-8")
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Three documents for `mapping`."""
    path = tmp_path / "people.ndjson"
    path.write_text('{"id":1,"name":"Ada"}\n{"id":2,"name":"Grace"}\n{"id":3,"name":null}\n', encoding="utf-8")
    return path
