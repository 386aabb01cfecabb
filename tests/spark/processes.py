"""What /proc says of processes. They are found by their session: Spark's Python workers change their process group, and lose
their parent when an executor is killed, but they stay in the session of the program that all came from."""

from __future__ import annotations

import ipaddress
import os
import re
import signal
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from waiting import wait_until

PROC = Path("/proc")
LISTEN = "0A"

# Files of /proc go away while one looks.
GONE = (FileNotFoundError, ProcessLookupError)


def _stat(pid: int) -> list[str]:
    """The fields of proc(5)'s `stat` from the state on; the name before them may hold anything."""
    return (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def parent(pid: int) -> int:
    """0 for a process that is gone."""
    with suppress(*GONE):
        return int(_stat(pid)[1])
    return 0


def command(pid: int) -> list[str]:
    """The words of its command line; none for a process that is gone."""
    with suppress(*GONE):
        return [word.decode(errors="replace") for word in (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")]
    return []


def is_running(pid: int) -> bool:
    """False also for one that has ended and is only waited for: orphans are, where nobody cares for them."""
    with suppress(*GONE):
        return _stat(pid)[0] not in "ZX"
    return False


def in_sessions(sessions: Collection[int]) -> list[int]:
    """Processes of these sessions that are running."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            pid = int(folder.name)
            with suppress(*GONE):
                if int(_stat(pid)[3]) in sessions and is_running(pid):
                    found.append(pid)
    return sorted(found)


def kill_sessions(sessions: Collection[int]) -> None:
    """kill -9 of each process of these sessions. Returns when none is left."""

    def none_is_left() -> bool:
        pids = in_sessions(sessions)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    wait_until(none_is_left)


def _address(field: str) -> tuple[str, int]:
    """As in proc(5)'s `net/tcp`: words of 32 bits in the machine's order, here little-endian, and the port."""
    words, port = field.split(":")
    packed = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
    address = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    return address.removeprefix("::ffff:"), int(port, 16)


def listening(pids: Collection[int]) -> set[tuple[str, int]]:
    """Addresses and ports on which these processes take TCP connections."""
    sockets = set()
    for pid in pids:
        with suppress(*GONE):
            for descriptor in (PROC / str(pid) / "fd").iterdir():
                with suppress(*GONE):
                    sockets.add(str(descriptor.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in sockets:
                found.add(_address(fields[1]))
    return found


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def peak_mebibytes(pid: int) -> int:
    """The most memory that a process has had; 0 if it is gone."""
    try:
        status = (PROC / str(pid) / "status").read_text(encoding="utf-8")
    except GONE:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0
