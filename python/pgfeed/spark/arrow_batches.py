"""What runs inside Spark's tasks where batches of Arrow come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow
import pyarrow.compute

from pgfeed import _engine
from pgfeed.connecting import conninfo_of
from pgfeed.errors import Error
from pgfeed.handing_over import hand_over_numbered
from pgfeed.spark.executor import attempt_name, require_ended
from pgfeed.spark.shipped import use_shipped_files


def load_batches(
    task: str, to: str | None, batches: Iterator[pyarrow.RecordBatch], names: list[str], as_text: bool
) -> Iterator[pyarrow.RecordBatch]:
    """Hand the rows of partitions over; yield what it came to.

    The last column says which partition they are of. `names` are those of the others in documents.
    """
    use_shipped_files()
    handed = _engine.PartitionTask(task, conninfo_of(to), attempt_name())
    try:
        hand_over_batches(handed, batches, names, as_text)
    except Error:
        require_ended(handed)
    yield pyarrow.RecordBatch.from_pydict({"outcome": [handed.outcome()]})


def hand_over_batches(
    sink: _engine.DocumentSink, batches: Iterable[pyarrow.RecordBatch], names: list[str], as_text: bool
) -> None:
    """Hand over the rows of batches whose last column is the partition, as many as are wanted."""

    def add(part: pyarrow.RecordBatch) -> None:
        documents = part.select(range(part.num_columns - 1))  # which keeps the count of rows without columns
        if names:
            documents = pyarrow.RecordBatch.from_arrays(documents.columns, names=names)
        schema, array = documents.__arrow_c_array__()
        sink.add_batch(schema, array, as_text)

    hand_over_numbered(sink, (part for batch in batches for part in _parts_of(batch)), add)


def _parts_of(batch: pyarrow.RecordBatch) -> Iterator[tuple[int, pyarrow.RecordBatch]]:
    """Cut a batch where another partition begins; say which it is."""
    if batch.num_rows == 0:
        return
    begin = 0
    numbers = batch.column(batch.num_columns - 1)
    for run in pyarrow.compute.run_end_encode(numbers).run_ends.to_pylist():
        yield numbers[begin].as_py(), batch.slice(begin, run - begin)
        begin = run
