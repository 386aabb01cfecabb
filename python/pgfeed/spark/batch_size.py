"""How many rows of a DataFrame Spark hands over at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"
_BYTES = "spark.sql.execution.arrow.maxBytesPerBatch"
_NO_LIMIT = str(2**31 - 1)


@contextmanager
def small_batches(session: SparkSession, *, as_text: bool) -> Iterator[None]:
    """Batches of 1,000 rows for the jobs that begin meanwhile, where the program has set neither rows nor bytes.

    A worker holds a batch or two, of 10,000 rows otherwise: of documents that is much. And for a limit of bytes Spark 4.1
    and later measure the whole batch before each row, which takes longer than all else that is done with a narrow one.
    """
    if session.conf.get(_ROWS, None) is not None or session.conf.get(_BYTES, None) is not None:
        yield
        return
    wanted = {_ROWS: "1000"} if as_text else {_ROWS: "1000", _BYTES: _NO_LIMIT}
    for name, value in wanted.items():
        session.conf.set(name, value)
    try:
        yield
    finally:
        for name in wanted:
            session.conf.unset(name)
