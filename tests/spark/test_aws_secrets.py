"""Passwords that AWS keeps: fetched where a connection is made, and in no message."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import psycopg
import pytest
from database import Database
from moto import mock_aws
from pgfeed import DatabaseError, Error, UsageError, token_file
from pgfeed.connecting import conninfo_of
from pgfeed.spark.tasks import TaskRunner
from pgfeed.token_file import token_passfile
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pyspark.serializers import CloudPickleSerializer
from waiting import wait_until

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PASSWORD = "it's a \\ secret"
RDS = {
    "username": "loader",
    "password": PASSWORD,
    "host": "db.example.com",
    "port": 5433,
    "dbname": "shop",
    "engine": "postgres",
}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


@pytest.fixture
def secrets() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-west-1")


def test_a_secret_of_rds_becomes_a_conninfo(secrets: Any) -> None:  # noqa: ANN401
    arn = secrets.create_secret(Name="shop/loader", SecretString=json.dumps(RDS))["ARN"]
    wanted = {"user": "loader", "password": PASSWORD, "host": "db.example.com", "port": "5433", "dbname": "shop"}
    assert conninfo_to_dict(conninfo_of("aws-secret:shop/loader?region=eu-west-1")) == wanted
    assert conninfo_to_dict(conninfo_of(f"aws-secret:{arn}")) == wanted


def test_options_stand_above_those_of_a_secret(secrets: Any) -> None:  # noqa: ANN401
    secrets.create_secret(Name="managed", SecretString=json.dumps({"username": "loader", "password": PASSWORD}))
    conninfo = conninfo_of("aws-secret:managed?region=eu-west-1&host=db&dbname=shop&sslmode=verify-full")
    wanted = {"user": "loader", "password": PASSWORD, "host": "db", "dbname": "shop", "sslmode": "verify-full"}
    assert conninfo_to_dict(conninfo) == wanted


def test_a_secret_is_fetched_each_time(secrets: Any) -> None:  # noqa: ANN401
    secrets.create_secret(Name="shop", SecretString=json.dumps(RDS))
    conninfo_of("aws-secret:shop?region=eu-west-1")
    secrets.put_secret_value(SecretId="shop", SecretString=json.dumps(RDS | {"password": "rotated"}))
    assert conninfo_to_dict(conninfo_of("aws-secret:shop?region=eu-west-1"))["password"] == "rotated"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hidden", "is not JSON with username and password"),
        ('{"username": "a"}', "is not JSON with username and password"),
        (json.dumps(RDS | {"engine": "mysql", "password": "hidden"}), "is for another database"),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_without_it(secrets: Any, text: str, sentence: str) -> None:  # noqa: ANN401
    secrets.create_secret(Name="shop", SecretString=text)
    with pytest.raises(DatabaseError, match=sentence) as caught:
        conninfo_of("aws-secret:shop?region=eu-west-1")
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("aws-secret:none?region=eu-west-1", "cannot read the secret none: .*ResourceNotFoundException"),
        ("aws-secret:none", "cannot use AWS: .*region"),
        ("aws-secret:", "wants the name of a secret"),
        ("aws-secret:shop?password=x", "holds a password"),
        ("rds-iam:loader@db", "wants USER@HOST:PORT/DBNAME"),
        ("rds-iam:loader@db/shop?sslmode=disable", "never sends its token unencrypted"),
    ],
)
def test_what_cannot_be_fetched_is_told(to: str, sentence: str) -> None:
    with pytest.raises(Error, match=sentence):
        conninfo_of(to)


def test_a_token_of_rds() -> None:
    host = "shop.abc.eu-central-1.rds.amazonaws.com"
    said = conninfo_to_dict(conninfo_of(f"rds-iam:loader@{host}:5433/shop"))
    line = Path(str(said.pop("passfile"))).read_text(encoding="utf-8")
    token = urlsplit("//" + line.rstrip("\n").removeprefix("*:*:*:*:").replace("\\:", ":"))
    assert said == {"user": "loader", "host": host, "port": "5433", "dbname": "shop", "sslmode": "require"}
    assert token.netloc == f"{host}:5433"
    assert parse_qs(token.query)["DBUser"] == ["loader"]
    assert "/eu-central-1/rds-db/" in parse_qs(token.query)["X-Amz-Credential"][0]


def test_libpq_takes_the_newest_token(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    where = {"host": "127.0.0.1", "port": os.environ["PGPORT"], "dbname": database.name, "sslmode": "disable"}
    role = f"loader_{database.name}"
    tokens = [PASSWORD]
    monkeypatch.setattr(token_file, "SECONDS_BETWEEN", 0.1)
    database.query(f"CREATE ROLE {role} LOGIN")
    try:
        conninfo = psycopg.conninfo.make_conninfo("", **where, user=role, passfile=token_passfile(role, lambda: tokens[-1]))
        for password in (PASSWORD, "another:one", "a third"):
            with psycopg.connect(database.conninfo) as server:
                server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
            tokens.append(password)
            wait_until(lambda: connects(conninfo))
    finally:
        database.query(f"DROP ROLE {role}")


def connects(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_token_does_not_stand_behind_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "other")
    with pytest.raises(UsageError, match="PGPASSWORD is set"):
        conninfo_of("rds-iam:loader@db/shop?region=eu-west-1")


def test_without_boto3_one_is_told_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(UsageError, match=r"aws-secret: needs boto3, which \S+ lacks: pip install 'pgfeed\[aws\]'"):
        conninfo_of("aws-secret:shop")


def test_no_secret_is_in_what_is_sent_to_executors(
    secrets: Any,  # noqa: ANN401
    spark: SparkSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "never-sent")
    secrets.create_secret(Name="shop", SecretString=json.dumps(RDS | {"password": "never-sent"}))
    to = "aws-secret:shop?region=eu-west-1"
    conninfo_of(to)
    sent = b""
    dumps = CloudPickleSerializer.dumps

    def record(serializer: CloudPickleSerializer, what: object) -> bytes:
        nonlocal sent
        pickled: bytes = dumps(serializer, what)
        sent += pickled
        return pickled

    monkeypatch.setattr(CloudPickleSerializer, "dumps", record)
    task = json.dumps({"load": 1, "feed": "shop", "sources": []})
    with suppress(Exception):  # no engine has written that task
        TaskRunner(spark.sparkContext, to).run([task])
    assert to.encode() in sent
    assert b"never-sent" not in sent
    assert b"testing" not in sent
