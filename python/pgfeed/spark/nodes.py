"""Whether the nodes of a cluster can do what the driver asks of them; where not, one sentence says which and what to do.

What runs on a node is pickled by value: it must not need pgfeed, whose absence it is to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Callable

from pgfeed import _engine, errors
from pgfeed.errors import Error, UsageError

if TYPE_CHECKING:
    from pyspark import SparkContext

Work = Callable[[Iterator[str]], Iterable[str]]

_INSTALL = "install the wheel there, or submit with pgfeed-submit --wheel"

# How Spark names the task that ended a job.
_LOST = re.compile(r"Lost task \S+ in stage \S+ \(TID \d+\) \((\S+) executor \S+\)")
# Spark 3.5 writes (3, 9), later ones 3.9.
_MISMATCH = re.compile(r"different version:? \(?(\d+)(?:\.|, )(\d+)\)? than that in driver:? \(?(\d+)(?:\.|, )(\d+)")
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '(pgfeed[\w.]*)'")
_NO_PROGRAM = re.compile(r'Cannot run program "([^"]+)"')
_NO_WORKER = re.compile(r"Error from python worker:\n.*?([^\n]+)\nPYTHONPATH was", re.S)
_RAISED = re.compile(r"^pgfeed\.errors\.(\w+): (.*)$", re.M)
_COMPLAINT = re.compile(r"^RuntimeError: pgfeed: (node .*)$", re.M)


def require_ready(context: SparkContext, tasks: int) -> None:
    """Look at nodes as `tasks` tasks meet them, before anything is loaded. Raises `UsageError` naming those that are not."""
    complaint = _complaint_here(_engine.version())

    def look(_: Iterator[int]) -> Iterator[str]:
        return iter([complaint()])

    found = run_on_nodes(context, lambda: context.parallelize(range(tasks), tasks).mapPartitions(look).collect())
    complaints = sorted({said for said in found if said})
    if complaints:
        raise UsageError("; ".join(complaints))


def checked(work: Work) -> Work:
    """The same work, where a task begins with a look at its node."""
    complaint = _complaint_here(_engine.version())

    def run(texts: Iterator[str]) -> Iterable[str]:
        if said := complaint():
            raise RuntimeError("pgfeed: " + said)
        return work(texts)

    return run


def run_on_nodes(context: SparkContext, job: Callable[[], Any]) -> list[str]:
    """Run a job of Spark. What it ends with becomes one of pgfeed's errors, where it is known."""
    try:
        return list(job())
    except Exception as error:
        known = known_error(str(error), lambda: _hosts_of_failed_tasks(context))
        if known is None:
            raise
    raise known


def known_error(said: str, hosts: Callable[[], list[str]] = list) -> Error | None:
    """What Spark's account of a job that failed comes to: a node that is not ready, or an error that pgfeed raised there.

    `hosts` tells which nodes it may be, where the account does not.
    """
    if found := _COMPLAINT.search(said):
        return UsageError(found[1])
    if found := _RAISED.search(said):
        kind = getattr(errors, found[1], Error)
        return kind(found[2]) if issubclass(kind, Error) else Error(found[2])
    sentence = _not_ready(said)
    if sentence is None:
        return None
    lost = _LOST.search(said)
    nodes = [lost[1]] if lost else hosts()
    return UsageError(f"node {' and '.join(nodes)}: {sentence}" if nodes else f"a node is not ready: {sentence}")


def _not_ready(said: str) -> str | None:
    if found := _MISMATCH.search(said):
        there, here = f"{found[1]}.{found[2]}", f"{found[3]}.{found[4]}"
        return (
            f"its Python is {there} and the driver's is {here}: name a Python {here} of the node with pgfeed-submit "
            "--python, or bring one along with --environment"
        )
    if found := _NO_MODULE.search(said):
        return f"there is no {found[1]} for its Python: {_INSTALL}"
    if found := _NO_PROGRAM.search(said):
        return f"there is no Python at {found[1]}: name one that is there with pgfeed-submit --python"
    if found := _NO_WORKER.search(said):
        return f"its Python cannot run this Spark's worker, {found[1].strip()}: name another with pgfeed-submit --python"
    return None


def _hosts_of_failed_tasks(context: SparkContext) -> list[str]:
    """Of the newest job. From Spark 4 on, its error does not name the node when Python failed; its store of states does."""
    try:
        tracker = context.statusTracker()
        job = max(tracker.getJobIdsForGroup(context.getLocalProperty("spark.jobGroup.id")))
        stages = list(tracker.getJobInfo(job).stageIds)
        store = context._jsc.sc().statusStore()
        tasks = [task for stage in stages for task in _listed(store.taskList(stage, 0, 1000))]
        return sorted({task.host() for task in tasks if task.status() == "FAILED"})
    except Exception:  # it only adds to a sentence, and none of it is an interface that Spark promises
        return []


def _listed(sequence: Any) -> list[Any]:  # noqa: ANN401  # Scala's
    return [sequence.apply(at) for at in range(sequence.size())]


def _complaint_here(wanted: str) -> Callable[[], str]:
    """A function that says what is wrong where it is called; empty: nothing. It needs no module but Python's own."""
    install = _INSTALL

    def complaint() -> str:
        import platform
        import socket
        import sys

        version = ".".join(platform.python_version_tuple()[:2])
        node = f"node {socket.gethostname()}"
        try:
            import pgfeed
        except ModuleNotFoundError as error:
            if error.name == "pgfeed":
                return f"{node}: there is no pgfeed for its Python {version} ({sys.executable}): {install}"
            return f"{node}: its pgfeed is not complete for Python {version} ({sys.executable}), {error}: {install}"
        except ImportError as error:
            return f"{node}: its pgfeed cannot be used by Python {version} ({sys.executable}), {error}: {install}"
        if pgfeed.__version__ != wanted:
            return f"{node}: it has pgfeed {pgfeed.__version__}, and the driver {wanted}: {install}"
        return ""

    return complaint
