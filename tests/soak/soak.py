"""Loads tweets under faults at random, one load after another, and compares the tables of each with what they should be.

    make soak                       # 15 minutes, loads of 200 MB
    make soak SECONDS=120 SEED=7    # shorter, loads of 20 MB, and the faults that were drawn from 7 before

Before the faults one load runs undisturbed, and its tables are compared with an independent reading of the documents in
Python. All others must come to the same rows, to each reject once, and to a ledger that has every byte. A load that a fault
ends is run again by the same command. One line is printed for each load; the exit code is 0 only if all came out right.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/cli", "tests/common", "examples")]

import compare  # noqa: E402
import faults  # noqa: E402
from conftest import Database  # noqa: E402
from feed import Feed  # noqa: E402
from proxy import Proxy  # noqa: E402
from server import Server, Template  # noqa: E402

BYTES_PER_TWEET = 4200  # of the generator's, roughly
LONG_SECONDS = 600  # from here on the loads are of 200 MB
MOST_FAULTS = 6  # of one load
PATIENCE_SECONDS = 600  # for one run of pgfeed, undisturbed
BY_US = (0, 130, -signal.SIGKILL)  # all other faults a load must go on after by itself

Digest = dict[str, tuple[int, int]]


def digest(feed: Feed) -> Digest:
    """Rows of each table, and the sum of their hashes, with URLs in place of generated ids."""
    row = "hashtextextended(row_to_json(t)::jsonb::text, 0)"  # of two columns of one name jsonb keeps the last: the URL
    queries = compare.load_reference("tweets").QUERIES
    return {
        table: cast(tuple[int, int], feed.query(f"SELECT count(*), coalesce(sum({row}), 0) FROM ({query}) t")[0])
        for table, query in queries.items()
    }


@dataclass
class Load:
    """One load under faults: the runs of pgfeed that it takes, and what was done to them."""

    feed: Feed
    server: Server
    proxy: Proxy
    source: Path
    chance: random.Random
    pace: float  # seconds that an undisturbed load takes
    runs: list[faults.Running] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def start(self) -> None:
        """The same command; splits and sessions may differ."""
        size, connections = self.chance.choice(["256KiB", "1MiB", "4MiB", "32MiB"]), self.chance.choice([1, 2, 4])
        options = ("--split-size", size, "--connections", connections, "--max-rejects", "100%", "--progress", "none")
        to = self.proxy.conninfo
        self.runs.append(faults.start(self.feed, *options, self.source, to=to, mapping=faults.TWEETS))

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until no run is left; whether one is."""
        deadline = time.monotonic() + seconds
        while self.going() and time.monotonic() < deadline:
            time.sleep(0.01)
        return bool(self.going())

    def going(self) -> list[faults.Running]:
        return [run for run in self.runs if run.process.poll() is None]

    def disturb(self) -> None:
        """Some faults, one after another, at any time of the load; until it is done all the same."""
        self.start()
        for _ in range(self.chance.randint(1, MOST_FAULTS)):
            if not self.wait(self.chance.random() * self.pace / 2):
                if self.runs[-1].end().exit_code == 0:
                    return
                self.start()
                continue
            fault = self.chance.choice(FAULTS)
            self.done.append(fault.__name__.replace("_", " "))
            fault(self)

    def finish(self) -> None:
        """Whoever is going comes to its end; what is left then the same command loads. Raises if it does not."""
        for run in self.runs:
            result = run.end(PATIENCE_SECONDS)
            if result.exit_code not in BY_US:
                raise AssertionError(f"a load gave up: {result}")
        self.start()
        result = self.runs[-1].end(PATIENCE_SECONDS)
        if result.exit_code != 0:
            raise AssertionError(f"the same command does not end the load: {result}")

    def close(self) -> None:
        for run in self.runs:
            run.process.send_signal(signal.SIGCONT)
            run.__exit__(None, None, None)


# Faults.


def kill_the_client(load: Load) -> None:
    load.chance.choice(load.going() or load.runs).process.kill()
    load.runs[-1].process.poll()
    load.wait(0.05)


def interrupt(load: Load) -> None:
    load.chance.choice(load.going() or load.runs).process.send_signal(load.chance.choice([signal.SIGINT, signal.SIGTERM]))


def kill_a_backend(load: Load) -> None:
    found = load.feed.values("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%' ORDER BY random()")
    if found:
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            load.server.kill_backend(found[0])


def restart_the_server(load: Load) -> None:
    load.server.restart("immediate")


def cut(load: Load) -> None:
    load.proxy.cut()


