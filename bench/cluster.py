"""A cluster of Spark on this machine: a master and workers of one core each, real processes, gone at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from server import free_port

SECONDS_TO_START = 60


class Cluster:
    """`url` is its master's. As a context manager it ends with the block. `environment` is that of its executors, too."""

    def __init__(self, workers: int, environment: dict[str, str]) -> None:
        spec = find_spec("pyspark")
        if spec is None or spec.origin is None:
            raise RuntimeError("no PySpark here: make bench installs it")
        self._home = Path(spec.origin).parent
        self._workers = workers
        self._folder = Path(tempfile.mkdtemp(prefix="pgfeed-bench-spark-"))
        own = {"SPARK_HOME": str(self._home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
        self._environment = os.environ | own | environment
        self._processes: list[subprocess.Popen[bytes]] = []
        self.url = f"spark://127.0.0.1:{free_port()}"

    def __enter__(self) -> Cluster:
        try:
            port = self.url.rpartition(":")[2]
            self._start("master.Master", "I have been elected leader", "--port", port)
            for _ in range(self._workers):
                options = ("--cores", "1", "--memory", "1g", "--work-dir", str(self._folder / "work"), self.url)
                self._start("worker.Worker", "Successfully registered with master", *options)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    def _start(self, name: str, said: str, *options: str) -> None:
        """Starts a program and waits until it has said so."""
        path = self._folder / f"{len(self._processes)}.log"
        words = ("--host", "127.0.0.1", "--webui-port", "0", *options)
        command = [str(self._home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *words]
        with path.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self._folder, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        self._processes.append(process)
        until = time.monotonic() + SECONDS_TO_START
        while said not in path.read_text(encoding="utf-8", errors="replace"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Spark's {name} did not start: {path.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.1)

    def _stop(self) -> None:
        for process in reversed(self._processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
