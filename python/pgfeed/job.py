"""``pgfeed-job``: ``pgfeed load`` as a Spark application of its own, with an exit code for a scheduler.

Also ``python -m pgfeed.job``, and for ``spark-submit`` the file that `pgfeed.job_file()` names.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from pgfeed import _engine
from pgfeed.errors import Error, SourceError, UsageError
from pgfeed.job_file import JOB_SCRIPT
from pgfeed.job_options import load_arguments, parse_job
from pgfeed.options import read_mapping
from pgfeed.report_file import require_writable, write_report
from pgfeed.s3_object import is_s3, require_s3
from pgfeed.submit_settings import require_no_password

if TYPE_CHECKING:
    from pyspark import SparkContext

    from pgfeed.report import Report

SPARK_FAILED = 1
EXIT_CODES = {"usage": 2, "mapping": 3, "source": 4, "database": 5, "rejects": 6, "interrupted": 130}


def main(words: Sequence[str] | None = None) -> int:
    """Run a job. All that goes wrong is one sentence on standard error, and an exit code (docs/spark-submit.md)."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = parse_job(sys.argv[1:] if words is None else words)
        run(options)
    except Error as error:
        return _fail(str(error), EXIT_CODES.get(error.kind, SPARK_FAILED))
    except KeyboardInterrupt:
        return _fail("interrupted; the same job loads what is missing", EXIT_CODES["interrupted"])
    except Exception as error:
        return _fail(f"Spark failed: {_first_line(error)}", SPARK_FAILED)
    return 0


def run(options: argparse.Namespace) -> None:
    """Load, print the report and write it. Raises what `pgfeed.spark.load` raises, after the report of what is in."""
    if hasattr(options, "report"):
        require_writable(options.report)
    if is_s3(getattr(options, "rejects", "")):
        require_s3(options.rejects)
    _engine.parse_mapping(read_mapping(options.mapping), options.mapping)  # before Spark takes its seconds
    context = start_spark(options)
    try:
        report = _load(context, options)
    except Error as error:
        if error.report is not None:
            _keep_partial(error.report, options)
        raise
    finally:
        context.stop()
    _keep(report, options, sys.stdout)


def start_spark(options: argparse.Namespace) -> SparkContext:
    """A context of the job's own. Raises `UsageError` where there is no Spark, or where its settings hold a password."""
    try:
        from pyspark import SparkConf, SparkContext
    except ImportError:
        raise UsageError(
            "there is no PySpark for this Python: run the job by spark-submit, or install pgfeed[spark]"
        ) from None
    SparkContext._ensure_initialized()  # starts Java, which knows what spark-submit and the cluster's files have set
    conf = SparkConf().setAll(list(settings_of(options).items()))
    if hasattr(options, "app_name") or conf.get("spark.app.name", JOB_SCRIPT) == JOB_SCRIPT:
        conf.setAppName(getattr(options, "app_name", f"pgfeed {Path(options.mapping).stem}"))
    require_no_password(name for name, _ in conf.getAll())
    return SparkContext(conf=conf)


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """Spark's settings for `--progress`; ``plain`` and ``auto`` leave it as it is."""
    shown = {"bar": "true", "none": "false"}.get(options.progress)
    return {} if shown is None else {"spark.ui.showConsoleProgress": shown}


def _load(context: SparkContext, options: argparse.Namespace) -> Report:
    from pyspark.sql import SparkSession

    from pgfeed import spark
    from pgfeed.spark.shipped import use_shipped_files

    use_shipped_files()
    to = getattr(options, "to", None)
    return spark.load(SparkSession(context), options.sources, mapping=options.mapping, to=to, **load_arguments(options))


def _keep(report: Report, options: argparse.Namespace, stream: TextIO) -> None:
    """Print the report, and write it where it is wanted. Of a load that failed, the text does not go to standard output."""
    wants_json = hasattr(options, "json")
    if stream is sys.stderr or not wants_json:
        print(report, file=stream)
    if wants_json:
        print(report.json.rstrip("\n"), flush=True)
    if hasattr(options, "report"):
        write_report(options.report, report.json)


def _keep_partial(report: Report, options: argparse.Namespace) -> None:
    """The same for a load that failed: what ended it is said last, whatever becomes of its report."""
    try:
        _keep(report, options, sys.stderr)
    except SourceError as error:
        print(f"pgfeed: {error}", file=sys.stderr)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _fail(sentence: str, code: int) -> int:
    sys.stdout.flush()
    print(f"pgfeed: {sentence}", file=sys.stderr, flush=True)
    return code


def _first_line(error: Exception) -> str:
    """What a person needs of Spark's page-long accounts."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    ended = [line for line in lines if "Job aborted" in line or "SparkException" in line]
    return (ended or lines or [type(error).__name__])[0][:500]


if __name__ == "__main__":
    sys.exit(main())
