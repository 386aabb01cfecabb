"""Loads inside Apache Spark: the same engine in its tasks."""

from __future__ import annotations

from pgfeed.spark.loading import load
from pgfeed.spark.subset import check
from pgfeed.spark.tables import write

__all__ = ["check", "load", "write"]
