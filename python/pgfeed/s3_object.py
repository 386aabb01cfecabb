"""Objects of S3 that a driver writes, by whichever package for it is there."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import BinaryIO
from urllib.parse import urlsplit

from pgfeed.errors import UsageError

_WAYS = ("boto3", "pyarrow")
_SCHEME = "s3://"


def is_s3(where: str) -> bool:
    """Whether that names an object of S3, and no file."""
    return where.startswith(_SCHEME)


def require_s3(where: str) -> None:
    """Say what would keep the object from being written. Raises `UsageError`."""
    _way(where)
    _bucket_and_key(where)


def put_s3(where: str, content: BinaryIO) -> None:
    """Write an object, over what is there. Raises what the package raises."""
    bucket, key = _bucket_and_key(where)
    if _way(where) == "boto3":
        import boto3

        boto3.client("s3").upload_fileobj(content, bucket, key, ExtraArgs={"ContentType": "application/json"})
    else:
        from pyarrow.fs import S3FileSystem

        with S3FileSystem(**_endpoint()).open_output_stream(f"{bucket}/{key}") as stream:
            shutil.copyfileobj(content, stream)


def _endpoint() -> dict[str, str]:
    """Where the environment names another server than Amazon's: boto3 looks by itself, and pyarrow does not."""
    url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        return {}
    where = urlsplit(url)
    return {"scheme": where.scheme, "endpoint_override": where.netloc}


def _way(where: str) -> str:
    for package in _WAYS:
        if find_spec(package):
            return package
    raise UsageError(f"writing {where} needs one of the packages {' and '.join(_WAYS)} where the driver runs")


def _bucket_and_key(where: str) -> tuple[str, str]:
    bucket, _, key = where[len(_SCHEME) :].partition("/")
    if not bucket or not key or key.endswith("/"):
        raise UsageError(f"an object of S3 is s3://BUCKET/KEY, and not {where}")
    return bucket, key
