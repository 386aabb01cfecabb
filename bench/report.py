"""The figures of a run: one table of ratios, the targets, and the raw figures as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ways import Outcome, Way

MIB = 1 << 20


@dataclass
class Target:
    """A bound for the quotient of two figures. `at_least`: the quotient must not be below it, else not above it."""

    text: str
    numerator: str
    denominator: str
    bound: float
    at_least: bool = False


TARGETS = (
    Target("plain form within 1.25 x the limit", "plain", "limit", 1.25),
    Target("12 x as fast as PySpark with execute_values", "spark_values", "plain", 12, at_least=True),
    Target("2 x as fast as DuckDB", "duckdb", "plain", 2, at_least=True),
    Target("latest profiles within 1.4 x the plain form", "latest", "plain", 1.4),
    Target("URLs as ids on top within 1.7 x the plain form", "surrogates", "plain", 1.7),
    Target("foreign keys within 1.25 x the limit with them", "foreign_keys", "limit_foreign_keys", 1.25),
    Target("the ledger within 1.03 x a load without", "plain", "no_ledger", 1.03),
    Target("tables it creates: faster than the limit", "created", "limit", 1.0),
)
CPU_FACTOR = 4.0  # client CPU of the plain form against a bare scan


def memory_bound(workers: int, split_bytes: int = 32 * MIB) -> int:
    """The bytes that a load may take at most, by number of workers."""
    return 64 * MIB + workers * (48 * MIB + 6 * split_bytes)


@dataclass
class Figures:
    """Everything that was measured in one run."""

    settings: dict[str, Any]
    ways: dict[str, list[Outcome]] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    scan: dict[str, float] | None = None
    parts: dict[str, Any] = field(default_factory=dict)

    def median(self, name: str) -> float | None:
        outcomes = self.ways.get(name)
        return statistics.median(outcome.seconds for outcome in outcomes) if outcomes else None

    def median_cpu(self, name: str) -> float | None:
        outcomes = self.ways.get(name)
        return statistics.median(outcome.cpu_seconds for outcome in outcomes) if outcomes else None

    def max_bytes(self, name: str) -> int:
        return max((outcome.max_bytes for outcome in self.ways.get(name, [])), default=0)

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        now = datetime.now(timezone.utc)
        path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
        content = asdict(self) | {"time": now.isoformat(), "machine": machine()}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return path


def machine() -> dict[str, Any]:
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model, "cores": os.cpu_count(), "memory_bytes": memory, "system": platform.platform()}


def quotient(above: float | None, below: float | None) -> str:
    return f"{above / below:.2f}" if above is not None and below else ""


def table_of(figures: Figures, ways: Sequence[Way]) -> list[str]:
    """The table: a line for each way, in the given order."""
    heading = ("way", "seconds", "least-most", "x limit", "x plain", "client CPU", "MiB")
    lines = [heading]
    for way in ways:
        outcomes = figures.ways.get(way.name)
        if not outcomes:
            continue
        median = figures.median(way.name)
        seconds = [outcome.seconds for outcome in outcomes]
        cpu = figures.median_cpu(way.name)
        lines.append(
            (
                way.label,
                f"{median:.2f}",
                f"{min(seconds):.2f}-{max(seconds):.2f}",
                quotient(median, figures.median("limit")),
                quotient(median, figures.median("plain")),
                f"{cpu:.2f}" if cpu else "",
                f"{figures.max_bytes(way.name) / MIB:.0f}" if cpu else "",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]


def targets_of(figures: Figures, workers: int) -> list[tuple[str, bool]]:
    """Each target whose figures are there: a sentence, and whether it is met."""
    judged = []
    for target in TARGETS:
        above, below = figures.median(target.numerator), figures.median(target.denominator)
        if above is None or below is None:
            continue
        measured = above / below
        met = measured >= target.bound if target.at_least else measured <= target.bound
        judged.append((f"{target.text}: {measured:.2f}", met))
    cpu = figures.median_cpu("plain")
    if cpu is not None and figures.scan is not None:
        measured = cpu / figures.scan["cpu_seconds"]
        judged.append((f"client CPU within {CPU_FACTOR:.0f} x a bare scan: {measured:.2f}", measured <= CPU_FACTOR))
    if figures.max_bytes("plain") > 0:
        most = max(figures.max_bytes(name) for name in ("plain", "latest", "surrogates", "foreign_keys", "created"))
        bound = memory_bound(workers)
        judged.append((f"memory within {bound // MIB} MiB: {most / MIB:.0f}", most <= bound))
    return judged
