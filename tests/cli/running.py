"""A load that runs while a test looks, and what it looks at: the sessions that a server has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from conftest import PROGRAM, TIMEOUT_SECONDS, clean_environment
from feed import Feed
from waiting import wait_until

# For a table of the test's own: not merely for what the dying session of an earlier load still holds.
WAITS_FOR_TABLE = """
SELECT count(*) > 0 FROM pg_locks JOIN pg_stat_activity USING (pid) JOIN pg_class ON pg_class.oid = relation
WHERE NOT granted AND datname = current_database() AND application_name LIKE 'pgfeed load%'
AND relnamespace = 'public'::regnamespace"""


def start(feed: Feed, *arguments: object, command: str = "load", to: str = "") -> subprocess.Popen[str]:
    """Starts a command with the feed's mapping, which prints a report as JSON."""
    words = [PROGRAM, *command.split(), "-m", "feed.yaml", "--json", "--to", to or feed.database.conninfo, *arguments]
    return subprocess.Popen(
        [*map(str, words)],
        cwd=feed.folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Running:
    """A load that was started. `write` gives it documents, where it reads standard input."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def write(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Looks again and again until it holds; the load must go on that long."""

        def holds() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(self.end())
            return bool(condition())

        wait_until(holds)

    def end(self) -> tuple[int, dict[str, Any], str]:
        """Waits for its end: exit code, report, standard error."""
        out, err = self.process.communicate(timeout=TIMEOUT_SECONDS)
        return self.process.returncode, json.loads(out) if out else {}, err.decode()

    def finish(self) -> dict[str, Any]:
        """Waits for its end, which must be a good one: the report."""
        code, report, said = self.end()
        assert code == 0, said
        return report


@contextmanager
def running(feed: Feed, *arguments: object, to: str = "") -> Iterator[Running]:
    """Starts a load; on leaving it is killed where it still runs."""
    command = [PROGRAM, "load", "--json", "-m", "feed.yaml", "--to", to or feed.database.conninfo, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*map(str, command)], cwd=feed.folder, env=clean_environment(), stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.kill()


def lines(ids: range) -> str:
    """One document for each id."""
    return "".join(f'{{"id": {number}}}\n' for number in ids)
