"""A PostgreSQL of a test's own, which it may kill, restart and set up as it likes; other tests never see it.

    def test_…(server: Server, server_feed: Feed) -> None:
        server.restart()  # as after a crash

`scripts/with_postgres.sh` says which version. The folder is a copy of one that is made once in a run of pytest. Nothing is
synced to the disk; yet a crash of the server loses no more than it may: what was committed with synchronous_commit off.
Where the tests run as root the server runs as user postgres, as PostgreSQL demands.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql

SECONDS = 60
SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB", "listen_addresses": "127.0.0.1"}


def server_user() -> dict[str, Any]:
    """Arguments of subprocess for what belongs to the server."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def run(*command: object) -> None:
    """Runs a program as the server's user. What it says is part of the error if it fails."""
    done = subprocess.run(
        [*map(str, command)],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **server_user(),
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stdout}")


def make_folder(prefix: str) -> Path:
    """A temporary folder that belongs to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    if server_user():
        shutil.chown(folder, "postgres", "postgres")
    return folder


def free_port() -> int:
    """A port that is free, and no outgoing connection takes by itself: it must be free after each restart too."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            port: int = probe.getsockname()[1]
            return port


class Template:
    """A data folder that servers copy."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = make_folder("pgfeed-template-")
        self.data = self.folder / "data"
        run(
            *(programs / "initdb", "-D", self.data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--no-sync", "--auth=trust", "--wal-segsize=1"),
        )

    def remove(self) -> None:
        shutil.rmtree(self.folder)


class Server:
    """See the module. A context manager: on leaving, the server is stopped and its folder is gone."""

    def __init__(self, template: Template) -> None:
        self._programs = template.programs
        self.folder = make_folder("pgfeed-server-")
        self.data = self.folder / "data"
        run("cp", "-a", template.data, self.data)
        self.port = free_port()
        self.configure(**SETTINGS, port=str(self.port), unix_socket_directories=str(self.folder))

    def configure(self, **settings: str) -> None:
        """Lines of postgresql.conf; they count from the next start on."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def allow(self, line: str) -> None:
        """A line of pg_hba.conf, from the next start on. As it is made, the server trusts all connections of loopback."""
        with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def add_file(self, name: str, content: bytes) -> None:
        """A file in the data folder that only the server may read, as it demands of a private key."""
        path = self.data / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        if server_user():
            shutil.chown(path, "postgres", "postgres")

    def conninfo(self, database: str = "postgres", host: str = "127.0.0.1") -> str:
        return f"host={host} port={self.port} user=postgres dbname={database}"

    def create_database(self, name: str) -> str:
        """A new database; its connection string."""
        with self.connect() as session:
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.conninfo(name)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.conninfo(), autocommit=True)

    def log(self) -> str:
        """What the server has written so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Starts it; returns when it takes connections."""
        self._control("start")

    def restart(self, mode: str = "immediate") -> None:
        """`pg_ctl restart -m`: by `immediate` as after a crash, on the same port. Returns when it takes connections."""
        self._control("restart", "-m", mode)

    def stop(self, mode: str = "immediate") -> None:
        self._control("stop", "-m", mode)

    def is_running(self) -> bool:
        """False also before the first start, and after a crash that left its file."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def kill_backend(self, pid: int) -> None:
        """kill -9 of a session's process. The server then ends all sessions and recovers; returns when it takes new ones."""
        witness = self.connect()
        try:
            os.kill(pid, signal.SIGKILL)
            if not select.select([witness.fileno()], [], [], SECONDS)[0]:
                raise RuntimeError(f"the server did not mind that {pid} was killed: {self.log()}")
        finally:
            witness.close()
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:  # 57P03: it is in recovery
                if time.monotonic() > deadline:
                    raise

    def _control(self, *command: str) -> None:
        run(self._programs / "pg_ctl", "-D", self.data, "-l", self.folder / "log", "-s", "-w", "-t", SECONDS, *command)

    def close(self) -> None:
        try:
            if self.is_running():
                self.stop()
        finally:
            shutil.rmtree(self.folder)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
