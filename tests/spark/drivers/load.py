"""Loads as its one argument says, a JSON object: what `pgfeed.spark.load` takes by name. Prints the report, or the error."""

from __future__ import annotations

import json
import sys

import pgfeed.spark
from pgfeed import Report
from pyspark.sql import SparkSession


def counts(report: Report | None) -> dict[str, object]:
    names = ("load", "read", "loaded", "skipped", "rejected", "files_in", "warnings")
    return {name: getattr(report, name) for name in names} if report else {}


try:
    print(json.dumps(counts(pgfeed.spark.load(SparkSession.builder.getOrCreate(), **json.loads(sys.argv[1])))))
except pgfeed.Error as error:
    print(json.dumps({"error": error.kind, "said": str(error), "retryable": error.retryable} | counts(error.report)))
    sys.exit(1)
except KeyboardInterrupt:
    print(json.dumps({"error": "interrupted"}))
    sys.exit(130)
