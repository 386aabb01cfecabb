"""What ``pgfeed-submit`` tells Spark, so that files and the package reach executors, and no secret does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pgfeed.errors import UsageError

# Where an archive is unpacked, in the working directory of each executor (and of a driver on the cluster).
WHEEL_FOLDER = "pgfeed_wheel"
ENVIRONMENT_FOLDER = "environment"
ENVIRONMENT_PYTHON = f"./{ENVIRONMENT_FOLDER}/bin/python"

_EXECUTORS = "spark.executorEnv."
# A driver on the cluster; each cluster manager reads its own.
_DRIVERS = ("spark.yarn.appMasterEnv.", "spark.kubernetes.driverEnv.")


def require_no_password(names: Iterable[str]) -> None:
    """Refuse Spark's settings that hold a password, by their names: they are shown in its UI, event log and processes."""
    for name in names:
        if name.endswith(".PGPASSWORD"):
            raise UsageError(
                f"{name} shows the password in Spark's settings: use a passfile (pgfeed-submit --pass-file), "
                "a service file, the nodes' own environment, or aws-secret:NAME"
            )


def environment_settings(variables: dict[str, str], on_cluster: bool) -> list[str]:
    """Words of spark-submit that set `variables` for executors, and with ``on_cluster`` for a driver there."""
    scopes = (_EXECUTORS, *(_DRIVERS if on_cluster else ()))
    settings = [f"{scope}{name}={value}" for scope in scopes for name, value in variables.items()]
    return [word for setting in settings for word in ("--conf", setting)]


def require_file(option: str, path: str) -> str:
    """The path of a file on this machine, absolute. Another place's (``s3://…``) is left as it is."""
    if "://" in path:
        return path
    if not Path(path).expanduser().is_file():
        raise UsageError(f"{option}: there is no file {path}")
    return str(Path(path).expanduser().absolute())
