"""A feed with 100,000 sources in its ledger: what a load takes to find that all are in. `make bench` measures its time."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from conftest import PROGRAM, clean_environment
from feed import Feed

SOURCES = 100_000
A_FOLDER = 1000  # files in each, which are one file by other names
MOST_BYTES = 200 << 20
SEEN = "feed: seen\ntables: {seen: {columns: {id: {path: $.id, type: bigint}}}}\n"
LINE = '{"id": 1}\n'

# As 100,000 loads of one file each would have left it: the sources and splits of the one that was loaded, by other names.
ALL_IN = """
INSERT INTO pgfeed.sources (feed, uri, generation, load, size, version, content_size)
  SELECT feed, regexp_replace(uri, '[^/]+/[^/]+$', '') || to_char(n / 1000, 'FM0000') || '/' || to_char(n, 'FM000000'),
    generation, load, size, version, content_size
  FROM pgfeed.sources, generate_series(1, %(last)s) n;
INSERT INTO pgfeed.splits (source, span, load, worker)
  SELECT s.source, span, p.load, worker FROM pgfeed.splits p, pgfeed.sources s WHERE s.source <> p.source;
ANALYZE pgfeed.sources, pgfeed.splits;
"""


def make_files(folder: Path) -> None:
    """Files of the same bytes and time of modification, so that one version is all of theirs."""
    for first in range(0, SOURCES, A_FOLDER):
        inner = folder / f"{first // A_FOLDER:04}"
        inner.mkdir(parents=True)
        original = inner / f"{first:06}"
        original.write_text(LINE, encoding="ascii")
        os.utime(original, (1_700_000_000, 1_700_000_000))
        for number in range(first + 1, first + A_FOLDER):
            (inner / f"{number:06}").hardlink_to(original)


def load(feed: Feed) -> tuple[dict[str, int], int]:
    """The report of a load of the folder, and the most memory that it had."""
    command = [str(PROGRAM), "load", "--json", "-m", "feed.yaml", "--to", feed.database.conninfo, "sources"]
    process = subprocess.Popen(command, cwd=feed.folder, env=clean_environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    report = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return report, usage.ru_maxrss * 1024


def test_planning_a_rerun_takes_little_memory(feed: Feed) -> None:
    feed.mapping(SEEN)
    make_files(feed.folder / "sources")
    feed.load("sources/0000/000000")
    feed.query(ALL_IN.replace("%(last)s", str(SOURCES - 1)))
    (feed.folder / "sources" / "0099" / "new").write_text(LINE, encoding="ascii")
    report, most = load(feed)
    assert (report["files"], report["files_in"], report["splits"]) == (SOURCES + 1, SOURCES, 1)
    assert feed.values("SELECT count(*) FROM seen") == [2]
    assert most < MOST_BYTES
