"""Two optional parts: do time and memory grow in a straight line, and does a very long stream make anything grow?"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ways import Databases, Outcome, Ways, run_client

SAMPLE_SECONDS = 5.0
PIECE_BYTES = 1 << 20


def straight_line(databases: Databases, ways_of: Callable[[int], Ways], sizes: list[int]) -> dict[str, Any]:
    """Loads the plain form at several sizes in GB. `ways_of` gives the ways over files of a size."""
    found: list[dict[str, Any]] = []
    for size in sizes:
        databases.empty("plain")
        outcome = ways_of(size).all()["plain"].run()
        figures = {"seconds": outcome.seconds, "cpu_seconds": outcome.cpu_seconds, "max_bytes": outcome.max_bytes}
        found.append({"gb": size, **figures, "counts": databases.counts("plain")})
        print(f"{size} GB: {outcome.seconds:.1f} s, {outcome.max_bytes / (1 << 20):.0f} MiB", flush=True)
    first, last = found[0], found[-1]
    print(f"{last['gb'] / first['gb']:.0f} x the bytes take {last['seconds'] / first['seconds']:.2f} x the time")
    return {"runs": found}


def resident_bytes(process: int) -> int:
    """What the process holds now; 0 when it has ended."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Feed:
    """Writes the same files into a pipe again and again."""

    def __init__(self, files: list[Path], times: int) -> None:
        self._files = files
        self._times = times
        self.read_end, self._write_end = os.pipe()
        self.bytes = 0

    def run(self) -> None:
        try:
            for _ in range(self._times):
                for path in self._files:
                    self._write(path)
        except BrokenPipeError:
            pass  # the reader's exit code says why
        finally:
            os.close(self._write_end)

    def _write(self, path: Path) -> None:
        with path.open("rb") as file:
            while sent := os.splice(file.fileno(), self._write_end, PIECE_BYTES):
                self.bytes += sent


def long_stream(databases: Databases, ways: Ways, files: list[Path], times: int) -> dict[str, Any]:
    """Feeds the same files many times through standard input into a narrow table without a key."""
    databases.empty("narrow")
    feed = Feed(files, times)
    samples: list[dict[str, float]] = []
    done = threading.Event()
    begin = time.monotonic()

    def sample() -> None:
        while not done.wait(SAMPLE_SECONDS):
            held = sum(resident_bytes(child) for child in children())
            samples.append({"seconds": time.monotonic() - begin, "bytes_fed": feed.bytes, "resident_bytes": held})

    threads = [threading.Thread(target=feed.run), threading.Thread(target=sample)]
    for thread in threads:
        thread.start()
    try:
        outcome: Outcome = run_client(ways.load_command("narrow", "narrow", ["-"]), {}, stdin=feed.read_end)
    finally:
        os.close(feed.read_end)
        done.set()
        for thread in threads:
            thread.join()
    rows = databases.counts("narrow")["narrow"]
    print(
        f"{feed.bytes / 1e9:.1f} GB through standard input: {outcome.seconds:.0f} s, {rows} rows, "
        f"{outcome.max_bytes / (1 << 20):.0f} MiB"
    )
    figures = {"seconds": outcome.seconds, "bytes": feed.bytes, "rows": rows, "max_bytes": outcome.max_bytes}
    return figures | {"samples": samples}


def children() -> list[int]:
    """The processes that this one has started and that still run."""
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "-x", "pgfeed"], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]
