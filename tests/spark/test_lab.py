"""The lab's script with pgfeed, as a user submits it: a subset first, then all of it, then again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import compare
from database import GENERATOR, ROOT, Database
from installation import driver_conf, spark_environment, submit_command, write_conf

SECONDS = 180


def submit(database: Database, folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    conf = write_conf(folder, driver_conf(folder) | {"spark.master": "local[2]"})
    return subprocess.run(
        submit_command(conf, ROOT / "examples" / "lab" / "feed.py", *words),
        cwd=folder, env=spark_environment(folder) | database.environment,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def test_a_subset_then_all_of_it_then_again(database: Database, tmp_path: Path) -> None:
    tweets = tmp_path / "tweets.ndjson"
    subprocess.run(
        [str(GENERATOR), "--count", "3000", "--users", "300", "--duplicates", "5", "--out", str(tweets)], check=True
    )
    spark = tmp_path / "spark"
    done = submit(database, spark, tweets, "--limit", 100)
    assert done.returncode == 0, done.stderr + done.stdout
    assert database.value("SELECT count(*) BETWEEN 1 AND 100 FROM tweets")
    done = submit(database, spark, tweets, "--connections", 2)
    assert done.returncode == 0, done.stderr + done.stdout
    reference = compare.load_reference("tweets")
    expected = reference.rows(compare.documents_in(tweets))
    for table, rows in expected.items():
        found = compare.table_in(database.conninfo, reference.QUERIES[table], reference.KEYS[table])
        assert compare.differences(table, rows, found) == []
    done = submit(database, spark, tweets)
    assert "documents  0 read" in done.stdout


def test_a_mistake_is_one_sentence(database: Database, tmp_path: Path) -> None:
    done = submit(database, tmp_path / "spark", tmp_path / "nothing")
    assert done.returncode == 1
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith("feed.py:")]
    assert said == [f"feed.py: cannot read {tmp_path / 'nothing'}: No such file or directory"]
