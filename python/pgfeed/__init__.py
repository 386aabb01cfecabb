"""pgfeed fills normalised PostgreSQL tables from JSON."""

from __future__ import annotations

from pgfeed._engine import version
from pgfeed.errors import DatabaseError, Error, Interrupted, MappingError, RejectsError, SourceError, UsageError
from pgfeed.job_file import job_file
from pgfeed.loading import check, load
from pgfeed.partition_loader import PartitionCounts, PartitionLoader
from pgfeed.report import Check, Reject, Report

__version__ = version()

__all__ = [
    "Check",
    "DatabaseError",
    "Error",
    "Interrupted",
    "MappingError",
    "PartitionCounts",
    "PartitionLoader",
    "Reject",
    "RejectsError",
    "Report",
    "SourceError",
    "UsageError",
    "__version__",
    "check",
    "job_file",
    "load",
]
