"""How many rows Spark hands over at a time: what the program has set stays, and what pgfeed sets goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow
import pytest
from pgfeed.spark.batch_size import small_batches

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"
BYTES = "spark.sql.execution.arrow.maxBytesPerBatch"


def largest_batch(spark: SparkSession) -> int:
    def sizes(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            yield pyarrow.RecordBatch.from_pydict({"size": [batch.num_rows]})

    frame = spark.range(0, 25_000, numPartitions=1).mapInArrow(sizes, "size long")
    return int(max(row.size for row in frame.collect()))


@pytest.mark.parametrize("as_text", [False, True])
def test_batches_are_small_meanwhile(spark: SparkSession, as_text: bool) -> None:
    with small_batches(spark, as_text=as_text):
        assert largest_batch(spark) == 1000
    assert largest_batch(spark) == 10_000


@pytest.mark.parametrize(("name", "value", "largest"), [(ROWS, "700", 700), (BYTES, "4000000", 10_000)])
def test_what_the_program_has_set_stays(spark: SparkSession, name: str, value: str, largest: int) -> None:
    spark.conf.set(name, value)
    try:
        with small_batches(spark, as_text=False):
            assert largest_batch(spark) == largest
        assert spark.conf.get(name) == value
    finally:
        spark.conf.unset(name)
