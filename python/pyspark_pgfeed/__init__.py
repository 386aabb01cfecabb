"""Where Spark 4 looks for the data source ``pgfeed``: it imports packages of such names by itself, so none registers it."""

from pgfeed.spark.source import PgfeedSource as DefaultSource

__all__ = ["DefaultSource"]
