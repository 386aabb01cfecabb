"""pgfeed-job: the options, reports and exit codes of `pgfeed load`, as an application of Spark."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pgfeed
import psycopg
import pytest
from cluster import Cluster
from database import PROGRAM, Database, clean_environment
from installation import driver_conf, spark_environment, write_conf
from pgfeed import UsageError
from pgfeed.job import main
from pgfeed.job_options import job_parser, load_arguments, parse_job
from pgfeed.report_file import require_writable
from submitting import DOCUMENTS, job_words, said_by_pgfeed, write_orders
from waiting import wait_until


def start_job(folder: Path, database: Database, *words: object, conf: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """`python -m pgfeed.job` on two cores of this machine, without spark-submit."""
    spark = folder / "spark"
    spark.mkdir(exist_ok=True)
    properties = write_conf(spark, driver_conf(spark) | {"spark.master": "local[2]"} | (conf or {}))
    environment = spark_environment(spark) | database.environment
    environment["PYSPARK_SUBMIT_ARGS"] = f"--properties-file {properties} pyspark-shell"
    command = [sys.executable, "-m", "pgfeed.job", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def run_job(folder: Path, database: Database, *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a job."""
    job = start_job(folder, database, *words)
    stdout, stderr = job.communicate(timeout=180)
    assert "Traceback" not in stdout + stderr
    return job.returncode, stdout, stderr


def test_options_are_those_of_the_command_line() -> None:
    words = (
        "-m orders.yaml --to service=shop --split-size 32MiB --lock-timeout 5min --connect-timeout 500ms --max-rejects 1% "
        "--connections 4 --limit 10 --max-document 64KiB --max-depth 9 --ledger-schema feeds --publish atomic a.json "
        "--dry-run --reload --strict-json --rejects r.json b.json"
    )
    options = parse_job(words.split())
    assert options.sources == ["a.json", "b.json"]
    assert load_arguments(options) == {
        "split_size": 32 << 20,
        "lock_timeout": 300.0,
        "connect_timeout": 0.5,
        "max_rejects": "1%",
        "connections": 4,
        "limit": 10,
        "max_document": 64 << 10,
        "max_depth": 9,
        "ledger_schema": "feeds",
        "publish": "atomic",
        "dry_run": True,
        "reload": True,
        "strict_json": True,
        "rejects": "r.json",
    }


