"""What tests of jobs share: documents, the environments of nodes, and commands."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pgfeed

MAPPING = """\
version: 1
root: orders
tables:
  orders:
    key: [id]
    on_duplicate: skip
    columns:
      id: {path: $.id, type: bigint}
      total: {path: $.total, type: "numeric(12,2)"}
"""

DOCUMENTS = 2000
NO_PGFEED = (
    r"there is no pgfeed for its Python 3\.\d+ \(\S+\): install the wheel there, or submit with pgfeed-submit --wheel"
)


def write_orders(folder: Path, broken: int = 0) -> tuple[Path, Path]:
    """A mapping, and documents, the last ones of which do not fit."""
    mapping, orders = folder / "orders.yaml", folder / "orders.ndjson"
    mapping.write_text(MAPPING, encoding="utf-8")
    fitting = [f'{{"id": {number}, "total": {number}.5}}\n' for number in range(DOCUMENTS - broken)]
    orders.write_text("".join(fitting) + '{"id": "none"}\n' * broken, encoding="utf-8")
    return mapping, orders


def job_words(folder: Path, *more: object, broken: int = 0) -> list[object]:
    """Words of a job that loads these documents in several splits by two tasks."""
    mapping, orders = write_orders(folder, broken)
    return ["-m", mapping, "--connections", 2, "--split-size", "8KiB", *more, orders]


def bare_python(folder: Path) -> Path:
    """A Python of the same version on a node where nothing is installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


def python_of_another_version(folder: Path) -> Path:
    """A Python that says it is 3.99."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import collections, sys\n"
        "Version = collections.namedtuple('Version', 'major minor micro releaselevel serial')\n"
        "sys.version_info = Version(3, 99, 0, 'final', 0)\n",
        encoding="utf-8",
    )
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={folder}:$PYTHONPATH exec {sys.executable} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def pack_wheel(folder: Path) -> Path:
    """The installed package as a wheel, with the libraries that came in it."""
    wheel = folder / f"pgfeed-{pgfeed.__version__}-cp3-cp3-linux.whl"
    package = Path(pgfeed.__file__).parent
    with zipfile.ZipFile(wheel, "w") as archive:
        for root in (package, package.with_name("pgfeed.libs")):
            for path in _files(root):
                archive.write(path, Path(root.name) / path.relative_to(root))
    return wheel


def _files(folder: Path) -> list[Path]:
    """All files below it, behind symbolic links too."""
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if path.name != "__pycache__":
            found += _files(path) if path.is_dir() else [path]
    return found


def said_by_pgfeed(output: str) -> list[str]:
    """Sentences among all that Spark says."""
    return [line for line in output.splitlines() if line.startswith("pgfeed: ")]
