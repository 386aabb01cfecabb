"""Just enough of PostgreSQL's protocol to find a COMMIT and its answer in two streams of bytes.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

PROTOCOL_MAJOR = 3
STARTUP = "startup"  # the kind of the client's first message, which has none on the wire
COMMIT = re.compile(rb"(?:^|;)\s*(?:COMMIT|END)\s*;?\s*\0$", re.IGNORECASE)


class Message(NamedTuple):
    kind: str  # one character, or STARTUP
    body: bytes

    def is_commit(self) -> bool:
        """From a client: a simple query whose last statement is COMMIT."""
        return self.kind == "Q" and COMMIT.search(self.body) is not None

    def begins_one(self) -> bool:
        """From a client: the transaction that pgfeed puts around a single statement."""
        return self.kind == "Q" and self.body.startswith(b"BEGIN; SET LOCAL")

    def says_committed(self) -> bool:
        """From a server: CommandComplete of a COMMIT. One of a failed transaction is answered by ROLLBACK."""
        return self.kind == "C" and self.body == b"COMMIT\0"

    def is_ready(self) -> bool:
        """From a server: ReadyForQuery, the end of each answer."""
        return self.kind == "Z"

    def reported(self, name: str) -> str | None:
        """From a server: the new value of a setting that it reports; None where it is about something else."""
        setting, _, value = self.body.partition(b"\0")
        return value.rstrip(b"\0").decode() if self.kind == "S" and setting == name.encode() else None

    def parameter(self, name: str) -> str:
        """Of a STARTUP: one of the session's settings; empty where it is not there."""
        words = self.body[4:].split(b"\0")
        settings = dict(zip(words[::2], words[1::2], strict=False))
        return settings.get(name.encode(), b"").decode()


class MessageReader:
    """Cuts one direction of a connection into messages. What is no session (TLS, a request to cancel) it gives up on."""

    def __init__(self, from_client: bool) -> None:
        self._buffer = bytearray()
        self._wants_startup = from_client
        self._gave_up = False

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole now."""
        if self._gave_up:
            return
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Message | None:
        kind_size = 0 if self._wants_startup else 1
        if len(self._buffer) < kind_size + 4:
            return None
        (size,) = struct.unpack_from("!I", self._buffer, kind_size)  # counts itself, not the kind
        if len(self._buffer) < kind_size + size:
            return None
        kind = STARTUP if self._wants_startup else chr(self._buffer[0])
        body = bytes(self._buffer[kind_size + 4 : kind_size + size])
        del self._buffer[: kind_size + size]
        if self._wants_startup and struct.unpack_from("!H", body)[0] != PROTOCOL_MAJOR:
            self._gave_up = True
            return None
        self._wants_startup = False
        return Message(kind, body)
