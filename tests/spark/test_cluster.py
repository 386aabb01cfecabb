"""The cluster that other tests rely on: real processes, which can be killed, are gone afterwards and open to nobody else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import processes
import pytest
from cluster import Cluster
from processes import in_sessions
from waiting import wait_until

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SUM = """\
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
numbers = spark.sparkContext.parallelize(range(int(sys.argv[1])), 4)
print("sum", numbers.map(lambda number: 2 * number).sum())
print("python", set(numbers.map(lambda number: sys.executable).collect()) == {sys.executable})
"""

# Each task says that it has begun, and ends when the file `go` is there.
SLOW = """\
import os, pathlib, sys, time
from pyspark.sql import SparkSession

folder = pathlib.Path(sys.argv[1])

def wait(number):
    (folder / f"{number}-{os.getpid()}").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    return number

print("sum", SparkSession.builder.getOrCreate().sparkContext.parallelize(range(4), 2).map(wait).sum())
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "job.py"
    path.write_text(text, encoding="utf-8")
    return path


def begun(folder: Path) -> int:
    """Tasks of SLOW that have begun, those that were begun again included."""
    return len([path for path in folder.iterdir() if "-" in path.name])


def test_a_job_gives_its_sum_and_leaves_a_log(cluster: Cluster, tmp_path: Path) -> None:
    logs = set(cluster.event_log.iterdir())
    done = cluster.submit(script(tmp_path, SUM), 1000)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["sum 999000", "python True"]
    (log,) = set(cluster.event_log.iterdir()) - logs
    events = [json.loads(line)["Event"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert events.count("SparkListenerTaskEnd") == 8


def test_a_job_that_fails_says_why(cluster: Cluster, tmp_path: Path) -> None:
    done = cluster.submit(script(tmp_path, SUM), "many")
    assert done.returncode == 1
    assert "invalid literal for int() with base 10: 'many'" in done.stdout


def test_a_job_survives_an_executor_that_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    job = script(tmp_path, SLOW)
    folder = tmp_path / "begun"
    folder.mkdir()
    running = cluster.start_submit(job, folder)
    wait_until(lambda: begun(folder) == 2, 120, lambda: running.stderr)
    executors = cluster.executor_pids()
    assert len(executors) == 2
    assert len(cluster.python_worker_pids()) == 2
    cluster.kill_executor(executors[0])
    wait_until(lambda: begun(folder) == 3, 120, lambda: running.stderr)
    (folder / "go").touch()
    done = running.wait()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sum 6\n"


def test_a_driver_that_is_killed_takes_its_executors_along(cluster: Cluster, tmp_path: Path) -> None:
    job = script(tmp_path, SLOW)
    running = cluster.start_submit(job, tmp_path)
    wait_until(lambda: begun(tmp_path) == 2, 120, lambda: running.stderr)
    running.kill_driver()
    wait_until(lambda: not cluster.executor_pids() and not cluster.python_worker_pids())
    wait_until(lambda: not running.pids())


def test_nothing_is_left_and_nothing_was_open_to_others(tmp_path: Path) -> None:
    job = script(tmp_path, SLOW)
    with Cluster() as cluster:
        running = cluster.start_submit(job, tmp_path)
        wait_until(lambda: begun(tmp_path) == 2, 120, lambda: running.stderr)
        pids = cluster.pids()
        sessions = {os.getsid(pid) for pid in pids}
        listening = processes.listening(pids)
    assert len(pids) >= 3 + 2 + 2 * 2 + 2  # daemons, driver, executors, Python workers and what forks them
    assert len(listening) >= 3 + 1 + 2
    assert [address for address, _ in listening if not processes.is_loopback(address)] == []
    assert not cluster.folder.exists()
    assert in_sessions(sessions) == []
    assert [pid for pid in pids if processes.is_running(pid)] == []


def test_a_cluster_whose_test_fails_is_gone_too() -> None:
    pids: list[int] = []

    def test() -> None:
        with Cluster(workers=1) as cluster:
            pids.extend(cluster.pids())
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # no other can come
        test()
    assert len(pids) == 2
    assert [pid for pid in pids if processes.is_running(pid)] == []


def test_a_session_in_this_process(spark: SparkSession) -> None:
    before = set(Path.cwd().iterdir())
    assert spark.sparkContext.parallelize(range(10), 2).map(lambda number: 2 * number).sum() == 90
    frame = spark.range(1000)
    assert frame.mapInArrow(lambda batches: batches, "id long").groupBy().sum("id").collect()[0][0] == 499500
    frame.write.saveAsTable("numbers")
    assert spark.table("numbers").count() == 1000
    spark.sql("DROP TABLE numbers")
    assert set(Path.cwd().iterdir()) == before
    java = spark.sparkContext._gateway.proc.pid
    listening = processes.listening([java])
    assert listening
    assert [address for address, _ in listening if not processes.is_loopback(address)] == []
