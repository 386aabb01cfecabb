"""The script as a function for RDD partitions: PySpark, `foreachPartition`, psycopg2.

    pyspark_foreach.py values|copy PARTITIONS FILE…      (connection by PG* environment; prints {"seconds": …})

The seconds are the job's, without Spark's start.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from spark_session import start_session


def main(mode: str, partitions: int, paths: list[str]) -> float:
    session = start_session(partitions)
    context = session.sparkContext
    for module in ("tweet_rows.py", "psycopg2_load.py"):
        context.addPyFile(str(Path(__file__).parent / module))

    def load_partition(lines: Iterable[str]) -> None:
        from psycopg2_load import load

        load(lines, mode)

    begin = time.monotonic()
    context.textFile(",".join(paths), partitions).foreachPartition(load_partition)
    seconds = time.monotonic() - begin
    session.stop()
    return seconds


if __name__ == "__main__":
    print(json.dumps({"seconds": main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])}))
