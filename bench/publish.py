"""What atomic publishing costs: each split as it is committed against all of a load at once, into empty and full tables."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from ways import Databases, Ways, run_client

KINDS = {"split": [], "atomic": ["--publish", "atomic"]}


def load_twice(databases: Databases, ways: Ways, files: list[Path], arguments: list[str]) -> tuple[float, float]:
    """Seconds of a load of the first half of the files into empty tables, and of the second half into what they are then."""
    half = len(files) // 2
    databases.empty("plain")
    seconds = [
        run_client([*ways.load_command("plain", "plain", [str(path) for path in part]), *arguments], {}).seconds
        for part in (files[:half], files[half:])
    ]
    return seconds[0], seconds[1]


def cost_of_publishing(databases: Databases, ways: Ways, files: list[Path], repeat: int) -> dict[str, Any]:
    """Loads the plain form both ways in turn; prints medians and the quotients of each turn."""
    if len(files) < 2:
        raise RuntimeError("two files of tweets are wanted: --size 2 or more")
    taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for turn in range(repeat):
        for kind, arguments in KINDS.items():
            taken[kind].append(load_twice(databases, ways, files, arguments))
            empty, full = taken[kind][-1]
            print(f"  turn {turn + 1}, {kind}: {empty:.2f} s into empty tables, {full:.2f} s into full ones", flush=True)
    for place, name in enumerate(("empty", "full")):
        quotients = [atomic[place] / split[place] for split, atomic in zip(taken["split"], taken["atomic"], strict=True)]
        medians = {kind: statistics.median(pair[place] for pair in pairs) for kind, pairs in taken.items()}
        print(
            f"  {name} tables: split {medians['split']:.2f} s, atomic {medians['atomic']:.2f} s, "
            f"{statistics.median(quotients):.2f} x"
        )
    return {"seconds": taken}
