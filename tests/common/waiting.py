"""Waiting for what other processes do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS = 120


def wait_until(condition: Callable[[], object], seconds: float = SECONDS, said: Callable[[], str] = str) -> None:
    """Looks again and again until it holds. `said` tells of what went wrong where it never does."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"this has never come true. {said()}"
        pause.wait(0.02)  # leaves the processor to what is waited for
