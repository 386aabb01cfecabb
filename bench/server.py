"""A private PostgreSQL for the measurements: the same settings for all ways, gone at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

SETTINGS = {
    "listen_addresses": "127.0.0.1",  # for Java, which knows no sockets in folders
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",  # a checkpoint before each run, none inside one
    "max_connections": "60",
}


def find_programs() -> Path:
    """The folder with initdb and pg_ctl: of the pg_config in the path, else the newest of Debian's."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        found = subprocess.run([pg_config, "--bindir"], check=True, capture_output=True, text=True)
        candidates.insert(0, Path(found.stdout.strip()))
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError("initdb: install PostgreSQL's server programs")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A cluster in a fresh folder, listening on a socket there and on 127.0.0.1. As a context manager it is stopped and
    removed.

    PostgreSQL refuses to run as root; then it runs as the user `postgres`.
    """

    def __init__(self, parent: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pgfeed-bench-", dir=parent))
        self.exports = self.folder / "exports"  # the server writes and reads the limit's files here
        self.port = free_port()
        self.environment = {"PGHOST": str(self.folder), "PGPORT": str(self.port), "PGUSER": "postgres"}
        self._as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._programs = find_programs()

    def __enter__(self) -> Server:
        self.exports.mkdir()
        if self._as_owner:
            for path in (self.folder, self.exports):
                shutil.chown(path, "postgres")
        try:
            self._run("initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
            with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
                file.write(f"unix_socket_directories = '{self.folder}'\nport = {self.port}\n")
            self._run("pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-w", "start")
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_owner, str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    def conninfo(self, database: str) -> str:
        return f"host={self.folder} port={self.port} user=postgres dbname={database}"

    def tcp_conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def jdbc_url(self, database: str) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{database}?user=postgres"

    def connect(self, database: str) -> Connection:
        """A connection in autocommit mode."""
        import psycopg2

        connection = psycopg2.connect(self.conninfo(database))
        connection.autocommit = True
        return connection

    def execute(self, database: str, sql: str) -> None:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()

    def rows(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()
