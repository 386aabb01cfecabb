"""pgfeed on Spark, beside the command line and beside what users of Spark do today: on one machine and on a cluster."""

from __future__ import annotations

import statistics
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cluster import Cluster
from report import MIB, Target
from server import Server
from ways import BENCH, PEERS, TABLES, Databases, Outcome, run_client

CORES = 2
TRIPS = 3_000_000
SAMPLE_GIGABYTES = 0.008
SAMPLE_TRIPS = 20_000
FLAT = """
CREATE TABLE trips (vendor_id int, pickup timestamp, passengers int, distance float8, rate int, flag text,
                    pickup_zone int, dropoff_zone int, fare float8, tip float8, note text)"""
FLAT_ROWS = """
COPY (SELECT (1 + hash(i) % 2)::INT AS vendor_id,
             TIMESTAMP '2026-01-01' + to_microseconds(i * 892800 + (hash(i + 1) % 800000)::BIGINT) AS pickup,
             (1 + hash(i + 2) % 6)::INT AS passengers,
             round((hash(i + 3) % 1500)::DOUBLE / 100, 2) AS distance,
             (1 + hash(i + 4) % 5)::INT AS rate,
             CASE hash(i + 5) % 100 WHEN 0 THEN 'Y' ELSE 'N' END AS flag,
             (1 + hash(i + 6) % 265)::INT AS pickup_zone,
             (1 + hash(i + 7) % 265)::INT AS dropoff_zone,
             round((hash(i + 8) % 9000)::DOUBLE / 100, 2) AS fare,
             round((hash(i + 9) % 2000)::DOUBLE / 100, 2) AS tip,
             CASE i % 3 WHEN 0 THEN 'trip, "' || i || '" ok' END AS note
      FROM range({count}) AS numbers(i))
TO '{path}' (FORMAT parquet)"""

MASTERS = {"local": "local[2]", "cluster": "two workers"}
LABELS = {
    "command": "command line",
    "files": "pgfeed.spark.load(spark, files)",
    "frame": "pgfeed.spark.load(spark.read.text)",
    "partitions": "textFile.foreachPartition(PartitionLoader)",
    "transport": "textFile.foreachPartition(nothing)",
    "values": "foreachPartition, execute_values",
    "copy": "foreachPartition, COPY and merge",
    "jdbc": "read.json, JDBC writer",
    "write": "pgfeed.spark.write, 3 million rows",
    "source": 'write.format("pgfeed"), 3 million rows',
    "flat_jdbc": "JDBC writer, 3 million rows",
}


@dataclass
class Run:
    """A way on a master, over so many GB of tweets, or over the flat rows (0)."""

    way: str
    master: str
    gigabytes: float
    slow: bool = False  # a minute rather than seconds

    @property
    def name(self) -> str:
        size = f"{self.gigabytes:g} GB" if self.gigabytes else "flat"
        return f"{self.way}, {self.master}, {size}"


def runs_of(size: float) -> list[Run]:
    runs = [Run("command", "local", size), Run("command", "local", 1)]
    for master in MASTERS:
        runs += [Run(way, master, size) for way in ("files", "frame", "partitions", "transport")]
        runs.append(Run("files", master, 1))
        runs += [Run(way, master, 1, slow=True) for way in ("values", "copy", "jdbc")]
        runs += [Run(way, master, 0) for way in ("write", "source", "flat_jdbc")]
    return list({run.name: run for run in runs}.values())


class SparkWays:
    """Runs a way once, into emptied tables."""

    def __init__(
        self,
        server: Server,
        databases: Databases,
        pgfeed: Path,
        data: Callable[[float], list[Path]],
        folder: Path,
        *,
        cold: bool,
    ) -> None:
        self._server = server
        self._databases = databases
        self._pgfeed = pgfeed
        self._data = data
        self._flat = folder / "trips.parquet"
        self._flat_sample = folder / "trips-sample.parquet"
        self._cold = cold
        self._jdbc_driver = ""

    def prepare(self) -> None:
        """What all ways read, and what they write into."""
        for database in ("narrow", "sample"):
            self._server.execute(database, FLAT)
        self._jdbc_driver = subprocess.run(
            [str(BENCH.parent / "scripts" / "jdbc_driver.sh")], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
        for path, count in ((self._flat, TRIPS), (self._flat_sample, SAMPLE_TRIPS)):
            if not path.exists():
                import duckdb

                path.parent.mkdir(parents=True, exist_ok=True)
                duckdb.sql(FLAT_ROWS.format(path=path, count=count))

    def once(self, run: Run) -> tuple[Outcome, dict[str, int]]:
        """What it took, and how many rows are in each table then."""
        database = "plain" if run.gigabytes else "narrow"
        self._databases.empty("sample")
        self._databases.empty(database)
        environment = self._environment(database) | ({} if self._cold else self._sample(run))
        with self._on(run, environment):
            outcome = run_client(self._command(run, database), environment)
        tables = TABLES if run.gigabytes else ("trips",)
        counts = self._databases.counts(database)
        return replace(outcome, cpu_seconds=0.0, max_bytes=0), {table: counts[table] for table in tables}

    @contextmanager
    def _on(self, run: Run, environment: dict[str, str]) -> Iterator[None]:
        if run.master == "local":
            yield
            return
        with Cluster(CORES, environment) as cluster:
            environment["BENCH_MASTER"] = cluster.url
            yield

    def _environment(self, database: str) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self._server.port),
            "PGUSER": "postgres",
            "PGDATABASE": database,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "BENCH_JDBC": self._server.jdbc_url(database),
            "BENCH_JDBC_DRIVER": self._jdbc_driver,
            "BENCH_RUN": uuid.uuid4().hex,
        }

    def _sample(self, run: Run) -> dict[str, str]:
        files = self._data(SAMPLE_GIGABYTES) if run.gigabytes else [self._flat_sample]
        return {
            "BENCH_SAMPLE": " ".join(map(str, files)),
            "BENCH_SAMPLE_TO": self._server.tcp_conninfo("sample"),
            "BENCH_SAMPLE_JDBC": self._server.jdbc_url("sample"),
        }

    def _command(self, run: Run, database: str) -> list[str]:
        to = self._server.tcp_conninfo(database)
        files = [str(path) for path in (self._data(run.gigabytes) if run.gigabytes else [self._flat])]
        if run.way == "command":
            options = ("--to", to, "--connections", str(CORES), "--progress", "none", "--json")
            return [str(self._pgfeed), "load", "-m", str(BENCH / "plain.yaml"), *options, *files]
        if run.way in ("values", "copy"):
            return [sys.executable, str(PEERS / "pyspark_foreach.py"), run.way, str(CORES), *files]
        if run.way in ("jdbc", "flat_jdbc"):
            return [sys.executable, str(PEERS / "spark_jdbc.py"), "tweets" if run.way == "jdbc" else "flat", *files]
        return [sys.executable, str(PEERS / "spark_pgfeed.py"), run.way, to, *files]


