"""What a task of Spark does alone, with the documents of all partitions, in their order."""

from __future__ import annotations

from pgfeed import _engine, loading
from pgfeed.connecting import conninfo_of
from pgfeed.errors import Error
from pgfeed.handing_over import HandOver
from pgfeed.options import CheckArguments, check_options
from pgfeed.report import Check, Report, check_of
from pgfeed.spark.executor import attempt_name, require_ended
from pgfeed.spark.shipped import use_shipped_files


def load_part(task: str, to: str | None, hand_over: HandOver) -> str:
    """Load as many documents as the task of the engine says; return what it came to."""
    use_shipped_files()
    handed = _engine.PartitionTask(task, conninfo_of(to), attempt_name())
    try:
        hand_over(handed)
    except Error:
        require_ended(handed)
    return handed.outcome()


def rehearse(load: str, to: str | None, hand_over: HandOver) -> Report | Error:
    """Do all of a load that travelled here as text, which is a dry run."""
    use_shipped_files()
    try:
        options = _engine.read_load(load, conninfo_of(to))
        return loading.run(options, lambda engine: engine.run_documents(hand_over))
    except Error as error:
        return error


def check(
    mapping: tuple[str, str],
    to: str | None,
    limit: int | None,
    sample: float | None,
    shown_rows: int,
    arguments: CheckArguments,
    hand_over: HandOver,
) -> Check | Error:
    """Check by a mapping, whose path and text these are."""
    use_shipped_files()
    try:
        options = check_options(mapping[0], to, limit, sample, arguments)
        options.mapping_text = mapping[1]
        return check_of(*_engine.check_documents(options, hand_over, shown_rows))
    except Error as error:
        return error
