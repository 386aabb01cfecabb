"""Where a load's rejects go beside their table: a file, which the engine writes, or an object of S3."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgfeed import _engine
from pgfeed.errors import Error, SourceError
from pgfeed.report import with_warning
from pgfeed.report_file import reason_of
from pgfeed.s3_object import is_s3, put_s3, require_s3


@contextmanager
def rejects_sent(options: _engine.LoadOptions) -> Iterator[None]:
    """Around a load: what it has written for S3 goes there at its end, also when it failed after it had begun.

    Raises `UsageError` before it, and `SourceError` where the object cannot be written: what was loaded stays.
    """
    where = options.rejects_file
    if not is_s3(where):
        yield
        return
    require_s3(where)
    with tempfile.TemporaryDirectory(prefix="pgfeed-") as folder:
        file = Path(folder) / "rejects.ndjson"
        options.rejects_name, options.rejects_file = where, str(file)
        try:
            yield
        except Error as error:
            if error.report is not None:
                error.report = with_warning(error.report, _send(file, where))
            raise
        if said := _send(file, where):
            raise SourceError(f"{said}; they are in the ledger, and what the load has committed stays")


def _send(file: Path, where: str) -> str:
    """What kept the object from being written; empty: nothing."""
    try:
        with file.open("rb") as content:
            put_s3(where, content)
    except Exception as error:  # each package has classes of its own
        return f"cannot write the rejects to {where}: {reason_of(error)}"
    return ""