def compare_on_spark(ways: SparkWays, size: float, repeat: int, repeat_slow: int, only: list[str]) -> dict[str, Any]:
    """Runs all ways in turn; prints medians, and which aims are met. `only`: ways."""
    ways.prepare()
    taken: dict[str, list[Outcome]] = {}
    seen: dict[float, dict[str, int]] = {}
    runs = [run for run in runs_of(size) if run.way in only]
    for turn in range(repeat):
        for run in runs:
            if run.slow and turn >= repeat_slow:
                continue
            outcome, counts = ways.once(run)
            if run.way != "transport" and seen.setdefault(run.gigabytes, counts) != counts:
                raise RuntimeError(f"{run.name} left {counts}, and others {seen[run.gigabytes]}")
            taken.setdefault(run.name, []).append(outcome)
            print(f"  turn {turn + 1}, {run.name}: {outcome.seconds:.2f} s", flush=True)
    medians = {name: statistics.median(outcome.seconds for outcome in outcomes) for name, outcomes in taken.items()}
    print_table(runs, medians, taken)
    for sentence, met in aims(medians, taken, size):
        print(f"  {'met   ' if met else 'MISSED'}  {sentence}")
    return {
        name: [{"seconds": outcome.seconds, **outcome.report} for outcome in outcomes] for name, outcomes in taken.items()
    }


def print_table(runs: list[Run], medians: dict[str, float], taken: dict[str, list[Outcome]]) -> None:
    for run in runs:
        seconds = [outcome.seconds for outcome in taken[run.name]]
        spread = f"{min(seconds):6.2f}-{max(seconds):.2f}"
        size = f"{run.gigabytes:g} GB" if run.gigabytes else ""
        print(f"{LABELS[run.way]:45} {MASTERS[run.master]:12} {size:6} {medians[run.name]:7.2f} s {spread}")


def aims(medians: dict[str, float], taken: dict[str, list[Outcome]], size: float) -> list[tuple[str, bool]]:
    judged = []
    big, flat = f"{size:g} GB", "flat"
    for master, place in MASTERS.items():

        def of(way: str, what: str, master: str = master) -> str:
            return f"{way}, {'local' if way == 'command' else master}, {what}"

        targets = [
            Target("files within 1.3 x the command line", of("files", big), of("command", big), 1.3),
            Target("a frame of texts within 2.5 x files", of("frame", big), of("files", big), 2.5),
            Target("files 12 x as fast as execute_values", of("values", "1 GB"), of("files", "1 GB"), 12, at_least=True),
            Target("files 8 x as fast as COPY and merge", of("copy", "1 GB"), of("files", "1 GB"), 8, at_least=True),
            Target("files 15 x as fast as the JDBC writer", of("jdbc", "1 GB"), of("files", "1 GB"), 15, at_least=True),
            Target("write 2 x as fast as the JDBC writer", of("flat_jdbc", flat), of("write", flat), 2, at_least=True),
            Target("the data source 2 x as fast as that", of("flat_jdbc", flat), of("source", flat), 2, at_least=True),
        ]
        for target in targets:
            if target.numerator in medians and target.denominator in medians:
                measured = medians[target.numerator] / medians[target.denominator]
                met = measured >= target.bound if target.at_least else measured <= target.bound
                judged.append((f"{place}: {target.text}: {measured:.2f}", met))
        if all(of(way, big) in medians for way in ("partitions", "transport", "files")):
            over = medians[of("partitions", big)] - medians[of("transport", big)]
            measured = over / medians[of("files", big)]
            judged.append((f"{place}: PartitionLoader within transport + 2 x files: {measured:.2f}", measured <= 2))
    grown = [outcome.report.get("worker_bytes") or 0 for outcomes in taken.values() for outcome in outcomes]
    judged.append((f"a Python worker within 200 MiB above an idle one: {max(grown) / MIB:.0f}", max(grown) <= 200 * MIB))
    return judged
