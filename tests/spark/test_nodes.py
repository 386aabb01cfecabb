"""A node that lacks the wheel, or has another Python, is told in one sentence before the first row."""

from __future__ import annotations

import re
from pathlib import Path

import pgfeed
import pytest
from cluster import Cluster
from database import Database
from pgfeed import DatabaseError, UsageError
from pgfeed.spark.nodes import checked, known_error
from submitting import NO_PGFEED, bare_python, job_words, python_of_another_version, said_by_pgfeed


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_python(tmp_path_factory.mktemp("bare") / "environment")


def fail(cluster: Cluster, database: Database, folder: Path, **environment: str) -> str:
    """The one sentence of a job that ends with 2 and has loaded nothing."""
    done = cluster.submit(pgfeed.job_file(), *job_words(folder), env=database.environment | environment)
    assert done.returncode == 2, done.stdout + done.stderr
    (sentence,) = said_by_pgfeed(done.stdout)
    assert "Traceback" not in done.stdout
    if database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgfeed'"):
        assert database.value("SELECT count(*) FROM pgfeed.splits") == 0
    return sentence


def test_an_executor_without_the_wheel(cluster: Cluster, database: Database, tmp_path: Path, bare: Path) -> None:
    sentence = fail(cluster, database, tmp_path, PYSPARK_PYTHON=str(bare))
    assert re.match(rf"pgfeed: node \S+: {NO_PGFEED}", sentence)


def test_an_executor_with_another_python(cluster: Cluster, database: Database, tmp_path: Path) -> None:
    other = python_of_another_version(tmp_path / "other")
    sentence = fail(cluster, database, tmp_path, PYSPARK_PYTHON=str(other))
    assert re.match(
        r"pgfeed: node 127\.0\.0\.\d( and 127\.0\.0\.\d)?: its Python is 3\.99 and the driver's is 3\.\d+: ", sentence
    )


def test_an_executor_without_that_python(cluster: Cluster, database: Database, tmp_path: Path) -> None:
    sentence = fail(cluster, database, tmp_path, PYSPARK_PYTHON="/none/python")
    assert re.match(r"pgfeed: node 127\.0\.0\.\d( and 127\.0\.0\.\d)?: there is no Python at /none/python: ", sentence)


def test_a_driver_without_the_wheel(cluster: Cluster, database: Database, tmp_path: Path, bare: Path) -> None:
    sentence = fail(cluster, database, tmp_path, PYSPARK_PYTHON=str(bare), PYSPARK_DRIVER_PYTHON=str(bare))
    assert re.match(r"pgfeed: node \S+, which runs the driver: there is no pgfeed for its Python 3", sentence)


def test_another_version_of_pgfeed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = checked(iter)
    assert list(guarded(iter(["a"]))) == ["a"]
    monkeypatch.setattr(pgfeed, "__version__", "9.9.9")
    with pytest.raises(RuntimeError, match=r"pgfeed: node \S+: it has pgfeed 9\.9\.9, and the driver "):
        guarded(iter(["a"]))


LOST = (
    "An error occurred while calling z:org.apache.spark.api.python.PythonRDD.collectAndServe.\n"
    ": org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent "
    "failure: Lost task 0.3 in stage 0.0 (TID 3) (10.0.0.7 executor 1): "
    "org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n"
)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ModuleNotFoundError: No module named 'pgfeed'", "node 10.0.0.7: there is no pgfeed for its Python: install"),
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version (3, 9) than that in driver 3.11, "
            "PySpark cannot run with different minor versions.",
            "node 10.0.0.7: its Python is 3.9 and the driver's is 3.11",
        ),
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.9 than that in driver: 3.11, PySpark",
            "node 10.0.0.7: its Python is 3.9 and the driver's is 3.11",
        ),
        (
            "Error from python worker:\n  Traceback\n  TypeError: unsupported operand\nPYTHONPATH was:\n  a",
            "node 10.0.0.7: its Python cannot run this Spark's worker, TypeError: unsupported operand",
        ),
    ],
)
def test_what_spark_says_of_it_is_understood(said: str, sentence: str) -> None:
    error = known_error(LOST + said + "\n\n\tat org.apache.spark")
    assert isinstance(error, UsageError)
    assert str(error).startswith(sentence)


def test_errors_of_pgfeed_come_back_as_they_were() -> None:
    error = known_error(LOST + "pgfeed.errors.DatabaseError: no such secret\n\tat org.apache.spark")
    assert isinstance(error, DatabaseError)
    assert str(error) == "no such secret"
    assert known_error(LOST + "ValueError: other\n") is None
