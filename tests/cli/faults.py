"""What the tests of faults have in common: a load in the background, and tweets that give it something to lose.

Faults happen at a place in the work (so many bytes, so many splits), never at a time. Where the place is drawn at random the
seed is part of the test's name; `PGFEED_SEED=N` draws others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import waiting
from conftest import PROGRAM, ROOT, TIMEOUT_SECONDS, Result, clean_environment
from database import GENERATOR
from feed import Feed

TWEETS = ROOT / "examples" / "tweets" / "tweets.yaml"

SEEN = """\
feed: seen
tables:
  seen:
    columns: {id: {path: $.id, type: bigint}}
"""


def seeds(count: int) -> list[int]:
    """Seeds of as many tests."""
    first = int(os.environ.get("PGFEED_SEED", "1"))
    return list(range(first, first + count))


def lines(ids: range) -> str:
    """Documents for SEEN. The table has no key, so that a document that is loaded twice shows."""
    return "".join(f'{{"id": {number}, "filler": "{"x" * (number % 50)}"}}\n' for number in ids)


def ids_in(feed: Feed) -> list[int]:
    return feed.values("SELECT id FROM seen ORDER BY id")


def covered(feed: Feed) -> bool:
    """Whether the ledger has each byte of all sources, and nothing else."""
    return all(
        feed.values(
            "SELECT content_size = (SELECT coalesce(sum(upper(span) - lower(span)), 0) FROM pgfeed.splits p"
            " WHERE p.source = s.source) FROM pgfeed.sources s"
        )
    )


def splits_in(feed: Feed) -> int:
    """Splits that are committed; 0 also where there is no ledger yet."""
    if not feed.values("SELECT to_regclass('pgfeed.splits') IS NOT NULL")[0]:
        return 0
    return int(feed.values("SELECT count(*) FROM pgfeed.splits")[0])


def sessions(feed: Feed, what: str = "true") -> list[str]:
    """Names of the sessions that pgfeed has on the database."""
    return feed.values(
        "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%' "
        f"AND datname = current_database() AND {what} ORDER BY 1"
    )


WAITS_FOR_A_LOCK = "wait_event_type = 'Lock'"


def wait_until(condition: Callable[[], bool], load: Running | None = None) -> None:
    """Looks again and again until it holds; `load` must go on that long."""

    def holds() -> bool:
        assert load is None or load.process.poll() is None, f"it ended too early: {load.end() if load else ''}"
        return condition()

    waiting.wait_until(holds)


@dataclass
class Running:
    """A load in the background. On leaving it is gone."""

    process: subprocess.Popen[str]
    result: Result | None = field(default=None)

    def end(self, seconds: float = TIMEOUT_SECONDS) -> Result:
        """Waits for its end, which must come within so long."""
        if self.result is None:
            stdout, stderr = self.process.communicate(timeout=seconds)
            self.result = Result(self.process.returncode, stdout, stderr)
        return self.result

    def report(self) -> dict[str, Any]:
        """Of a load that must succeed."""
        result = self.end()
        assert result.exit_code == 0, result
        report: dict[str, Any] = json.loads(result.stdout)
        return report

    def fails(self, exit_code: int, *said: str, seconds: float = TIMEOUT_SECONDS) -> str:
        """It must fail so, with a last sentence that holds these words; the sentence."""
        result = self.end(seconds)
        assert result.exit_code == exit_code, result
        sentence = result.stderr.strip().splitlines()[-1]
        for word in said:
            assert word in sentence, result.stderr
        return sentence

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()


def start(feed: Feed, *arguments: object, to: str = "", mapping: Path | str = "feed.yaml", piped: bool = False) -> Running:
    """Starts `pgfeed load`; its standard input is a pipe if `piped`, else there is none."""
    command = [PROGRAM, "load", "--json", "-m", mapping, "--to", to or feed.database.conninfo, *arguments]
    return Running(
        subprocess.Popen(
            [*map(str, command)],
            cwd=feed.folder,
            env=clean_environment(),
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def make_tweets(path: Path, count: int, *options: object) -> Path:
    """Tweets of few users, some of them twice, and some lines that are no JSON."""
    command = [GENERATOR, "--count", count, "--users", 150, "--duplicates", 5, "--broken", 2, *options, "--out", path]
    subprocess.run([*map(str, command)], check=True)
    return path


def broken_lines(path: Path) -> list[int]:
    """Numbers of the lines that Python cannot read either."""
    numbers = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        try:
            json.loads(line or b"{}")
        except ValueError:
            numbers.append(number)
    return numbers


def compare_tweets(conninfo: str, *files: Path) -> None:
    """The tables hold what an independent reading of the documents in Python says."""
    command = [sys.executable, ROOT / "examples" / "compare.py", "tweets", conninfo, *files]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
