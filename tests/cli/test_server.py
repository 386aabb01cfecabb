"""The private PostgreSQL behind `pgfeed server`."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import PROGRAM, TIMEOUT_SECONDS, Pgfeed, clean_environment
from psycopg.conninfo import conninfo_to_dict


def start(pgfeed: Pgfeed) -> str:
    """Starts the server and returns its URL."""
    started = pgfeed("server", "start")
    assert started.exit_code == 0, started
    url = pgfeed("server", "url")
    assert url.exit_code == 0, url
    return url.stdout.strip()


def ask(url: str, statement: bytes) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def server_pid(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_start_makes_a_server_that_its_url_reaches(pgfeed: Pgfeed) -> None:
    url = start(pgfeed)
    assert ask(url, b"SELECT current_user || ' in ' || current_database()") == "loader in pgfeed"
    assert ask(url, b"SHOW server_encoding") == "UTF8"
    assert ask(url, b"SELECT datcollate FROM pg_database WHERE datname = 'pgfeed'") == "C.UTF-8"


def test_it_is_durable_and_listens_on_this_machine_only(pgfeed: Pgfeed) -> None:
    url = start(pgfeed)
    assert ask(url, b"SHOW fsync") == "on"
    assert ask(url, b"SHOW listen_addresses") == "127.0.0.1"
    assert ask(url, b"SHOW max_wal_size") == "4GB"


def test_the_password_is_in_the_passfile_and_nowhere_else(pgfeed: Pgfeed, server_folder: Path) -> None:
    url = start(pgfeed)
    passfile = Path(str(conninfo_to_dict(url)["passfile"]))
    password = passfile.read_text().strip().split(":")[4]
    assert len(password) >= 32
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600
    assert passfile.stat().st_uid == os.getuid()
    assert password not in url
    holders = [path for path in server_folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert holders == [passfile]


def test_a_wrong_password_is_refused(pgfeed: Pgfeed) -> None:
    url = start(pgfeed)
    Path(str(conninfo_to_dict(url)["passfile"])).write_text("127.0.0.1:*:*:loader:wrong\n")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(url, b"SELECT 1")


def test_a_second_start_changes_nothing(pgfeed: Pgfeed, server_folder: Path) -> None:
    url = start(pgfeed)
    pid = server_pid(server_folder)
    assert start(pgfeed) == url
    assert server_pid(server_folder) == pid


def test_two_starts_at_once_make_one_server(pgfeed: Pgfeed, server_folder: Path) -> None:
    env = clean_environment() | {"PGFEED_SERVER_DIR": str(server_folder)}
    starts = [subprocess.Popen([PROGRAM, "server", "start"], env=env, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(TIMEOUT_SECONDS) for process in starts] == [0, 0, 0]
    assert ask(start(pgfeed), b"SELECT 1") == 1


def test_it_outlives_the_session_that_started_it(pgfeed: Pgfeed, server_folder: Path) -> None:
    start(pgfeed)
    pid = server_pid(server_folder)
    assert os.getsid(pid) != os.getsid(0)


def test_stop_keeps_the_data_and_the_port(pgfeed: Pgfeed) -> None:
    url = start(pgfeed)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert pgfeed("server", "stop").exit_code == 0
    assert "not running" in pgfeed("server", "status").stdout
    assert start(pgfeed) == url
    assert ask(url, b"SELECT answer FROM kept") == 42


def test_status_tells_what_is_there(pgfeed: Pgfeed, server_folder: Path) -> None:
    assert "not running" in pgfeed("server", "status").stdout
    assert not server_folder.exists()
    url = start(pgfeed)
    status = pgfeed("server", "status")
    assert status.exit_code == 0
    assert "running" in status.stdout
    assert "not running" not in status.stdout
    assert str(server_folder) in status.stdout
    assert str(conninfo_to_dict(url)["port"]) in status.stdout


def test_stop_without_a_server_is_fine(pgfeed: Pgfeed) -> None:
    assert pgfeed("server", "stop").exit_code == 0


def test_another_port_is_taken_where_the_old_one_is_gone(pgfeed: Pgfeed) -> None:
    url = start(pgfeed)
    port = int(str(conninfo_to_dict(url)["port"]))
    assert pgfeed("server", "stop").exit_code == 0
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        moved = start(pgfeed)
        assert conninfo_to_dict(moved)["port"] != str(port)
        assert ask(moved, b"SELECT 1") == 1


def test_what_a_killed_start_left_behind_is_made_again(pgfeed: Pgfeed, server_folder: Path) -> None:
    (server_folder / "data.part" / "base").mkdir(parents=True)
    (server_folder / "password.part").write_text("old\n")
    assert ask(start(pgfeed), b"SELECT 1") == 1
    assert sorted(path.name for path in server_folder.iterdir()) == ["data", "lock", "passfile", "port"]


@contextlib.contextmanager
def adopting_orphans() -> Iterator[None]:
    """Makes this process the parent of orphaned ones (prctl(2)), so that it can wait for the end of a killed server."""
    pr_set_child_subreaper = 36
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(pr_set_child_subreaper, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        libc.prctl(pr_set_child_subreaper, 0, 0, 0, 0)


def test_a_killed_server_starts_again(pgfeed: Pgfeed, server_folder: Path) -> None:
    with adopting_orphans():
        url = start(pgfeed)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server_pid(server_folder), signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # raised when the last of its processes is gone
            while True:
                os.waitpid(-1, 0)
    assert ask(start(pgfeed), b"SELECT answer FROM kept") == 42


def test_a_folder_that_is_a_file_is_a_database_error(pgfeed: Pgfeed, server_folder: Path) -> None:
    server_folder.parent.joinpath("file").write_text("")
    result = pgfeed("server", "start", env={"PGFEED_SERVER_DIR": str(server_folder.parent / "file")})
    assert result.exit_code == 5
    assert "file" in result.stderr


def test_load_without_a_target_uses_it_and_says_so(pgfeed: Pgfeed, mapping: Path, people: Path) -> None:
    result = pgfeed("load", "-m", mapping, people)
    assert result.exit_code == 0, result
    assert "private" in result.stdout + result.stderr
    assert ask(pgfeed("server", "url").stdout.strip(), b"SELECT count(*) FROM people") == 3
