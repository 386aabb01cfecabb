"""Where a job's report is written: a file, or an object of S3."""

from __future__ import annotations

import io
from pathlib import Path

from pgfeed.errors import SourceError, UsageError
from pgfeed.s3_object import is_s3, put_s3, require_s3


def require_writable(where: str) -> None:
    """Say before a load what would keep its report from being written. Raises `UsageError`."""
    if is_s3(where):
        require_s3(where)
    elif not Path(where).absolute().parent.is_dir():
        raise UsageError(f"cannot write the report {where}: there is no such folder")
    elif Path(where).is_dir():
        raise UsageError(f"cannot write the report {where}: it is a folder")


def write_report(where: str, text: str) -> None:
    """Write all of it, over what is there. Raises `SourceError` where that fails; what was loaded stays."""
    try:
        if is_s3(where):
            put_s3(where, io.BytesIO(text.encode()))
        else:
            Path(where).write_text(text, encoding="utf-8")
    except Exception as error:  # each package has classes of its own
        raise SourceError(
            f"cannot write the report {where}: {reason_of(error)}; what the load has committed stays"
        ) from None


def reason_of(error: Exception) -> str:
    """What a person needs of it: the first line."""
    return getattr(error, "strerror", None) or str(error).partition("\n")[0]
