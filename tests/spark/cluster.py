"""A Spark cluster of real processes on this machine: a master and workers of one core, bound to 127.0.0.1 only.

    with Cluster() as cluster:
        done = cluster.submit("job.py", "argument", conf={"spark.task.maxFailures": "2"})
        assert done.returncode == 0, done.stderr

Scripts are started by the real `spark-submit`, in client mode. Everything is in one temporary folder, the working directory
of the scripts too. On leaving, what still runs is killed, by its pid, and the folder is deleted.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import processes
from installation import driver_conf, java_options, spark_environment, spark_home, submit_command, write_conf
from waiting import wait_until

SECONDS = 180  # for a script; most take ten, several times that where the machine has other work
MEMORY = "1g"  # of a worker, and of its one executor


class Process:
    """A program in a session of its own, with all that it starts. What it says goes into files."""

    def __init__(self, command: Sequence[object], folder: Path, name: str, environment: dict[str, str]) -> None:
        self.command = [str(word) for word in command]
        self._stdout, self._stderr = folder / f"{name}.stdout", folder / f"{name}.stderr"
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self.popen = subprocess.Popen(
                self.command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        self.session = self.popen.pid

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return self._stdout.read_text(encoding="utf-8", errors="replace")

    @property
    def stderr(self) -> str:
        return self._stderr.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def pids(self) -> list[int]:
        """It, and what it has started."""
        return processes.in_sessions([self.session])

    def wait_for(self, pattern: str, seconds: float = SECONDS) -> re.Match[str]:
        """Waits until it has said something like this, on either output."""
        found: list[re.Match[str]] = []

        def is_said() -> bool:
            ended = not self.is_running()
            match = re.search(pattern, self.stdout) or re.search(pattern, self.stderr)
            if match:
                found.append(match)
            assert match or not ended, f"ended with {self.popen.returncode} before {pattern!r}: {self.stdout}{self.stderr}"
            return match is not None

        wait_until(is_said, seconds, lambda: f"{pattern!r}: {self.stdout}{self.stderr}")
        return found[0]

    def wait(self, timeout: float = SECONDS) -> subprocess.CompletedProcess[str]:
        """How it ended. Where that takes longer it is killed."""
        try:
            code = self.popen.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise subprocess.TimeoutExpired(self.command, timeout, self.stdout, self.stderr) from error
        return subprocess.CompletedProcess(self.command, code, self.stdout, self.stderr)

    def kill(self) -> None:
        """kill -9 of it and of all that it has started. Returns when they are gone."""
        processes.kill_sessions([self.session])
        self.popen.wait()


class Submitted(Process):
    """A script that was given to `spark-submit`: a Java process, the driver, and the script's Python as its child.

    What the script says on either output is on standard output; on standard error is Spark's log.
    """

    def kill_driver(self) -> None:
        """kill -9 of the Java process alone. The script's Python sees its connection break."""
        self.popen.kill()
        self.popen.wait()

    def interrupt(self) -> None:
        """As Ctrl-C, which a terminal sends to both."""
        for pid in self.pids():
            os.kill(pid, signal.SIGINT)


