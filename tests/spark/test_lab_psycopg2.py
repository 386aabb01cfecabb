"""The lab without pgfeed fills the tables as an independent reading says, and can do no more than its comment says."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import compare
import pytest
from database import GENERATOR, ROOT, Database
from installation import driver_conf, spark_environment, submit_command, write_conf

LAB = ROOT / "examples" / "lab"
SECONDS = 180

Lab = Callable[[Path], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Lab:
    """Runs the script with the real spark-submit on two cores."""
    database.query((LAB / "schema.sql").read_text(encoding="utf-8"))
    folder = tmp_path / "spark"
    folder.mkdir()
    conf = write_conf(folder, driver_conf(folder) | {"spark.master": "local[2]"})
    environment = spark_environment(folder) | database.environment

    def run(tweets: Path) -> subprocess.CompletedProcess[str]:
        command = submit_command(conf, LAB / "feed_psycopg2.py", tweets)
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )

    return run


def generate(path: Path, *options: object) -> Path:
    command = [GENERATOR, "--count", 3000, "--users", 300, "--duplicates", 5, "--notices", 5, *options, "--out", path]
    subprocess.run([*map(str, command)], check=True)
    return path


def assert_as_read(database: Database, path: Path) -> None:
    """All tables hold what an independent reading says, but of users only that they are there: which of their rows stays is
    chance."""
    reference = compare.load_reference("tweets")
    expected = reference.rows(compare.documents_in(path))
    for table, rows in expected.items():
        assert rows
        found = compare.table_in(database.conninfo, reference.QUERIES[table], reference.KEYS[table])
        if table == "users":
            assert found.keys() == rows.keys()
        else:
            assert compare.differences(table, rows, found) == []


def test_a_bad_line_ends_it_and_a_second_run_fills_what_is_missing(lab: Lab, database: Database, tmp_path: Path) -> None:
    tweets = generate(tmp_path / "tweets.ndjson")
    good = tweets.read_bytes()
    tweets.write_bytes(good + b'{"id": 1,\n')
    done = lab(tweets)
    assert done.returncode != 0
    assert "JSONDecodeError" in done.stderr + done.stdout
    assert database.value("SELECT count(*) > 0 FROM tweets")  # what the other batches had
    tweets.write_bytes(good)
    done = lab(tweets)
    assert done.returncode == 0, done.stderr
    assert_as_read(database, tweets)
