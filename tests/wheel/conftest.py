"""The wheel, and an environment in which nothing else is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Environment(NamedTuple):
    """A Python environment with the wheel in it."""

    python: Path
    packages: Path

    def run(self, code: str) -> str:
        """Run a program there; what it prints."""
        return said_by(self.python, code)


def said_by(python: Path, code: str, **environment: str) -> str:
    """Run a program under an interpreter, away from the sources; what it prints. Its failure is the test's."""
    done = subprocess.run(
        [python, "-c", code], cwd="/", env={"LC_ALL": "C.UTF-8", **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture(scope="session")
def wheel() -> Path:
    """`$PGFEED_WHEEL`, else that of this interpreter, built where it is not up to date."""
    if given := os.environ.get("PGFEED_WHEEL"):
        return Path(given)
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run([ROOT / "scripts/wheel.sh"], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return ROOT / done.stdout.strip()


@pytest.fixture(scope="session")
def empty(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment that has the wheel and nothing else: it is installed without an index, so it may need nothing."""
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    install: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", wheel]
    subprocess.run(install, check=True)
    return Environment(python, Path(said_by(python, "import sysconfig; print(sysconfig.get_path('platlib'))")))
