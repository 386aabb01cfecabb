"""The command line of ``pgfeed-job``: that of ``pgfeed load``, as far as it makes sense on a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Callable, NoReturn

from pgfeed import _engine
from pgfeed.errors import UsageError

_EPILOG = """\
Exit codes:
  0  done
  1  Spark failed
  2  usage: the command line makes no sense, or a node is not ready for it
  3  mapping: the mapping file is wrong, or does not fit the tables
  4  source: an input is missing, cannot be read, or is not JSON text; or an output cannot be written (what a load has
     committed by then stays)
  5  database: no connection, no right, or an error of the server
  6  too many rejects (--max-rejects)
  130  interrupted

A password comes from a passfile, a service file, the environment or AWS, never from an argument.
"""

_NOT_HERE = {
    "--source-id": "--source-id is for standard input, which a cluster has none of",
    "--from-rejects": "--from-rejects is done by one process: use pgfeed load --from-rejects",
    "--no-ledger": "--no-ledger does not go with Spark, which runs tasks again: without it their rows would come twice",
}

_LARGEST = 1 << 30  # bytes of a field of a row
_MOST = (1 << 63) - 1


class JobParser(argparse.ArgumentParser):
    """Takes the options of a job. What it refuses is a `UsageError`."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; {self.prog} --help shows all options")


class _Refuse(argparse.Action):
    """An option of ``pgfeed load`` that makes no sense here."""

    def __call__(self, _parser: object, _options: object, _values: object, name: str | None = None) -> None:
        raise UsageError(_NOT_HERE[name or ""])


def parse_job(words: Sequence[str]) -> argparse.Namespace:
    """The options of a job, each under its name in `pgfeed.options.LoadArguments`; what was not given is not there.

    Raises `UsageError`, and `SystemExit` after ``--help``.
    """
    parser = job_parser()
    options = parser.parse_intermixed_args(words)
    if "-" in options.sources:
        raise UsageError("standard input cannot be read by a cluster: put the documents into files")
    return options


def job_parser() -> JobParser:
    """All that ``pgfeed-job --help`` shows."""
    parser = JobParser(
        prog="pgfeed-job",
        description="Loads documents into the tables of a mapping, by the tasks of a Spark application of its own",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("sources", metavar="SOURCE", nargs="+", help="files, folders or globs, which all nodes can read")
    _add_reading(parser)
    _add_session(parser)
    _add_load(parser)
    _add_output(parser)
    for name in _NOT_HERE:
        parser.add_argument(name, action=_Refuse, nargs=0, help=argparse.SUPPRESS)
    return parser


def _add_reading(parser: JobParser) -> None:
    add = parser.add_argument
    add("-m", "--mapping", metavar="FILE", required=True, type=_given, help="the mapping file, which the driver reads")
    add("--documents", metavar="PATH", help="path of the documents in each top-level value; overrides the mapping's")
    add("--max-document", metavar="SIZE", type=_size, help="largest document (16MiB); a larger one is a reject")
    add("--max-depth", metavar="N", type=_count(1, 1000), help="deepest nesting of brackets (512)")
    add("--strict-json", action="store_true", help="check all of each document, not only what the mapping reads")


def _add_session(parser: JobParser) -> None:
    add = parser.add_argument
    add("--to", metavar="CONNINFO", type=_given, help="connection string, service=…, aws-secret:… or rds-iam:…; else PG*")
    add("--ledger-schema", metavar="NAME", type=_schema, help="the schema of the ledger (pgfeed)")
    add("--connect-timeout", metavar="TIME", type=_seconds, help="how long a refused connection is tried again (15s)")
    add("--lock-timeout", metavar="TIME", type=_seconds, help="how long to wait for locks; 0: for ever (5min)")
    add("--answer-timeout", metavar="TIME", type=_seconds, help="a silence after which the server is asked; 0: never (60s)")
    add("--retry-for", metavar="TIME", type=_seconds, help="how long a server that was lost in mid-load is waited for (60s)")


def _add_load(parser: JobParser) -> None:
    add = parser.add_argument
    add("--connections", metavar="N", type=_count(1, 10000), help="tasks, each with one session (Spark's parallelism)")
    add("--limit", metavar="N", type=_count(0), help="load only the first N documents, in the driver")
    add("--dry-run", action="store_true", help="load in one transaction, in the driver, and roll it back at the end")
    add("--max-rejects", metavar="LIMIT", type=_given, help="documents that may be rejected (0), or a percentage")
    add("--rejects", metavar="FILE", type=_given, help="write the rejects to this file too, or to s3://BUCKET/KEY")
    add("--reload", action="store_true", help="load sources again that are in, by the rules for duplicates")
    add("--split-size", metavar="SIZE", type=_size, help="bytes that are loaded in one transaction (32MiB)")
    add(
        "--publish",
        choices=("split", "atomic"),
        help="split: rows can be seen as soon as their split is in; atomic: at once",
    )


def _add_output(parser: JobParser) -> None:
    add = parser.add_argument
    add("--progress", choices=("auto", "bar", "plain", "none"), default="auto", help="Spark's own bar, or none of it (auto)")
    add("--json", action="store_true", help="print the report as JSON")
    add("--report", metavar="FILE", type=_given, help="write the report as JSON to this file too, or to s3://BUCKET/KEY")
    add("--app-name", "--name", metavar="NAME", type=_given, help="what Spark calls the application")


def _given(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the value is empty; is a variable not set?")
    return text


def _schema(text: str) -> str:
    if not 0 < len(text.encode()) < 64:
        raise argparse.ArgumentTypeError("a name of 1 to 63 bytes is wanted")
    return text


def _size(text: str) -> int:
    size = _engine.parse_size(text)
    if size is None or size > _LARGEST:
        raise argparse.ArgumentTypeError(f"a size is wanted, such as 500000, 64KiB, 32MiB, at most 1GiB, and not {text!r}")
    return size


def _seconds(text: str) -> float:
    seconds = _engine.parse_duration(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"a time is wanted, such as 30s, 500ms, 5min, 1h, at most 24h, and not {text!r}")
    return seconds


def _count(least: int, most: int | None = None) -> Callable[[str], int]:
    def count(text: str) -> int:
        is_number = text.isascii() and text.isdigit()
        if not is_number or not least <= int(text) <= (_MOST if most is None else most):
            span = f"from {least} on" if most is None else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"a whole number {span} is wanted, and not {text!r}")
        return int(text)

    return count


def load_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """What of the options `pgfeed.spark.load` takes by name."""
    own = ("sources", "mapping", "to", "progress", "json", "report", "app_name")
    return {name: value for name, value in vars(options).items() if name not in own}
