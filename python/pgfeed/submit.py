"""``pgfeed-submit``: ``spark-submit`` with all that a job of pgfeed needs on the nodes.

    pgfeed-submit --master yarn --wheel pgfeed.whl --service-file shop.conf -- -m orders.yaml --to service=shop exports/

Before ``--`` stand the options of spark-submit, passed on as they are, and a few of its own; behind it those of pgfeed-job.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from pgfeed.errors import UsageError
from pgfeed.job_file import job_file
from pgfeed.submit_settings import (
    ENVIRONMENT_FOLDER,
    ENVIRONMENT_PYTHON,
    WHEEL_FOLDER,
    environment_settings,
    require_file,
    require_no_password,
)


@dataclass
class Submission:
    """A spark-submit to be started: its words, and what is set (None: unset) in its environment."""

    words: list[str]
    environment: dict[str, str | None] = field(default_factory=dict)

    def __str__(self) -> str:
        """As one would type it."""
        unset = [word for name, value in self.environment.items() if value is None for word in ("-u", name)]
        given = [f"{name}={value}" for name, value in self.environment.items() if value is not None]
        return shlex.join(["env", *unset, *given, *self.words])

    def run(self) -> int:
        """Wait for its end; return its exit code."""
        changed = {**os.environ, **{name: value or "" for name, value in self.environment.items()}}
        environment = {name: value for name, value in changed.items() if self.environment.get(name, "") is not None}
        return subprocess.run(self.words, env=environment, check=False).returncode


def main(words: Sequence[str] | None = None) -> int:
    """Submit a job. Returns spark-submit's exit code; 2 after a sentence where nothing was submitted."""
    try:
        options, passed, job = parse(sys.argv[1:] if words is None else list(words))
        with tempfile.TemporaryDirectory(prefix="pgfeed-submit-") as folder:
            submission = submission_of(options, passed, job, Path(folder))
            if options.print:
                print(submission)
                return 0
            return submission.run()
    except UsageError as error:
        print(f"pgfeed: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parse(words: list[str]) -> tuple[argparse.Namespace, list[str], list[str]]:
    """Own options, words for spark-submit, words for the job. Raises `UsageError`."""
    before, job = _cut(words)
    options, passed = _parser().parse_known_args(before)
    if not job:
        raise UsageError(
            "behind -- the options of pgfeed-job are wanted: pgfeed-submit --master yarn -- -m orders.yaml exports/"
        )
    require_no_password(_setting(word) for word in passed)
    return options, passed, job


def _setting(word: str) -> str:
    """The name of the setting in ``NAME=value`` or ``--conf=NAME=value``; any other word as it is."""
    name, _, value = word.partition("=")
    return value.partition("=")[0] if name in ("--conf", "-c") else name


def submission_of(options: argparse.Namespace, passed: list[str], job: list[str], folder: Path) -> Submission:
    """What is to be started. A wheel is copied to `folder`, which must be there as long as spark-submit runs."""
    on_cluster = options.deploy_mode == "cluster"
    files, archives = _split(options.files), _split(options.archives)
    variables: dict[str, str] = {}
    environment: dict[str, str | None] = {"PYSPARK_DRIVER_PYTHON": None, "PYSPARK_PYTHON": options.python or sys.executable}

    for option, variable in (("service_file", "PGSERVICEFILE"), ("pass_file", "PGPASSFILE")):
        if given := getattr(options, option):
            path = require_file("--" + option.replace("_", "-"), given)
            files.append(path)
            variables[variable] = Path(path).name
            environment[variable] = path
    if options.wheel:
        archives.append(f"{_as_archive(options.wheel, folder, options.print)}#{WHEEL_FOLDER}")
        variables["PYTHONPATH"] = f"./{WHEEL_FOLDER}"
    if options.environment:
        archives.append(f"{require_file('--environment', options.environment)}#{ENVIRONMENT_FOLDER}")
        environment["PYSPARK_PYTHON"] = ENVIRONMENT_PYTHON
        if not on_cluster:  # the driver stays here, where nothing is unpacked
            environment["PYSPARK_DRIVER_PYTHON"] = options.python or sys.executable
    if on_cluster:
        job, mapping = _without_folder(job)
        files.extend(mapping)

    sent = [*_joined("--files", files), *_joined("--archives", archives), *_joined("--deploy-mode", [options.deploy_mode])]
    settings = environment_settings(variables, on_cluster)
    program, home = spark_submit()
    environment.update(home)
    return Submission([program, *passed, *sent, *settings, job_file(), *job], environment)


def spark_submit() -> tuple[str, dict[str, str | None]]:
    """Path of the program, and what it needs in its environment. Raises `UsageError` where there is none.

    It is that of Spark's own folder, the first on the path for programs, or that of the package pyspark.
    """
    home = os.environ.get("SPARK_HOME")
    if home and Path(home, "bin", "spark-submit").is_file():
        return str(Path(home, "bin", "spark-submit")), {}
    found = shutil.which("spark-submit")
    spec = find_spec("pyspark")
    if spec is not None and spec.origin is not None and (not found or _is_of_this_python(found)):
        # Left alone it asks PYSPARK_PYTHON where Spark is, which need not have the package.
        folder = Path(spec.origin).parent
        return str(folder / "bin" / "spark-submit"), {"SPARK_HOME": str(folder)}
    if found:
        return found, {}
    raise UsageError("there is no spark-submit: set SPARK_HOME, or install pgfeed[spark]")


def _is_of_this_python(program: str) -> bool:
    return Path(program).parent.resolve() == Path(sys.prefix, "bin").resolve()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; pgfeed-submit --help shows all options")


def _parser() -> _Parser:
    parser = _Parser(
        prog="pgfeed-submit",
        usage="pgfeed-submit [OPTIONS of spark-submit and these] -- [OPTIONS of pgfeed-job] SOURCE...",
        description="Runs pgfeed-job by spark-submit, with what it needs on the nodes",
        epilog="Its exit code is that of spark-submit: in client mode the job's.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--wheel", metavar="FILE", help="bring pgfeed to nodes that lack it; for the Python and the system of the nodes")
    add("--environment", metavar="TAR.GZ", help="bring a whole Python along, packed by venv-pack or conda-pack")
    add("--python", metavar="PROGRAM", help="Python of driver and executors (the one that runs this)")
    add("--service-file", metavar="FILE", help="bring libpq's service file to the executors")
    add("--pass-file", metavar="FILE", help="bring libpq's passfile to the executors")
    add("--print", action="store_true", help="show the command, and do nothing")
    for name in ("--files", "--archives"):  # spark-submit hears only the last of each
        add(name, action="append", default=[], help=argparse.SUPPRESS)
    add("--deploy-mode", default="", help=argparse.SUPPRESS)
    return parser


def _cut(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _split(lists: list[str]) -> list[str]:
    return [each for listed in lists for each in listed.split(",") if each]


def _joined(option: str, values: list[str]) -> list[str]:
    text = ",".join(value for value in values if value)
    return [option, text] if text else []


def _as_archive(wheel: str, folder: Path, is_shown_only: bool) -> str:
    """A wheel is a zip, but Spark unpacks only what is called so."""
    path = Path(require_file("--wheel", wheel))
    if path.suffix != ".whl":
        raise UsageError(f"--wheel: {wheel} is no wheel (pgfeed-….whl)")
    archive = folder / (path.stem + ".zip")
    if not is_shown_only:
        shutil.copyfile(path, archive)
    return str(archive)


def _without_folder(job: list[str]) -> tuple[list[str], list[str]]:
    """The job's words with the bare name of its mapping file, and that file: the driver on the cluster finds it so."""
    found: list[str] = []
    words: list[Any] = list(job)
    for at, word in enumerate(words):
        name, _, value = word.partition("=")
        if word in ("-m", "--mapping") and at + 1 < len(words):
            found.append(require_file("--mapping", words[at + 1]))
            words[at + 1] = Path(found[-1]).name
        elif name == "--mapping" and value:
            found.append(require_file("--mapping", value))
            words[at] = f"--mapping={Path(found[-1]).name}"
    return words, found


if __name__ == "__main__":
    sys.exit(main())
