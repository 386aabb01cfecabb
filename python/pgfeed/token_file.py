"""Passwords that last for minutes, where libpq finds the newest whenever it connects: in a passfile that is on no disk."""

from __future__ import annotations

import os
import re
import threading
from typing import Callable

from pgfeed.errors import Error, UsageError

Fetch = Callable[[], str]

SECONDS_BETWEEN = 600.0  #: until the next token; those of RDS last for 900
SECONDS_AFTER_ERROR = 30.0

_files: dict[str, TokenFile] = {}


class TokenFile:
    """A file in this process's memory with the newest token. It goes with the process.

    A thread of its own fetches the next token in time; while that fails it tries again, and the last one stays.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._process = os.getpid()
        self._descriptor = -1
        self.renew()
        threading.Thread(target=self._keep_new, name="pgfeed-token", daemon=True).start()

    @property
    def path(self) -> str:
        """What libpq is to open, in this process only."""
        return f"/proc/self/fd/{self._descriptor}"

    @property
    def is_here(self) -> bool:
        """False in a process that was forked from its own: the thread stayed there."""
        return self._process == os.getpid()

    def renew(self) -> None:
        """Fetch a token now. Raises what fetching raises."""
        line = "*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", self._fetch()) + "\n"
        new = os.memfd_create("pgfeed-token")
        os.fchmod(new, 0o600)  # libpq ignores a passfile that others may read
        os.write(new, line.encode())
        if self._descriptor < 0:
            self._descriptor = new
            return
        os.dup2(new, self._descriptor, inheritable=False)  # at once: a reader has all of the one or all of the other
        os.close(new)

    def _keep_new(self) -> None:
        pause = threading.Event()
        seconds = SECONDS_BETWEEN
        while not pause.wait(seconds):
            try:
                self.renew()
                seconds = SECONDS_BETWEEN
            except Error:
                seconds = SECONDS_AFTER_ERROR


def token_passfile(name: str, fetch: Fetch) -> str:
    """Path of a passfile that always holds a fresh token; one for each `name` and process.

    Raises what `fetch` raises, now; `UsageError` where ``PGPASSWORD`` would be taken instead.
    """
    if os.environ.get("PGPASSWORD"):
        raise UsageError("PGPASSWORD is set, and libpq would take it instead of a token: unset it")
    file = _files.get(name)
    if file is None or not file.is_here:
        file = _files[name] = TokenFile(fetch)
    else:
        file.renew()
    return file.path
