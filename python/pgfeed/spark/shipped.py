"""Service files and passfiles that came to this node with the job (``spark-submit --files``)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pyspark import SparkFiles

from pgfeed.errors import UsageError

# libpq's variables for them. A name without a folder means Spark's copy.
_VARIABLES = ("PGSERVICEFILE", "PGPASSFILE")


def use_shipped_files() -> None:
    """Have libpq find the files, wherever Spark put them, and take the passfile: it ignores one that others may read.

    Looks at `PGSERVICEFILE` and `PGPASSFILE` where they are bare names, and changes them in this process's environment.
    Raises `UsageError` where such a file is not there.
    """
    for variable in _VARIABLES:
        name = os.environ.get(variable, "")
        if not name or os.sep in name:
            continue
        path = _find(variable, name)
        if variable == "PGPASSFILE":
            _make_private(path)
        os.environ[variable] = str(path)


def _find(variable: str, name: str) -> Path:
    for folder in (Path(SparkFiles.getRootDirectory()), Path.cwd()):
        if (folder / name).is_file():
            return (folder / name).absolute()
    raise UsageError(f"{variable} names {name}, which did not come with the job: add it to spark-submit's --files")


def _make_private(path: Path) -> None:
    """Take the rights of others away. Spark's own copy can be read by all."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    try:
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise UsageError(
            f"libpq ignores {path}, which others may read, and this cannot be changed: {error.strerror}"
        ) from None
