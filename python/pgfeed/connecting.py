"""How a database is reached without its secrets going anywhere."""

from __future__ import annotations

from pgfeed import _engine
from pgfeed.aws_secrets import conninfo_from_aws, is_kept_by_aws


def conninfo_of(to: str | None) -> str:
    """libpq's connection string of what a user names as `to`; empty: the ``PG*`` environment variables say it all.

    ``aws-secret:NAME`` and ``rds-iam:USER@HOST:PORT/DBNAME`` become connection strings with a password: call this in each
    process that connects, and give what it returns to the engine only.
    Raises `UsageError` where `to` holds a secret: a program's arguments, closures and logs are read by others.
    """
    if to is None:
        return ""
    if is_kept_by_aws(to):
        return conninfo_from_aws(to)
    _engine.require_no_secret(to)
    return to
