"""A session of Spark for a measurement: up and warm before the clock starts, whatever is measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

from pyspark.sql import SparkSession

CORES = 2


def start_session(cores: int = CORES) -> SparkSession:
    """Spark on the master that BENCH_MASTER names, or in this process; its Python workers have run a task.

    They know each other by BENCH_RUN in their environment, if the caller has set it.
    """
    builder = SparkSession.builder.master(os.environ.get("BENCH_MASTER", f"local[{cores}]"))
    settings = {
        "spark.driver.memory": "3g",
        "spark.executor.memory": "1g",
        "spark.cores.max": str(cores),
        "spark.scheduler.minRegisteredResourcesRatio": "1",
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    if jar := os.environ.get("BENCH_JDBC_DRIVER"):
        builder = builder.config("spark.jars", jar)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")

    def nothing(numbers: Iterable[int]) -> Iterator[int]:
        return iter([sum(numbers)])

    session.sparkContext.parallelize(range(100), cores).mapPartitions(nothing).collect()
    return session


def sample() -> list[str]:
    """The files that a program does its work with before it is measured; none: it is measured cold."""
    return os.environ.get("BENCH_SAMPLE", "").split()


def worker_bytes(figure: str) -> list[int]:
    """VmRSS (now) or VmHWM (at most so far) of the Python workers of this run, in bytes."""
    run = os.environ.get("BENCH_RUN")
    if run is None:
        return []
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            if b"pyspark.daemon" in words and f"BENCH_RUN={run}".encode() in (folder / "environ").read_bytes():
                status = (folder / "status").read_text(encoding="ascii", errors="replace")
                found.append(1024 * int(status.partition(f"{figure}:")[2].split()[0]))
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return found