class Cluster:
    """See the module.

    Attributes
    ----------
    url
        spark://… of the master
    folder
        of everything, deleted by `stop`
    event_log
        folder with a file for each application that was submitted: what its jobs, stages and tasks did, a JSON object a line
    properties
        file for spark-submit's `--properties-file`, with which it finds the cluster
    """

    def __init__(self, workers: int = 2) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pgfeed-spark-"))
        self.event_log = self.folder / "events"
        self._submitted: list[Submitted] = []
        self._daemons: list[Process] = []
        self._environment = spark_environment(self.folder)
        try:
            for name in ("events", "logs", "submitted", "work"):
                (self.folder / name).mkdir()
            self.url = self._start_master()
            self._start_workers(workers)
        except BaseException:
            self.stop()
            raise
        conf = driver_conf(self.folder) | {
            "spark.master": self.url,
            "spark.executor.memory": MEMORY,
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": self.event_log.as_uri(),
            "spark.eventLog.compress": "false",
            "spark.eventLog.rolling.enabled": "false",
        }
        self.properties = write_conf(self.folder, conf, "warn")

    def start_submit(
        self,
        script: Path | str,
        *arguments: object,
        conf: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        options: Sequence[object] = (),
    ) -> Submitted:
        """Starts a script.

        Parameters
        ----------
        conf
            Spark's settings, above those of the cluster
        env
            of the driver; executors have the workers' environment, but for `spark.executorEnv.NAME` in `conf`
        options
            more of spark-submit's, such as `--py-files`
        """
        settings = [word for key, value in (conf or {}).items() for word in ("--conf", f"{key}={value}")]
        return self.start(*submit_command(self.properties, *settings, *options, script, *arguments), env=env)

    def start(self, *command: object, env: Mapping[str, str] | None = None) -> Submitted:
        """Starts any program as the scripts are started: one that starts `spark-submit` by itself, with `properties`."""
        name = str(len(self._submitted))
        submitted = Submitted([*map(str, command)], self.folder / "submitted", name, self._environment | dict(env or {}))
        self._submitted.append(submitted)
        return submitted

    def submit(
        self,
        script: Path | str,
        *arguments: object,
        conf: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        options: Sequence[object] = (),
        timeout: float = SECONDS,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script to its end, as `start_submit` starts it."""
        return self.start_submit(script, *arguments, conf=conf, env=env, options=options).wait(timeout)

    def pids(self) -> list[int]:
        """Every process of the cluster, scripts included."""
        return processes.in_sessions([process.session for process in (*self._submitted, *self._daemons)])

    def executor_pids(self) -> list[int]:
        """The executors that run now."""
        name = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
        return [pid for pid in self._daemon_pids() if name in processes.command(pid)]

    def python_worker_pids(self) -> list[int]:
        """The processes that run Python tasks: forks of the one that each executor starts for them."""
        forks = [pid for pid in self._daemon_pids() if "pyspark.daemon" in processes.command(pid)]
        return [pid for pid in forks if processes.parent(pid) in forks]

    def python_peaks(self, submitted: Submitted, seconds: float) -> list[int]:
        """The most memory that each of those has had, in MiB, until the script has ended."""
        peaks: Counter[int] = Counter()

        def has_ended() -> bool:
            for pid in self.python_worker_pids():
                peaks[pid] = max(peaks[pid], processes.peak_mebibytes(pid))
            return not submitted.is_running()

        wait_until(has_ended, seconds, lambda: submitted.stderr)
        return list(peaks.values())

    def kill_executor(self, pid: int) -> None:
        """kill -9 of an executor. Returns when it is gone. Its Python workers end by themselves; another is started."""
        assert pid in self.executor_pids()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in self.executor_pids())

    def end_submitted(self) -> None:
        """Kills the scripts that still run, and waits until their executors are gone. Fails if a daemon is gone."""
        for submitted in self._submitted:
            submitted.kill()
        for daemon in self._daemons:
            assert daemon.is_running(), daemon.stderr
        wait_until(lambda: not self.executor_pids())

    def stop(self) -> None:
        """Ends everything and deletes the folder. Can be called again."""
        try:
            for process in (*self._submitted, *self._daemons):
                process.kill()
        finally:
            shutil.rmtree(self.folder, ignore_errors=not self.folder.exists())

    def _daemon_pids(self) -> list[int]:
        return processes.in_sessions([daemon.session for daemon in self._daemons])

    def _start_master(self) -> str:
        master = self._start_daemon("master.Master")
        return master.wait_for(r"Starting Spark master at (spark://127\.0\.0\.1:\d+)")[1]

    def _start_workers(self, count: int) -> None:
        options = ("--cores", 1, "--memory", MEMORY, "--work-dir", self.folder / "work", self.url)
        # Each a host of its own: Spark gives a slow task no second try on the same one.
        hosts = [f"127.0.0.{number}" for number in range(2, count + 2)]
        workers = [self._start_daemon("worker.Worker", *options, host=host) for host in hosts]
        for worker in workers:
            worker.wait_for("Successfully registered with master")

    def _start_daemon(self, name: str, *options: object, host: str = "127.0.0.1") -> Process:
        environment = self._environment | {
            "SPARK_LOCAL_IP": host,
            "SPARK_LOCAL_HOSTNAME": host,
            "SPARK_DAEMON_JAVA_OPTS": f"{java_options()} -Dspark.master.rest.enabled=false",
            "SPARK_DAEMON_MEMORY": "256m",
        }
        words = ("--host", host, "--port", 0, "--webui-port", 0)
        command = [spark_home() / "bin" / "spark-class", f"org.apache.spark.deploy.{name}", *words, *options]
        daemon = Process(command, self.folder / "logs", f"{len(self._daemons)}-{name}", environment)
        self._daemons.append(daemon)
        return daemon

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
