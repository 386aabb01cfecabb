#!/usr/bin/env python3
"""Loads the same tweets in several ways into a private PostgreSQL, in turn, and compares.

    make bench                                       # all of it, in an environment with requirements.txt
    python bench/run.py --only plain,limit --repeat 5
    python bench/run.py --part ledger                # what the ledger costs, and what a rerun of 100,000 sources does
    python bench/run.py --part publish --size 2       # what atomic publishing costs
    python bench/run.py --part scale --sizes 1,16    # does it stay a straight line?
    python bench/run.py --part stdin --times 100     # 100 GB through standard input
    python bench/run.py --part spark --size 4        # the ways on Spark, beside today's

Ways run interleaved, with emptied tables and a checkpoint before each. Prints one table of medians and ratios, and
saves all figures under bench/results/. Ends with 1 when two ways left different numbers of rows.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ledger import cost_in_pairs, plan_rerun
from mechanisms import compare_mechanisms
from publish import cost_of_publishing
from report import Figures, table_of, targets_of
from scale import long_stream, straight_line
from server import SETTINGS, Server
from spark import LABELS, SparkWays, compare_on_spark
from ways import NAMES, TABLES, Databases, Ways, last_object

BENCH = Path(__file__).parent
TWEETS_PER_GB = 250_000
FILES = 8


class Data:
    """Tweets in files, made once for each size and used again."""

    def __init__(self, generator: Path, folder: Path) -> None:
        self._generator = generator
        self._folder = folder

    def files(self, size: float) -> list[Path]:
        """The files of `size` GB together."""
        folder = self._folder / f"{size:g}gb"
        stamp = folder / "stamp"
        wanted = hashlib.sha256(self._generator.read_bytes()).hexdigest()
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            count = str(int(size * TWEETS_PER_GB))
            command = [str(self._generator), "--count", count, "--out", str(folder), "--files", str(FILES)]
            subprocess.run(command, check=True)
            stamp.write_text(wanted, encoding="ascii")
        return sorted(folder.glob("*.ndjson"))


def scan(files: list[Path], flags: list[str], folder: Path) -> dict[str, float]:
    """CPU seconds of a bare simdjson scan, the second of two: the first has the files read from the disk."""
    program = folder / "scan"
    command = ["c++", "-std=c++20", "-O2", *flags, str(BENCH / "scan.cpp"), "-o", str(program), "-lsimdjson", "-lfmt"]
    subprocess.run(command, check=True)
    for _ in range(2):
        found = subprocess.run([str(program), *map(str, files)], check=True, capture_output=True, text=True).stdout
    return last_object(found)


def wrong_counts(figures: Figures) -> list[str]:
    """What is unequal among the five tables of the ways. What plain left is right, else what the first way left."""
    if not figures.counts:
        return []
    expected = figures.counts.get("plain", next(iter(figures.counts.values())))
    return [
        f"{way}: {table} has {counts.get(table)} rows, not {expected[table]}"
        for way, counts in figures.counts.items()
        for table in TABLES
        if counts.get(table) != expected[table]
    ]


def measure(options: argparse.Namespace, databases: Databases, ways: Ways, figures: Figures) -> None:
    every = ways.all()
    chosen = [every[name] for name in options.only]
    if any(way.name.startswith("limit") for way in chosen):
        # The limit needs rows that are there already: pgfeed's, as the limit is measured against it.
        source = every["plain"] if options.pgfeed.exists() else every["duckdb"]
        databases.empty(source.database)
        source.run()
        ways.export(source.database)
    for turn in range(options.repeat):
        for way in chosen:
            if way.slow and turn >= options.repeat_slow:
                continue
            databases.empty(way.database)
            outcome = way.run()
            counts = databases.counts(way.database)
            if figures.counts.setdefault(way.name, counts) != counts:
                raise RuntimeError(f"{way.name} left {counts}, and {figures.counts[way.name]} before")
            figures.ways.setdefault(way.name, []).append(outcome)
            print(f"  {way.name}: {outcome.seconds:.2f} s", flush=True)


def print_report(options: argparse.Namespace, figures: Figures, ways: Ways) -> None:
    every = ways.all()
    print("\n" + "\n".join(table_of(figures, [every[name] for name in options.only])))
    if figures.scan is not None:
        print(f"bare simdjson scan: {figures.scan['cpu_seconds']:.2f} s of CPU")
    for sentence, met in targets_of(figures, options.connections):
        print(f"  {'met   ' if met else 'MISSED'}  {sentence}")


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = f"{','.join(NAMES)}; with --part spark of {','.join(LABELS)}"
    parser.add_argument("--only", default="", help=f"ways to run, of {names} (default: all)")
    parser.add_argument("--part", choices=("ways", "ledger", "publish", "scale", "spark", "stdin"), default="ways")
    parser.add_argument("--size", type=float, default=1, help="GB of tweets (default 1)")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each way (default 5)")
    parser.add_argument("--repeat-slow", type=int, default=1, help="runs of those that take a minute (default 1)")
    parser.add_argument("--connections", type=int, default=os.cpu_count(), help="of each way (default: cores)")
    parser.add_argument("--cold", action="store_true", help="with --part spark: measure the first work of a session")
    parser.add_argument("--pairs", type=int, default=20, help="pairs of loads, with --part ledger (default 20)")
    parser.add_argument("--sizes", default="1,16", help="GB, with --part scale")
    parser.add_argument("--times", type=int, default=100, help="how often the data is fed, with --part stdin")
    parser.add_argument("--build", type=Path, default=BENCH.parent / "build", help="folder with pgfeed and generate_tweets")
    parser.add_argument("--data", type=Path, default=BENCH / "data", help="folder for the tweets")
    parser.add_argument("--results", type=Path, default=BENCH / "results", help="folder for the figures")
    parser.add_argument("--scratch", help="folder for the server's files (default: the system's)")
    parser.add_argument("--scan-flags", default="", help="compiler flags beside -O2 for the bare scan: those of the engine")
    options = parser.parse_args(arguments)
    known = list(LABELS if options.part == "spark" else NAMES)
    options.only = options.only.split(",") if options.only else known
    for name in options.only:
        if name not in known:
            parser.error(f"--only: there is no way {name!r}; there are {', '.join(known)}")
    options.pgfeed = options.build / "pgfeed"
    return options


def run_part(options: argparse.Namespace, server: Server, data: Data, figures: Figures) -> None:
    databases = Databases(server)

    def ways_of(size: float) -> Ways:
        return Ways(server, data.files(size), options.pgfeed, options.connections)

    if options.part == "scale":
        figures.parts["scale"] = straight_line(databases, ways_of, [int(size) for size in options.sizes.split(",")])
        return
    if options.part == "spark":
        spark = SparkWays(server, databases, options.pgfeed, data.files, options.data, cold=options.cold)
        figures.parts["spark"] = compare_on_spark(spark, options.size, options.repeat, options.repeat_slow, options.only)
        return
    files, ways = data.files(options.size), ways_of(options.size)
    if options.part == "ledger":
        figures.parts["ledger"] = cost_in_pairs(databases, ways, options.pairs)
        figures.parts["rerun"] = plan_rerun(databases, ways, options.data / "sources")
        return
    if options.part == "publish":
        figures.parts["publish"] = cost_of_publishing(databases, ways, files, options.repeat)
        figures.parts["mechanisms"] = compare_mechanisms(server, "plain")
        return
    if options.part == "stdin":
        figures.parts["stdin"] = long_stream(databases, ways, files, options.times)
        return
    figures.scan = scan(files, options.scan_flags.split(), options.data)
    measure(options, databases, ways, figures)
    print_report(options, figures, ways)


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    return {name: str(value) for name, value in vars(options).items()} | {"postgresql": SETTINGS}


def main(arguments: list[str] | None = None) -> int:
    options = parse_options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # servers are stopped, folders removed
    data = Data(options.build / "generate_tweets", options.data)
    figures = Figures(settings_of(options))
    with Server(options.scratch) as server:
        run_part(options, server, data, figures)
    print(f"figures in {figures.save(options.results)}")
    wrong = wrong_counts(figures)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
