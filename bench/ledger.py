"""What the ledger costs: a load with it and one without, in pairs; and planning a load when all of many sources are in."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import Any

from ways import Databases, Outcome, Ways, run_client

MIB = 1 << 20
MOST_RATIO = 1.03
SOURCES = 100_000
A_FOLDER = 1000  # files in each
MOST_SECONDS = 5.0
MOST_BYTES = 200 * MIB
RERUNS = 5


def judged(sentence: str, met: bool) -> str:
    return f"  {'met   ' if met else 'MISSED'}  {sentence}"


def cost_in_pairs(databases: Databases, ways: Ways, pairs: int) -> dict[str, Any]:
    """Loads the plain form with the ledger and without, in turn; every other pair begins with the other one, so that what
    drifts hits both. The median of the pairs' quotients counts: neighbours hit single runs. A load before them makes the
    ledger, which is done once for a database."""
    both = [ways.all()["plain"], ways.all()["no_ledger"]]
    both[0].run()
    seconds: dict[str, list[float]] = {way.name: [] for way in both}
    for pair in range(pairs):
        for way in both if pair % 2 == 0 else reversed(both):
            databases.empty(way.database)
            seconds[way.name].append(way.run().seconds)
        print(f"  pair {pair + 1}: {seconds['plain'][-1]:.2f} s with, {seconds['no_ledger'][-1]:.2f} s without", flush=True)
    quotients = sorted(a / b for a, b in zip(seconds["plain"], seconds["no_ledger"], strict=True))
    median = statistics.median(quotients)
    quarter = len(quotients) // 4
    spread = f"{quotients[quarter]:.3f} to {quotients[-1 - quarter]:.3f} for the middle half of {pairs} pairs"
    print(
        judged(
            f"a load with the ledger within {MOST_RATIO:.2f} x one without: {median:.3f} ({spread})", median <= MOST_RATIO
        )
    )
    return {"seconds": seconds, "quotients": quotients, "median": median}


def make_sources(folder: Path) -> list[Path]:
    """Many files of one document; the folders they are in."""
    shutil.rmtree(folder, ignore_errors=True)
    for first in range(0, SOURCES, A_FOLDER):
        inner = folder / f"{first // A_FOLDER:04}"
        inner.mkdir(parents=True)
        for number in range(first, first + A_FOLDER):
            (inner / f"{number:06}.ndjson").write_text(f'{{"id": {number}}}\n', encoding="ascii")
    return sorted(folder.iterdir())


def plan_rerun(databases: Databases, ways: Ways, folder: Path) -> dict[str, Any]:
    """Loads many sources, then the same again, which has nothing to do but find that out."""
    make_sources(folder)
    databases.empty("narrow")
    command = ways.load_command("narrow", "narrow", [str(folder)])
    first: Outcome = run_client(command, {})
    print(f"{SOURCES} sources of one document: {first.seconds:.1f} s", flush=True)
    reruns = [run_client(command, {}) for _ in range(RERUNS)]
    for outcome in reruns:
        if outcome.report["files_in"] != SOURCES or outcome.report["documents"]["read"] != 0:
            raise RuntimeError(f"a load of what is in found something to do: {outcome.report}")
    seconds = statistics.median(outcome.seconds for outcome in reruns)
    most = max(outcome.max_bytes for outcome in reruns)
    print(
        judged(f"planning a rerun of {SOURCES} sources within {MOST_SECONDS:.0f} s: {seconds:.2f}", seconds <= MOST_SECONDS)
    )
    print(judged(f"and within {MOST_BYTES // MIB} MiB: {most / MIB:.0f}", most <= MOST_BYTES))
    shutil.rmtree(folder)
    figures = [{"seconds": outcome.seconds, "cpu_seconds": outcome.cpu_seconds} for outcome in reruns]
    return {"first_seconds": first.seconds, "reruns": figures, "max_bytes": most}
