"""Work that one task of Spark does: all documents come to it, in the order of their partitions, and none to the driver."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Callable, Union

from pgfeed.handing_over import HandOver
from pgfeed.spark.nodes import require_ready, run_on_nodes
from pgfeed.spark.watched_job import WatchedJob

if TYPE_CHECKING:
    import pyarrow
    from pyspark import RDD, SparkContext
    from pyspark.sql import DataFrame

    Data = Union[DataFrame, RDD[Any]]

Work = Callable[[HandOver], Any]


def run_in_one_task(data: Data, work: Work, description: str, *, as_text: bool = False) -> Any:  # noqa: ANN401
    """What `work` returns there, given a function that hands documents over: as many as are wanted, no more are computed.

    `as_text`: the rows of a DataFrame are JSON texts. Both the work and its result are pickled.
    """
    from pyspark.sql import DataFrame

    context = context_of(data)
    require_ready(context, 1)
    job = _of_frame(data, work, as_text) if isinstance(data, DataFrame) else _of_rdd(data, work)
    found = WatchedJob(context, description, lambda: run_on_nodes(context, job)).run(lambda: True)
    # An RDD without partitions has no task.
    return pickle.loads(base64.b64decode(found[0])) if found else work(lambda sink: None)


def context_of(data: Data) -> SparkContext:
    """The context that it is of."""
    from pyspark.sql import DataFrame

    return data.sparkSession.sparkContext if isinstance(data, DataFrame) else data.context


def numbered(frame: DataFrame) -> DataFrame:
    """The rows under plain names, and the number of the partition that each is of, for several to become one task's.

    A name with a dot, or one that is there twice, is nothing for mapInArrow.
    """
    from pyspark.sql.functions import spark_partition_id

    plain = frame.toDF(*(f"column{number}" for number in range(len(frame.columns))))
    return plain.select("*", spark_partition_id().alias("partition"))


def _of_frame(frame: DataFrame, work: Work, as_text: bool) -> Callable[[], list[str]]:
    names = frame.columns

    def run(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow

        from pgfeed.spark.arrow_batches import hand_over_batches

        result = work(lambda sink: hand_over_batches(sink, batches, names, as_text))
        yield pyarrow.RecordBatch.from_pydict({"result": [_packed(result)]})

    rows = numbered(frame).coalesce(1).mapInArrow(run, "result string")
    return lambda: [row.result for row in rows.collect()]


def _of_rdd(rdd: RDD[Any], work: Work) -> Callable[[], list[str]]:
    def number(partition: int, documents: Iterable[Any]) -> Iterator[tuple[int, str | bytes]]:
        from pgfeed.documents import text_of
        from pgfeed.spark.executor import mark_of_attempt

        has_ended = mark_of_attempt("ended")
        for document in documents:
            if has_ended.exists():
                return
            yield partition, text_of(document)

    def run(texts: Iterable[tuple[int, str | bytes]]) -> Iterator[str]:
        from pgfeed.handing_over import hand_over_numbered
        from pgfeed.spark.executor import mark_of_attempt

        result = work(lambda sink: hand_over_numbered(sink, texts, sink.add))
        mark_of_attempt("ended").touch()  # some versions of Spark read on to the end of what nobody wants
        yield _packed(result)

    results = rdd.mapPartitionsWithIndex(number).coalesce(1).mapPartitions(run)
    return lambda: list(results.collect())


def _packed(result: Any) -> str:  # noqa: ANN401
    return base64.b64encode(pickle.dumps(result)).decode()
