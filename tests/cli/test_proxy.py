"""The proxy of fault tests (proxy.py) loses what it says, and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS, Database
from proxy import Proxy

LOST = psycopg.OperationalError


class Listener:
    """A server of plain bytes: what its one client sent, and a way to answer."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.received = b""
        self.connected = threading.Event()
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    def _receive(self) -> None:
        self.client, _ = self.socket.accept()
        self.connected.set()
        while data := self.client.recv(1000):
            self.received += data

    def all_received(self) -> bytes:
        """What has come by the time the connection ended."""
        self._thread.join(TIMEOUT_SECONDS)
        assert not self._thread.is_alive()
        return self.received

    def conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.socket.getsockname()[1]}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.socket.close()
    if made.connected.is_set():
        made.client.close()


def client_of(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), TIMEOUT_SECONDS)


def connect(proxy: Proxy, name: str = "test") -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(proxy.conninfo, application_name=name)


def wait_for_ends(database: Database) -> None:
    """Waits until the server has noticed the end of all sessions."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while database.value(f"SELECT count(*) {others}") != 0:
        assert time.monotonic() < deadline


def test_everything_passes_in_both_directions(proxy: Proxy, database: Database) -> None:
    rows = [(number, "x" * (number % 1000)) for number in range(20_000)]
    with connect(proxy) as session:
        session.execute("CREATE TABLE t (id integer, text text)")
        with session.cursor().copy("COPY t FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        assert session.execute("SELECT * FROM t ORDER BY id").fetchall() == rows
    assert database.query("SELECT * FROM t ORDER BY id") == rows


def test_a_cut_ends_all_sessions_and_takes_new_ones(proxy: Proxy, database: Database) -> None:
    with connect(proxy) as one, connect(proxy) as two:
        one.execute("SELECT 1")
        proxy.cut()
        for session in (one, two):
            with pytest.raises(LOST):
                session.execute("SELECT 1")
            session.close()
    wait_for_ends(database)
    with connect(proxy) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("count", [0, 1, 600, 1000])
def test_a_cut_after_so_many_bytes_of_the_client(listener: Listener, count: int) -> None:
    with Proxy(listener.conninfo()) as proxy, client_of(proxy) as client:
        cut = proxy.after(count, proxy.cut)
        client.sendall(b"0123456789" * 100)
        assert cut.wait(TIMEOUT_SECONDS)
        assert listener.all_received() == (b"0123456789" * 100)[:count]
        assert client.recv(1) == b""


def test_a_cut_after_so_many_bytes_of_the_server(listener: Listener) -> None:
    with Proxy(listener.conninfo()) as proxy, client_of(proxy) as client:
        assert listener.connected.wait(TIMEOUT_SECONDS)
        proxy.after(5, proxy.cut, sent_by="server")
        listener.client.sendall(b"0123456789")
        assert client.recv(100) == b"01234"
        assert client.recv(100) == b""


def test_bytes_are_counted_over_all_sessions_from_the_call_on(proxy: Proxy) -> None:
    with connect(proxy) as one, connect(proxy) as two:
        long = b"SELECT '" + b"x" * 10_000 + b"'"  # with what goes before it, a little more than 10,000 bytes
        cut = proxy.after(25_000, proxy.cut)
        for session in (one, two):
            assert session.execute(long).fetchone()
        assert not cut.is_set()
        with pytest.raises(LOST):
            one.execute(long)
        assert cut.wait(TIMEOUT_SECONDS)
        with pytest.raises(LOST):
            two.execute("SELECT 1")
        one.close()
        two.close()


def test_a_stall_keeps_everything_and_loses_nothing(listener: Listener) -> None:
    with Proxy(listener.conninfo()) as proxy:
        proxy.stall()
        with client_of(proxy) as client:
            client.sendall(b"kept")
            assert proxy.holding.wait(TIMEOUT_SECONDS)
            assert listener.received == b""
            came = proxy.after(4, lambda: None)
            proxy.resume()
            assert came.wait(TIMEOUT_SECONDS)
        assert listener.all_received() == b"kept"


def test_a_stall_at_a_place_in_the_bytes(listener: Listener) -> None:
    with Proxy(listener.conninfo()) as proxy, client_of(proxy) as client:
        stalled = proxy.after(3, proxy.stall)
        client.sendall(b"012345")
        assert stalled.wait(TIMEOUT_SECONDS)
        assert proxy.holding.wait(TIMEOUT_SECONDS)
        proxy.cut()  # what is kept back is lost with its connection
        assert listener.all_received() == b"012"


def test_a_delay_is_for_each_piece_and_ends_when_told(listener: Listener) -> None:
    with Proxy(listener.conninfo()) as proxy, client_of(proxy) as client:
        proxy.delay(10 * TIMEOUT_SECONDS)
        client.sendall(b"late")
        assert proxy.holding.wait(TIMEOUT_SECONDS)
        assert listener.received == b""
        proxy.delay(0.001)
        client.sendall(b", but there")
        client.shutdown(socket.SHUT_WR)
        assert listener.all_received() == b"late, but there"


def test_refusing_leaves_sessions_alone_and_ends(proxy: Proxy) -> None:
    with connect(proxy) as session:
        proxy.refuse()
        for _ in range(3):
            with pytest.raises(LOST, match="Connection refused"):
                connect(proxy)
        assert session.execute("SELECT 1").fetchone() == (1,)
    proxy.accept()
    with connect(proxy) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def numbers(database: Database) -> Database:
    """A table whose rows are unique only at the end of a transaction."""
    database.query("CREATE TABLE numbers (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    return database


def insert(proxy: Proxy, number: int, name: str = "test") -> None:
    with connect(proxy, name) as session:
        session.execute("INSERT INTO numbers VALUES (%s)", [number])


def ids(numbers: Database) -> list[object]:
    wait_for_ends(numbers)  # what a session has not committed by then is rolled back
    return [row[0] for row in numbers.query("SELECT id FROM numbers ORDER BY id")]


def test_a_commit_whose_answer_is_lost_is_done(proxy: Proxy, numbers: Database) -> None:
    lost = proxy.lose_answer_to_commit()
    with pytest.raises(LOST):
        insert(proxy, 1)
    assert lost.wait(TIMEOUT_SECONDS)
    insert(proxy, 2)  # only the first
    assert ids(numbers) == [1, 2]


def test_a_commit_that_is_lost_is_not_done(proxy: Proxy, numbers: Database) -> None:
    lost = proxy.lose_commit()
    with pytest.raises(LOST):
        insert(proxy, 1)
    assert lost.wait(TIMEOUT_SECONDS)
    insert(proxy, 2)
    assert ids(numbers) == [2]


def test_a_lost_answer_ends_that_session_only(proxy: Proxy, numbers: Database) -> None:
    with connect(proxy) as other:
        other.execute("SELECT 1")
        proxy.lose_answer_to_commit()
        with pytest.raises(LOST):
            insert(proxy, 1)
        assert other.execute("SELECT count(*) FROM numbers").fetchone() == (1,)


@pytest.mark.parametrize("delivered", [False, True])
def test_it_can_be_a_later_commit_of_a_certain_session(proxy: Proxy, numbers: Database, delivered: bool) -> None:
    lose = proxy.lose_answer_to_commit if delivered else proxy.lose_commit
    lost = lose(of="worker 2", skip=1)
    insert(proxy, 1, "worker 1")
    insert(proxy, 2, "a worker 2")
    insert(proxy, 3, "worker 1")
    assert not lost.is_set()
    with pytest.raises(LOST):
        insert(proxy, 4, "worker 2")
    assert lost.wait(TIMEOUT_SECONDS)
    assert ids(numbers) == [1, 2, 3, *([4] if delivered else [])]


def test_a_commit_that_fails_is_answered_and_the_next_is_meant(proxy: Proxy, numbers: Database) -> None:
    insert(proxy, 1)
    lost = proxy.lose_answer_to_commit()
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(proxy, 1)
    with connect(proxy) as aborted:
        with pytest.raises(psycopg.errors.DivisionByZero):
            aborted.execute("SELECT 1/0")
        aborted.pgconn.exec_(b"COMMIT")  # answered by ROLLBACK
    assert not lost.is_set()
    with pytest.raises(LOST):
        insert(proxy, 2)
    assert lost.wait(TIMEOUT_SECONDS)
    assert ids(numbers) == [1, 2]


def test_closing_lets_everything_go(database: Database) -> None:
    with Proxy(database.conninfo) as proxy:
        session = connect(proxy)
        proxy.stall()
    with pytest.raises(LOST):
        session.execute("SELECT 1")
    session.close()
    with pytest.raises(ConnectionRefusedError):
        client_of(proxy)
