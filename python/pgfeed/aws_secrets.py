"""Databases whose passwords AWS keeps: ``aws-secret:NAME`` and ``rds-iam:USER@HOST:PORT/DBNAME``.

What is fetched here goes to libpq and nowhere else. No message quotes it, and errors of boto3 are not kept as causes.
"""

from __future__ import annotations

import json
import re
import socket
from typing import Any, Callable, TypeVar
from urllib.parse import parse_qsl, unquote

from pgfeed import _engine
from pgfeed.errors import DatabaseError, UsageError
from pgfeed.token_file import token_passfile

T = TypeVar("T")

SECRET = "aws-secret:"
RDS_IAM = "rds-iam:"

# Keys of the JSON that RDS keeps in Secrets Manager, and libpq's names for them.
_KEYS = {"username": "user", "password": "password", "host": "host", "port": "port", "dbname": "dbname"}
_CHECKED_TLS = ("require", "verify-ca", "verify-full")


def is_kept_by_aws(to: str) -> bool:
    """Whether `to` is of one of the forms that are resolved here."""
    return to.startswith((SECRET, RDS_IAM))


def conninfo_from_aws(to: str) -> str:
    """libpq's connection string with a password, which is fetched now, or with a passfile of this process for a token.

    Raises `UsageError` where `to` is not of its form or boto3 is missing, `DatabaseError` where AWS refuses.
    """
    if to.startswith(SECRET):
        return _of_secret(to)
    return _of_rds_iam(to)


def _of_secret(to: str) -> str:
    name, options = _split(to, SECRET)
    if not name:
        raise UsageError("aws-secret: wants the name of a secret, as in aws-secret:shop/loader?region=eu-west-1")
    region = options.pop("region", None) or _region_of_arn(name)
    client = _client("secretsmanager", region, to)
    answer = _ask(f"cannot read the secret {name}", lambda: client.get_secret_value(SecretId=name))
    return _conninfo({**_options_of_json(name, answer.get("SecretString")), **options})


def _of_rds_iam(to: str) -> str:
    where, options = _split(to, RDS_IAM)
    form = re.fullmatch(r"(?P<user>[^@/]+)@(?P<host>[^@/:]+)(?::(?P<port>[0-9]+))?/(?P<dbname>[^/]+)", where)
    if not form:
        raise UsageError(f"rds-iam: wants USER@HOST:PORT/DBNAME, and not {where!r}")
    said = {"port": "5432", **{name: unquote(value) for name, value in form.groupdict().items() if value}}
    region = options.pop("region", None) or _region_of_host(said["host"])
    options.setdefault("sslmode", "require")
    if options["sslmode"] not in _CHECKED_TLS:
        raise UsageError(f"rds-iam: never sends its token unencrypted; sslmode is one of {', '.join(_CHECKED_TLS)}")
    client = _client("rds", region, to)

    def fetch() -> str:
        ask = client.generate_db_auth_token
        what = f"cannot make a token for {said['user']} on {said['host']}"
        return str(_ask(what, lambda: ask(DBHostname=said["host"], Port=int(said["port"]), DBUsername=said["user"])))

    return _conninfo({**said, "passfile": token_passfile(to, fetch), **options})


def _split(to: str, scheme: str) -> tuple[str, dict[str, str]]:
    """What stands behind the scheme, and the options behind ``?``, among which is no password."""
    name, _, query = to[len(scheme) :].partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    _engine.require_no_secret(_conninfo({key: value for key, value in options.items() if key != "region"}))
    return name, options


def _conninfo(options: dict[str, str]) -> str:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    return " ".join(f"{key}={quoted(value)}" for key, value in options.items())


def _options_of_json(name: str, text: str | None) -> dict[str, str]:
    """libpq's options of the JSON that RDS keeps. Says what is wrong with it, and never what is in it."""
    try:
        said = json.loads(text or "")
    except ValueError:
        said = None
    if not isinstance(said, dict) or not said.get("username") or not said.get("password"):
        raise DatabaseError(f"the secret {name} is not JSON with username and password, as RDS keeps them")
    if not str(said.get("engine", "postgres")).endswith(("postgres", "postgresql")):
        raise DatabaseError(f"the secret {name} is for another database than PostgreSQL")
    return {option: str(said[key]) for key, option in _KEYS.items() if said.get(key) not in (None, "")}


def _region_of_arn(name: str) -> str | None:
    parts = name.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 3 else None


def _region_of_host(host: str) -> str | None:
    found = re.search(r"\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.rds\.", host)
    return found[1] if found else None


def _client(service: str, region: str | None, to: str) -> Any:  # noqa: ANN401  # boto3 makes its classes as it runs
    try:
        import boto3
    except ImportError:
        scheme = to.partition(":")[0]
        raise UsageError(f"{scheme}: needs boto3, which {socket.gethostname()} lacks: pip install 'pgfeed[aws]'") from None
    return _ask("cannot use AWS", lambda: boto3.client(service, region_name=region))


def _ask(what: str, call: Callable[[], T]) -> T:
    """Call boto3. What it raises becomes a `DatabaseError` of one line."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        said = str(error).splitlines()[0]
    raise DatabaseError(f"{what}: {said}")
