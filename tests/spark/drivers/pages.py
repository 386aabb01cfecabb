"""Loads as each of its arguments says, a JSON object, and prints what Spark's pages say of its jobs.

of : files, rows or texts
    byte ranges of the file `path`; an RDD, or a DataFrame, of its lines
arguments : object
    what `load` takes by name
"""

from __future__ import annotations

import json
import sys
import urllib.request
from contextlib import suppress

import pgfeed.spark
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
context = spark.sparkContext
for word in sys.argv[1:]:
    asked = json.loads(word)
    path = asked["path"]
    ways = {"files": (spark, path), "rows": (context.textFile(path),), "texts": (spark.read.text(path),)}
    with suppress(pgfeed.Error):
        pgfeed.spark.load(*ways[asked["of"]], **asked["arguments"])

pages = f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/jobs"
with urllib.request.urlopen(pages) as answer:
    jobs = json.load(answer)
with urllib.request.urlopen(f"{context.uiWebUrl}/jobs/") as answer:
    page = answer.read().decode()
print(json.dumps({"jobs": [[job["status"], job.get("description")] for job in jobs], "page": page}))