def test_every_option_of_load_is_there_or_refused() -> None:
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    help_of_load = text.partition("## pgfeed load\n")[2].partition("\n## ")[0]
    lines = [line.split()[0] for line in help_of_load.splitlines() if line.startswith("  -")]
    wanted = {name for words in lines for name in words.split(",")}
    known = {name for action in job_parser()._actions for name in action.option_strings}
    assert wanted
    assert wanted - known == set()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("-m m.yaml -", "standard input cannot be read by a cluster"),
        ("-m m.yaml --source-id x a", "--source-id is for standard input"),
        ("-m m.yaml --no-ledger a", "--no-ledger does not go with Spark"),
        ("-m m.yaml a --from-rejects r", "--from-rejects is done by one process"),
        ("-m m.yaml --split-size 3XB a", "argument --split-size: a size is wanted"),
        ("-m m.yaml --split-size 2GiB a", "argument --split-size: a size is wanted"),
        ("-m m.yaml --lock-timeout soon a", "argument --lock-timeout: a time is wanted"),
        ("-m m.yaml --connections 0 a", "a whole number from 1 to 10000 is wanted"),
        ("-m m.yaml --limit 99999999999999999999 a", "argument --limit: a whole number from 0 on is wanted"),
        ("-m m.yaml --limit -1 a", "argument --limit: "),
        ("-m m.yaml --lock 3 a", "unrecognized arguments: --lock"),
        ("a", "required: -m/--mapping"),
        ("-m m.yaml --to= a", "the value is empty"),
        ("-m m.yaml", "required: SOURCE"),
    ],
)
def test_what_makes_no_sense_is_refused(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith("pgfeed: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_a_mapping_is_looked_at_before_spark_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-m", str(tmp_path / "none.yaml"), "a"]) == 3
    (tmp_path / "wrong.yaml").write_text("version: 1\ntabels: {}\n", encoding="utf-8")
    assert main(["-m", str(tmp_path / "wrong.yaml"), "a"]) == 3
    assert "wrong.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "sentence"), [("s3://bucket", "s3://BUCKET/KEY"), ("/none/report.json", "no such folder")]
)
def test_a_report_that_cannot_be_written_is_refused_first(where: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        require_writable(where)


def test_a_password_in_sparks_settings_is_refused(tmp_path: Path, database: Database) -> None:
    job = start_job(tmp_path, database, *job_words(tmp_path), conf={"spark.executorEnv.PGPASSWORD": "hidden"})
    stdout, stderr = job.communicate(timeout=180)
    assert job.returncode == 2
    (sentence,) = said_by_pgfeed(stderr)
    assert "spark.executorEnv.PGPASSWORD shows the password" in sentence
    assert "hidden" not in stdout + stderr


def test_a_job_loads_and_reports(tmp_path: Path, database: Database) -> None:
    report = tmp_path / "report.json"
    code, stdout, stderr = run_job(tmp_path, database, *job_words(tmp_path, "--json", "--report", report))
    assert code == 0, stderr
    assert json.loads(stdout) == json.loads(report.read_text(encoding="utf-8"))
    assert json.loads(stdout)["documents"]["loaded"] == DOCUMENTS
    assert database.value("SELECT count(*) FROM orders") == DOCUMENTS


def test_what_is_tried_says_what_the_command_line_says(tmp_path: Path, database: Database) -> None:
    words = job_words(tmp_path, "--json", "--max-rejects", 100, "--limit", 1550, broken=500)

    def by_command(*options: object) -> dict[str, Any]:
        command = map(str, [PROGRAM, "load", "--to", database.conninfo, *options, *words])
        done = subprocess.run([*command], env=clean_environment(), capture_output=True, text=True, check=True)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def came_to(report: dict[str, Any]) -> list[Any]:
        return [report[name] for name in ("dry_run", "connections", "files", "documents", "tables", "first_rejects")]

    code, stdout, stderr = run_job(tmp_path, database, "--dry-run", *words)
    assert code == 0, stderr
    assert came_to(json.loads(stdout)) == came_to(by_command("--dry-run"))
    assert database.value("SELECT to_regclass('orders') IS NULL")
    code, stdout, stderr = run_job(tmp_path, database, *words)
    assert code == 0, stderr
    assert json.loads(stdout)["documents"] == {"read": 1550, "loaded": 1500, "skipped": 0, "rejected": 50}
    assert by_command()["documents"]["read"] == 0


def test_too_many_rejects_end_with_6_and_a_report_of_what_is_in(tmp_path: Path, database: Database) -> None:
    report = tmp_path / "report.json"
    words = job_words(tmp_path, "--report", report, "--max-rejects", "1%", broken=500)
    code, stdout, stderr = run_job(tmp_path, database, *words)
    assert code == 6, stderr
    assert stdout == ""
    assert "documents  2,000 read" in stderr
    assert len(said_by_pgfeed(stderr)) == 1
    assert json.loads(report.read_text(encoding="utf-8"))["documents"]["rejected"] == 500


def test_sources_and_databases_that_are_missing_have_codes(tmp_path: Path, database: Database) -> None:
    mapping, orders = write_orders(tmp_path)
    code, _, stderr = run_job(tmp_path, database, "-m", mapping, tmp_path / "none.ndjson")
    assert (code, len(said_by_pgfeed(stderr))) == (4, 1)
    code, _, stderr = run_job(tmp_path, database, "-m", mapping, "--to", "dbname=none", orders)
    assert (code, len(said_by_pgfeed(stderr))) == (5, 1)


def test_a_job_that_is_told_to_end_says_so(tmp_path: Path, database: Database) -> None:
    database.query("CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(12,2))")
    with psycopg.connect(database.conninfo) as other:
        other.execute("LOCK TABLE orders")
        job = start_job(tmp_path, database, *job_words(tmp_path))
        _wait_for_lock(database)
        os.kill(job.pid, signal.SIGTERM)
        _, stderr = job.communicate(timeout=60)
    assert job.returncode == 130, stderr
    assert said_by_pgfeed(stderr)[-1].startswith("pgfeed: interrupted")


def _wait_for_lock(database: Database) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    wait_until(lambda: database.value(waiting) != 0, 120)


def test_spark_submit_runs_the_file_of_the_package(cluster: Cluster, database: Database, tmp_path: Path) -> None:
    words = job_words(tmp_path, "--json")
    done = cluster.submit(pgfeed.job_file(), *words, env=database.environment, conf=_environment(database))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["documents"]["loaded"] == DOCUMENTS
    done = cluster.submit(pgfeed.job_file(), *words, "--to", "dbname=none", env=database.environment)
    assert done.returncode == 5
    assert len(said_by_pgfeed(done.stdout)) == 1


def _environment(database: Database) -> dict[str, str]:
    return {f"spark.executorEnv.{name}": value for name, value in database.environment.items()}
