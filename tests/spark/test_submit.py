"""pgfeed-submit: what nodes lack is brought to them, and no password is seen on the way."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import processes
import psycopg
import pytest
from cluster import SECONDS, Cluster, Submitted
from database import Database
from moto.server import ThreadedMotoServer
from pgfeed.submit import main
from psycopg import sql
from submitting import DOCUMENTS, NO_PGFEED, bare_python, job_words, pack_wheel, said_by_pgfeed, write_orders
from waiting import wait_until


def password_of(role: str) -> str:
    return f"not-to-be-seen-{role}"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_python(tmp_path_factory.mktemp("bare") / "environment")


@pytest.fixture
def loader(database: Database) -> Iterator[str]:
    """A role of the server that is asked for its password."""
    name = f"loader_{database.name}"
    database.query(f"CREATE ROLE {name} LOGIN PASSWORD '{password_of(name)}'")
    database.query(f"GRANT CREATE ON DATABASE {database.name} TO {name}")
    database.query(f"GRANT CREATE ON SCHEMA public TO {name}")
    yield name
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def start(cluster: Cluster, options: list[object], job: list[object], **environment: str) -> Submitted:
    own = [sys.executable, "-m", "pgfeed.submit", "--properties-file", cluster.properties]
    return cluster.start(*own, *options, "--", *job, env={"PYSPARK_DRIVER_PYTHON": "jupyter"} | environment)


def for_executors(database: Database) -> list[str]:
    """Options that tell executors where the database is."""
    variables = [f"spark.executorEnv.{name}={value}" for name, value in database.environment.items()]
    return [word for variable in variables for word in ("--conf", variable)]


def printed(capsys: pytest.CaptureFixture[str], *words: object) -> list[str]:
    """Words of the command that --print shows."""
    assert main(["--print", *map(str, words)]) == 0
    return shlex.split(capsys.readouterr().out)


def test_options_of_spark_submit_are_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    words = printed(capsys, "--master", "yarn", "--conf", "a=b", "--files", "x", "--num-executors", 4, "--", "-m", "m", "a")
    assert words[:3] == ["env", "-u", "PYSPARK_DRIVER_PYTHON"]
    assert f"PYSPARK_PYTHON={sys.executable}" in words
    at = next(number for number, word in enumerate(words) if word.endswith("spark-submit"))
    script = next(number for number, word in enumerate(words) if word.endswith("pgfeed_job.py"))
    sent = words[at + 1 : script]
    assert sent == ["--master", "yarn", "--conf", "a=b", "--num-executors", "4", "--files", "x"]
    assert words[script + 1 :] == ["-m", "m", "a"]


def test_what_a_driver_on_the_cluster_needs_goes_along(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mapping, orders = write_orders(tmp_path)
    environment, passfile = tmp_path / "env.tar.gz", tmp_path / "pass"
    environment.touch()
    passfile.touch()
    options = ["--deploy-mode", "cluster", "--environment", environment, "--pass-file", passfile]
    words = printed(capsys, *options, "--", "--mapping", mapping, orders)
    assert words[words.index("--files") + 1] == f"{passfile},{mapping}"
    assert words[words.index("--archives") + 1] == f"{environment}#environment"
    assert words[words.index("--mapping") + 1] == mapping.name
    assert "PYSPARK_PYTHON=./environment/bin/python" in words
    assert "spark.executorEnv.PGPASSFILE=pass" in words
    assert "spark.yarn.appMasterEnv.PGPASSFILE=pass" in words
    assert f"PGPASSFILE={passfile}" in words
    assert words[words.index("-u") + 1] == "PYSPARK_DRIVER_PYTHON"


def test_a_driver_that_stays_here_has_its_own_python(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    environment = tmp_path / "env.tar.gz"
    environment.touch()
    words = printed(capsys, "--environment", environment, "--", "-m", "m", "a")
    assert f"PYSPARK_DRIVER_PYTHON={sys.executable}" in words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--master yarn -m m a", "behind -- the options of pgfeed-job are wanted"),
        ("--wheel none.whl -- -m m a", "--wheel: there is no file none.whl"),
        ("--conf spark.executorEnv.PGPASSWORD=hidden -- -m m a", "spark.executorEnv.PGPASSWORD shows the password"),
        ("--conf=spark.yarn.appMasterEnv.PGPASSWORD=hidden -- -m m a", "PGPASSWORD shows the password"),
        ("--pass-file", "argument --pass-file: expected one argument"),
    ],
)
def test_what_makes_no_sense_is_refused(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith("pgfeed: ")
    assert sentence in said
    assert "hidden" not in said
    assert said.count("\n") == 1


def test_a_wheel_is_brought_to_executors_that_lack_it(
    cluster: Cluster, database: Database, tmp_path: Path, bare: Path
) -> None:
    # The driver has the package, by its own Python; the executors have this one.
    options: list[object] = ["--conf", f"spark.pyspark.python={bare}", *for_executors(database)]
    options += ["--conf", f"spark.pyspark.driver.python={sys.executable}"]
    job = job_words(tmp_path, "--json")
    without = start(cluster, options, job, **database.environment).wait()
    assert without.returncode == 2, without.stdout + without.stderr
    assert NO_PGFEED.partition("\\")[0] in without.stdout
    done = start(cluster, [*options, "--wheel", pack_wheel(tmp_path)], job, **database.environment).wait()
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["documents"]["loaded"] == DOCUMENTS
    assert database.value("SELECT count(*) FROM orders") == DOCUMENTS


def test_a_packed_environment_is_brought_along(cluster: Cluster, database: Database, tmp_path: Path, bare: Path) -> None:
    environment = tmp_path / "env.tar.gz"
    wheel = pack_wheel(tmp_path)
    packages = bare.parent.parent / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    copy = tmp_path / "environment"
    subprocess.run(["cp", "-a", bare.parent.parent, copy], check=True)
    subprocess.run(
        [sys.executable, "-m", "zipfile", "-e", wheel, copy / packages.relative_to(bare.parent.parent)], check=True
    )
    subprocess.run(["tar", "-C", copy, "-czf", environment, "."], check=True)
    options: list[object] = ["--environment", environment, *for_executors(database)]
    done = start(cluster, options, job_words(tmp_path, "--json"), **database.environment).wait()
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["documents"]["loaded"] == DOCUMENTS


def test_service_and_passfile_get_there_and_the_password_is_nowhere_else(
    cluster: Cluster, database: Database, tmp_path: Path, loader: str
) -> None:
    port = os.environ["PGPORT"]
    service, passfile = tmp_path / "shop.conf", tmp_path / "shop.pass"
    service.write_text(f"[shop]\nhost=127.0.0.1\nport={port}\ndbname={database.name}\nuser={loader}\n", encoding="utf-8")
    passfile.write_text(f"127.0.0.1:{port}:{database.name}:{loader}:{password_of(loader)}\n", encoding="utf-8")
    passfile.chmod(0o600)
    logs = set(cluster.event_log.iterdir())
    options: list[object] = ["--service-file", service, "--pass-file", passfile]
    running = start(cluster, options, job_words(tmp_path, "--to", "service=shop", "--json"))
    seen = watch(cluster, running)
    done = running.wait()
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["documents"]["loaded"] == DOCUMENTS
    assert password_of(loader) not in done.stdout + done.stderr
    assert any("CoarseGrainedExecutorBackend" in word for word in seen)
    assert [word for word in seen if password_of(loader) in word] == []
    (log,) = set(cluster.event_log.iterdir()) - logs
    assert "shop.pass" in log.read_text(encoding="utf-8")
    assert password_of(loader) not in log.read_text(encoding="utf-8")
    assert '"App Name":"pgfeed orders"' in log.read_text(encoding="utf-8")
    holding = [path for path in cluster.folder.rglob("*") if path.is_file() and holds(path, password_of(loader))]
    # Spark's copies of the passfile alone; libpq takes those that others cannot read.
    assert [path for path in holding if "shop.pass" not in path.name and not _is_copy(path, passfile)] == []


def test_each_process_fetches_a_secret_of_aws_by_itself(
    cluster: Cluster, database: Database, tmp_path: Path, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(os.environ["PGPORT"])
    secret = {
        "username": loader,
        "password": password_of(loader),
        "host": "127.0.0.1",
        "port": port,
        "dbname": database.name,
    }
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        _, moto = server.get_host_and_port()
        aws = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{moto}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        boto3.client("secretsmanager", "eu-west-1").create_secret(Name="shop", SecretString=json.dumps(secret))
        options = [word for name, value in aws.items() for word in ("--conf", f"spark.executorEnv.{name}={value}")]
        job = job_words(tmp_path, "--to", "aws-secret:shop?region=eu-west-1", "--json")
        running = start(cluster, list(options), job, **aws)
        seen = watch(cluster, running)
        done = running.wait()
    finally:
        server.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["documents"]["loaded"] == DOCUMENTS
    assert [word for word in seen if password_of(loader) in word] == []
    assert [path for path in cluster.folder.rglob("*") if path.is_file() and holds(path, password_of(loader))] == []


def holds(path: Path, text: str) -> bool:
    """False for one that has gone meanwhile."""
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False


def _is_copy(path: Path, original: Path) -> bool:
    return path.read_bytes() == original.read_bytes()


def watch(cluster: Cluster, running: Submitted) -> set[str]:
    """Command lines and environments of all processes while it runs."""
    seen: set[str] = set()

    def has_ended() -> bool:
        for pid in cluster.pids():
            seen.update(processes.command(pid))
            with suppress(OSError):
                seen.add((processes.PROC / str(pid) / "environ").read_text(encoding="utf-8", errors="replace"))
        return not running.is_running()

    wait_until(has_ended, SECONDS, lambda: running.stderr)
    return seen


def test_a_file_that_did_not_come_along_is_told(cluster: Cluster, database: Database, tmp_path: Path) -> None:
    options: list[object] = ["--conf", "spark.executorEnv.PGPASSFILE=none.pass"]
    done = start(cluster, options, job_words(tmp_path), **database.environment).wait()
    assert done.returncode == 2, done.stdout + done.stderr
    (sentence,) = said_by_pgfeed(done.stdout)
    assert "PGPASSFILE names none.pass, which did not come with the job" in sentence
