"""What the tests with Spark share: a session in this process, a cluster of real processes, a database for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyspark
import pytest
from cluster import Cluster
from database import Database, fresh_database
from feeds import Feed
from fixtures import database, server, server_template
from installation import driver_conf, spark_environment, write_conf

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["database", "server", "server_template"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes out what is for a newer Spark than this one. Not as skipped, for that says that a test lacks something here."""
    here = tuple(map(int, pyspark.__version__.split(".")[:2]))
    newer = [item for item in items if (mark := item.get_closest_marker("since_spark")) and here < mark.args]
    config.hook.pytest_deselected(items=newer)
    items[:] = [item for item in items if item not in newer]


@pytest.fixture
def feed(database: Database, tmp_path: Path) -> Feed:
    return Feed(database, tmp_path)


@pytest.fixture
def undisturbed(tmp_path: Path) -> Iterator[Feed]:
    """The same folder, and a database of its own, for the load that another is compared with."""
    with fresh_database() as database:
        yield Feed(database, tmp_path)


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Iterator[Cluster]:
    """One for all tests, for it takes seconds to start. What a test leaves running is killed after it."""
    yield _cluster
    _cluster.end_submitted()


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session local[2], one for all tests. It leaves nothing in the working directory, and no process behind."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    folder = Path(tempfile.mkdtemp(prefix="pgfeed-spark-"))
    conf = driver_conf(folder) | {"spark.sql.artifact.isolation.enabled": "false"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spark_environment(folder).items():
            patch.setenv(name, value)
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"--properties-file {write_conf(folder, conf)} pyspark-shell")
        session = SparkSession.builder.master("local[2]").appName("tests").getOrCreate()
        gateway = SparkContext._gateway
        yield session
        session.stop()
        # Else the Java process stays until this one ends.
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = None
    shutil.rmtree(folder)


@pytest.fixture
def new_york(spark: SparkSession) -> Iterator[SparkSession]:
    """The session, in another time zone than this machine's."""
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    yield spark
    spark.conf.unset("spark.sql.session.timeZone")