def stall(load: Load) -> None:
    load.proxy.stall()
    load.wait(load.chance.random() * load.pace)
    load.proxy.resume()


def freeze(load: Load) -> None:
    """Stops the process with all that it holds, while others go on."""
    run = load.chance.choice(load.going() or load.runs)
    run.process.send_signal(signal.SIGSTOP)
    if load.chance.random() < 0.5:
        load.start()
    load.wait(load.chance.random() * load.pace)
    run.process.send_signal(signal.SIGCONT)


def start_another(load: Load) -> None:
    load.start()


FAULTS: list[Callable[[Load], None]] = [
    kill_the_client,
    interrupt,
    kill_a_backend,
    restart_the_server,
    cut,
    stall,
    freeze,
    start_another,
]


class Soak:
    """The server, the documents, and what their tables should be."""

    def __init__(self, server: Server, folder: Path, megabytes: int, chance: random.Random) -> None:
        self._server = server
        self._folder = folder
        self._chance = chance
        self._source = faults.make_tweets(
            folder / "tweets.ndjson", megabytes * 1_000_000 // BYTES_PER_TWEET, "--seed", chance.randrange(1 << 30)
        )
        self._broken = faults.broken_lines(self._source)
        self._pace = 0.0
        self._expected: Digest = {}
        self._loads = 0
        self.faults = 0

    def undisturbed(self) -> None:
        """The load that the others are compared with, and an independent reading of the documents."""
        feed = self._database()
        began = time.monotonic()
        with faults.start(feed, "--max-rejects", "100%", self._source, mapping=faults.TWEETS) as load:
            load.report()
        self._pace = time.monotonic() - began
        faults.compare_tweets(feed.database.conninfo, self._source)
        self._expected = digest(feed)
        self._check(feed)
        size = self._source.stat().st_size / 1e6
        rows = sum(count for count, _ in self._expected.values())
        print(f"undisturbed: {size:.0f} MB, {rows} rows, {self._pace:.1f} s; as Python reads it", flush=True)
        self._drop(feed)

    def load(self) -> None:
        """One load under faults. Raises AssertionError where it does not come out right."""
        self._loads += 1
        feed = self._database()
        began = time.monotonic()
        with Proxy(feed.database.conninfo) as proxy:
            load = Load(feed, self._server, proxy, self._source, self._chance, self._pace)
            try:
                load.disturb()
                load.finish()
            finally:
                self.faults += len(load.done)
                seconds = time.monotonic() - began
                print(f"load {self._loads}: {len(load.runs)} runs, {seconds:.0f} s: {', '.join(load.done)}", flush=True)
                proxy.resume()
                load.close()
        self._check(feed)
        self._drop(feed)

    def _check(self, feed: Feed) -> None:
        found = digest(feed)
        assert found == self._expected, f"the tables are {found}, and should be {self._expected}"
        rejects = feed.query("SELECT line, state FROM pgfeed.rejects ORDER BY line")
        assert rejects == [(line, "rejected") for line in self._broken], "rejects are missing, or there twice"
        assert faults.covered(feed), "the ledger does not have all bytes"
        assert feed.values("SELECT count(*) FROM pgfeed.pending_keys") == [0], "keys are missing"
        assert feed.values("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [0], "keys are not valid"

    def _database(self) -> Feed:
        name = f"soak_{self._loads}"
        return Feed(cast(Any, None), Database(name, self._server.create_database(name)), self._folder)

    def _drop(self, feed: Feed) -> None:
        with self._server.connect() as session:
            session.execute(f"DROP DATABASE {feed.database.name} WITH (FORCE)".encode())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=900, help="no load is begun after them (900)")
    parser.add_argument("--megabytes", type=int, help="of one load (200; 20 in a run of less than ten minutes)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="of all that is drawn")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    megabytes = options.megabytes or (200 if options.seconds >= LONG_SECONDS else 20)
    print(f"seed {options.seed}", flush=True)
    until = time.monotonic() + options.seconds
    template = Template(Path(os.environ["PGFEED_TEST_POSTGRES"]))  # from scripts/with_postgres.sh
    try:
        with Server(template) as server, tempfile.TemporaryDirectory(prefix="pgfeed-soak-") as folder:
            server.start()
            soak = Soak(server, Path(folder), megabytes, random.Random(options.seed))
            soak.undisturbed()
            loads = 0
            while time.monotonic() < until or loads == 0:
                soak.load()
                loads += 1
            print(f"{loads} loads, {soak.faults} faults: all came out right")
    except (AssertionError, subprocess.TimeoutExpired) as error:
        print(f"seed {options.seed}: {error}", file=sys.stderr)
        return 1
    finally:
        template.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
