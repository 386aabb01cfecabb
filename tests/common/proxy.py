"""A TCP proxy in front of a PostgreSQL, which loses connections where a test says so.

    with Proxy(database.conninfo) as proxy:
        cut = proxy.after(100_000, proxy.cut)
        feed.load(path, to=proxy.conninfo)
        assert cut.wait(TIMEOUT_SECONDS)

A fault happens at once, or at a place in the bytes that pass, never at a time. What is put off returns an Event that is set
when it has happened. The proxy listens on a port of 127.0.0.1 that stays the same, and reaches the server as the given
connection string does: through the socket in a folder, or by TCP. It runs in threads of the test.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from wire import STARTUP, MessageReader

PIECE = 1 << 16
Side = Literal["client", "server"]
Event = threading.Event


@dataclass
class Trigger:
    """Something that happens once so many more bytes have passed."""

    bytes_left: int
    fault: Callable[[], None]
    happened: Event = field(default_factory=Event)


@dataclass
class CommitFault:
    """What is to be done with a COMMIT; see `Proxy.lose_commit` and `Proxy.lose_answer_to_commit`."""

    delivered: bool
    of: str
    skip: int
    happened: Event = field(default_factory=Event)


class Session:
    """A client's connection and the one to the server that goes with it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.application = ""
        self.single = False  # in a transaction around one statement, whose COMMIT no test means
        self.is_silent = False
        self.requests = MessageReader(from_client=True)
        self.answers = MessageReader(from_client=False)
        self.fault: CommitFault | None = None  # since its COMMIT went to the server; the answer is kept in `withheld`
        self.withheld = b""

    def cut(self) -> None:
        """Ends both connections for both sides; what was sent before still arrives."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Proxy:
    """See the module. Its methods may be called from any thread; all that are waiting are let go when it is closed."""

    def __init__(self, conninfo: str) -> None:
        self._server = conninfo_to_dict(conninfo)
        self._lock = threading.Lock()
        self._sessions: set[Session] = set()
        self.accepted = 0  # connections so far
        self._closed = False
        self._triggers: dict[Side, Trigger | None] = {"client": None, "server": None}
        self._commit_fault: CommitFault | None = None
        self._passing = Event()
        self._passing.set()
        self._delay_seconds = 0.0
        self._delay_changed = Event()
        self.holding = Event()  # set when something has come that a stall or a delay keeps back
        # Bound as long as the proxy lives, and never listening: so the port is the proxy's also while it refuses.
        self._owner = self._bind(0)
        self.port: int = self._owner.getsockname()[1]
        self.conninfo = make_conninfo(conninfo, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable")
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.accept()

    # Faults at once.

    def cut(self) -> None:
        """Ends all connections. New ones are taken."""
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.cut()

    def stall(self) -> None:
        """Passes nothing more, and keeps all connections open; new ones are taken and get no answer."""
        self.holding.clear()
        self._passing.clear()

    def resume(self) -> None:
        """Ends a stall: what was kept back is passed."""
        self._passing.set()

    def silence(self) -> None:
        """From now on nothing passes on the connections that there are, not even their ends: so it is where a machine on the
        way has forgotten them. New ones pass as before."""
        with self._lock:
            for session in self._sessions:
                session.is_silent = True

    def delay(self, seconds: float) -> None:
        """Passes each piece so much later. 0 ends it, also for what waits."""
        self.holding.clear()
        self._delay_seconds = seconds
        changed, self._delay_changed = self._delay_changed, Event()
        changed.set()

    def lead_to(self, conninfo: str) -> None:
        """Takes new connections to another server. Those that are there stay."""
        self._server = conninfo_to_dict(conninfo)

    def refuse(self) -> None:
        """Refuses new connections (ECONNREFUSED). Those that are there stay."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def accept(self) -> None:
        """Takes new connections again."""
        if self._listener is None:
            self._listener = self._bind(self.port)
            self._listener.listen(64)
            self._run(self._accept_all, self._listener)

    # Faults to come.

    def after(self, count: int, fault: Callable[[], None], sent_by: Side = "client") -> Event:
        """Does `fault` (`proxy.cut`, `proxy.stall`…) when so many bytes from one side have passed, counted from now on over
        all connections. Of the connection whose byte it was nothing more is passed before."""
        trigger = Trigger(count, fault)
        with self._lock:
            self._triggers[sent_by] = trigger
        return trigger.happened

    def bytes_left(self) -> int:
        """Until what `after` was asked for with the bytes of clients; 0 once it has happened."""
        with self._lock:
            trigger = self._triggers["client"]
            return trigger.bytes_left if trigger is not None else 0

    def lose_answer_to_commit(self, of: str = "", skip: int = 0) -> Event:
        """Lets a COMMIT reach the server, waits until it has said that it is done, and cuts the connection without passing
        that on. `of`: only sessions with this in their application_name; `skip`: passes so many of their COMMITs first."""
        return self._expect_commit(CommitFault(True, of, skip))

    def lose_commit(self, of: str = "", skip: int = 0) -> Event:
        """Cuts the connection in place of passing a COMMIT: to the client the same as a lost answer."""
        return self._expect_commit(CommitFault(False, of, skip))

    def _expect_commit(self, fault: CommitFault) -> Event:
        with self._lock:
            self._commit_fault = fault
        return fault.happened

    # What passes.

    def _bind(self, port: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    def _run(self, work: Callable[[socket.socket], None], argument: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(argument,), daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept_all(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                client, _ = listener.accept()
                self.accepted += 1
                self._run(self._serve, client)

    def _connect(self) -> socket.socket:
        host, port = str(self._server["host"]), str(self._server["port"])
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self._connect() as server:  # else: the server is gone, as for the client
            session = Session(client, server)
            with self._lock:
                if self._closed:
                    return
                self._sessions.add(session)
            back = threading.Thread(target=self._pass_all, args=(session, "server"), daemon=True)
            back.start()
            self._pass_all(session, "client")
            back.join()
            with self._lock:
                self._sessions.discard(session)

    def _pass_all(self, session: Session, sent_by: Side) -> None:
        """Passes what one side sends until an end of it; then there is one to the other direction too."""
        source, sink = (session.client, session.server) if sent_by == "client" else (session.server, session.client)
        look = self._look_at_request if sent_by == "client" else self._look_at_answer
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                if session.is_silent:
                    continue
                data = look(session, data)
                self._wait_for_delay()
                self._wait_for_stall()
                for piece in self._split_at_trigger(data, sent_by):
                    self._wait_for_stall()
                    if not session.is_silent:
                        sink.sendall(piece)
        if not session.is_silent:
            session.cut()

    def _wait_for_stall(self) -> None:
        if not self._passing.is_set():
            self.holding.set()
            self._passing.wait()

    def _wait_for_delay(self) -> None:
        changed = self._delay_changed
        if self._delay_seconds > 0:
            self.holding.set()
            changed.wait(self._delay_seconds)

    def _split_at_trigger(self, data: bytes, sent_by: Side) -> Iterator[bytes]:
        """The pieces of `data`; the trigger's fault is done between two, when the first was passed."""
        with self._lock:
            trigger = self._triggers[sent_by]
            if trigger is not None:
                head, trigger.bytes_left = trigger.bytes_left, trigger.bytes_left - len(data)
                if trigger.bytes_left > 0:
                    trigger = None
                else:
                    self._triggers[sent_by] = None
        if trigger is None:
            yield data
            return
        yield data[:head]
        trigger.fault()
        trigger.happened.set()
        yield data[head:]

    def _look_at_request(self, session: Session, data: bytes) -> bytes:
        """What of a client's bytes is passed."""
        for message in session.requests.feed(data):
            if message.kind == STARTUP:
                session.application = message.parameter("application_name")
            if message.begins_one():
                session.single = True
            is_meant = message.is_commit() and not session.single
            session.single = session.single and not message.is_commit()
            fault = self._take_commit_fault(session) if is_meant else None
            if fault is not None and not fault.delivered:
                session.cut()
                fault.happened.set()
                return b""
            session.fault = fault or session.fault
        return data

    def _take_commit_fault(self, session: Session) -> CommitFault | None:
        with self._lock:
            fault = self._commit_fault
            if fault is None or fault.of not in session.application:
                return None
            fault.skip -= 1
            if fault.skip >= 0:
                return None
            self._commit_fault = None
            return fault

    def _look_at_answer(self, session: Session, data: bytes) -> bytes:
        """What of a server's bytes is passed."""
        messages = list(session.answers.feed(data))
        for name in filter(None, (message.reported("application_name") for message in messages)):
            session.application = name
        fault = session.fault
        if fault is None:
            return data
        session.withheld += data
        if any(message.says_committed() for message in messages):
            session.cut()
            fault.happened.set()
            return b""
        if not any(message.is_ready() for message in messages):
            return b""
        with self._lock:  # that COMMIT failed: the next one is meant
            self._commit_fault = self._commit_fault or fault
        data, session.withheld, session.fault = session.withheld, b"", None
        return data

    def close(self) -> None:
        """Ends all connections and gives the port back."""
        with self._lock:
            self._closed = True
        self.refuse()
        self.resume()
        self.delay(0)
        self.cut()
        for thread in self._threads:
            thread.join()
        self._owner.close()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
