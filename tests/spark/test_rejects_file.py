"""Rejects of all tasks, as the driver writes them into a file or an object of S3, and reports that go there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pgfeed.spark
import pytest
from feeds import ORDERS, Feed, orders
from moto.server import ThreadedMotoServer
from pgfeed import RejectsError, SourceError, UsageError, s3_object
from submitting import job_words
from test_job import run_job

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COUNT = 600
BAD = range(200, 212)
SPLIT = "4KiB"
BUCKET = "reports"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a server of this test's own, with a bucket. The environment names it to everybody."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=BUCKET)
    yield client
    server.stop()


@pytest.fixture
def documents(feed: Feed) -> Path:
    feed.set_mapping(ORDERS)
    return feed.file("orders.ndjson", orders(range(COUNT), bad=BAD))


def load(feed: Feed, data: Any, **arguments: Any) -> pgfeed.Report:  # noqa: ANN401  # passed on
    given: dict[str, Any] = {"split_size": SPLIT, "connections": 2, "max_rejects": len(BAD)} | arguments
    return pgfeed.spark.load(data, mapping=feed.mapping, to=feed.database.conninfo, **given)


def lines(text: str) -> list[dict[str, Any]]:
    """Rejects, without what the database has numbered."""
    rejects = [json.loads(line) for line in text.splitlines()]
    return [{name: value for name, value in reject.items() if name not in ("reject", "load")} for reject in rejects]


def stored(s3: Any, key: str) -> str:  # noqa: ANN401
    text: str = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    return text


@pytest.mark.parametrize("publish", ["split", "atomic"])
def test_of_files_they_are_those_of_the_command_line(
    spark: SparkSession, feed: Feed, undisturbed: Feed, documents: Path, publish: str
) -> None:
    found, expected = feed.folder / "_spark.ndjson", feed.folder / "_command.ndjson"
    load(feed, spark, sources=documents, rejects=found, publish=publish)
    undisturbed.load_by_command("--max-rejects", len(BAD), "--rejects", expected, documents)
    assert len(lines(expected.read_text())) == len(BAD)
    assert lines(found.read_text()) == lines(expected.read_text())


PARTITIONS: dict[str, Callable[[SparkSession, Path], Any]] = {
    "texts": lambda spark, path: spark.read.text(str(path)),
    "RDD": lambda spark, path: spark.sparkContext.textFile(str(path), 3),
}


@pytest.mark.parametrize("what", PARTITIONS)
def test_of_partitions_they_have_their_number_their_line_and_the_document(
    spark: SparkSession, feed: Feed, documents: Path, what: str
) -> None:
    data = PARTITIONS[what](spark, documents)
    rdd = data if what == "RDD" else data.rdd.map(lambda row: row.value)
    texts = rdd.glom().collect()
    wanted = documents.read_text().splitlines()[BAD.start : BAD.stop]
    file = feed.folder / "rejects.ndjson"
    load(feed, data, rejects=file, name="monday")
    rejects = lines(file.read_text())
    assert sorted(reject["document"] for reject in rejects) == sorted(wanted)
    for reject in rejects:
        name, _, number = reject["source"].rpartition("/")
        assert name == "partition:monday"
        assert texts[int(number)][reject["line"] - 1] == reject["document"]


def test_of_rows_they_have_the_row_as_json(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(ORDERS)
    file = feed.folder / "rejects.ndjson"
    frame = (
        spark.range(6).selectExpr("id", "if(id = 4, 'yesterday', '2024-05-01') AS placed_at", "7 AS customer").coalesce(1)
    )
    load(feed, frame, rejects=file)
    (reject,) = lines(file.read_text())
    assert (reject["line"], reject["source"].endswith("/0")) == (5, True)
    assert json.loads(reject["document"]) == {"id": 4, "placed_at": "yesterday", "customer": 7}


def test_a_named_load_that_goes_on_writes_those_of_earlier_loads_too(
    spark: SparkSession, feed: Feed, documents: Path
) -> None:
    file = feed.folder / "rejects.ndjson"
    frame = spark.read.text(str(documents))
    load(feed, frame, name="monday")
    report = load(feed, frame, name="monday", rejects=file)
    assert (report.read, report.files, report.files_in) == (0, 1, 1)
    assert len(lines(file.read_text())) == len(BAD)


def test_rejects_of_partitions_are_tried_again_like_others(spark: SparkSession, feed: Feed, documents: Path) -> None:
    file = feed.folder / "rejects.ndjson"
    load(feed, spark.read.text(str(documents)), rejects=file)
    mended = [line.replace("yesterday", "2024-05-02T00:00:00Z") for line in file.read_text().splitlines()]
    for at, line in enumerate(mended):
        reject = json.loads(line)
        mended[at] = json.dumps(reject | {"document": reject["document"].rstrip("}") + "}"})
    file.write_text("\n".join(mended))
    done = feed.run("load", "--from-rejects", file)
    assert done.returncode == 0, done.stderr
    assert feed.ids("orders") == list(range(COUNT))


@pytest.mark.parametrize("package", ["boto3", "pyarrow"])
def test_an_object_of_s3(
    spark: SparkSession,
    feed: Feed,
    documents: Path,
    s3: Any,  # noqa: ANN401
    package: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_object, "_WAYS", (package,))
    file = feed.folder / "_rejects.ndjson"
    load(feed, spark.read.text(str(documents)), rejects=f"s3://{BUCKET}/night/{package}.ndjson", name="monday")
    load(feed, spark.read.text(str(documents)), rejects=file, name="monday")
    assert stored(s3, f"night/{package}.ndjson") == file.read_text()
    kept = feed.database.query("SELECT options ->> 'rejects_file' FROM pgfeed.loads ORDER BY load")
    assert kept == [(f"s3://{BUCKET}/night/{package}.ndjson",), (str(file),)]


def test_a_load_that_fails_writes_its_rejects_too(
    spark: SparkSession,
    feed: Feed,
    documents: Path,
    s3: Any,  # noqa: ANN401
) -> None:
    with pytest.raises(RejectsError):
        load(feed, spark, sources=documents, rejects=f"s3://{BUCKET}/failed.ndjson", max_rejects=2)
    assert {reject["state"] for reject in lines(stored(s3, "failed.ndjson"))} >= {"stopped"}


@pytest.mark.usefixtures("s3")
def test_an_object_that_cannot_be_written_is_told_and_loses_nothing(
    spark: SparkSession, feed: Feed, documents: Path
) -> None:
    where = "s3://nowhere/rejects.ndjson"
    with pytest.raises(RejectsError) as stopped:
        load(feed, spark, sources=documents, rejects=where, max_rejects=2)
    assert stopped.value.report is not None
    (warning,) = stopped.value.report.warnings
    assert warning.startswith(f"cannot write the rejects to {where}: ")
    assert f"warning    {warning}" in str(stopped.value.report)
    with pytest.raises(SourceError, match=r"cannot write the rejects to s3://nowhere/rejects.ndjson: .*NoSuchBucket"):
        load(feed, spark, sources=documents, rejects=where)
    assert len(feed.ids("orders")) == COUNT - len(BAD)
    assert feed.load_state() == "done"


@pytest.mark.parametrize("where", ["s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3://bucket/key/"])
def test_what_names_no_object_is_refused_first(spark: SparkSession, feed: Feed, documents: Path, where: str) -> None:
    with pytest.raises(UsageError, match="s3://BUCKET/KEY"):
        load(feed, spark, sources=documents, rejects=where)
    assert feed.database.value("SELECT to_regnamespace('pgfeed') IS NULL")


def test_a_source_is_not_written_over(spark: SparkSession, feed: Feed, documents: Path) -> None:
    before = documents.read_bytes()
    for rejects in (documents, feed.mapping, feed.folder / "rejects.ndjson"):
        with pytest.raises(UsageError, match="the rejects cannot be written to"):
            load(feed, spark, sources=feed.folder, rejects=rejects)
        with pytest.raises(UsageError, match="the rejects cannot be written to"):
            pgfeed.load(feed.folder, mapping=feed.mapping, to=feed.database.conninfo, rejects=rejects)
    assert documents.read_bytes() == before


def test_a_job_sends_report_and_rejects(feed: Feed, s3: Any) -> None:  # noqa: ANN401
    """By a process of its own, which finds the server by its environment."""
    where = f"s3://{BUCKET}/job"
    words = job_words(feed.folder, "--report", f"{where}/report.json", "--rejects", f"{where}/rejects.ndjson", broken=5)
    code, _, stderr = run_job(feed.folder, feed.database, "--max-rejects", 5, *words)
    assert code == 0, stderr
    assert json.loads(stored(s3, "job/report.json"))["documents"]["rejected"] == 5
    assert [reject["document"] for reject in lines(stored(s3, "job/rejects.ndjson"))] == ['{"id": "none"}'] * 5
    code, _, stderr = run_job(feed.folder, feed.database, "--report", "s3://nowhere/report.json", *words[:2], words[-1])
    assert code == 4, stderr
    assert "pgfeed: cannot write the report s3://nowhere/report.json: " in stderr
