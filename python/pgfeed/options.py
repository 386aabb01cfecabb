"""Options of a load, as users write them, for the engine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import TypedDict, Union

from pgfeed import _engine
from pgfeed.connecting import conninfo_of
from pgfeed.errors import MappingError, UsageError

Sources = Union[str, "PathLike[str]", Iterable[Union[str, "PathLike[str]"]]]
MaxRejects = Union[int, str]


class SessionArguments(TypedDict, total=False):
    """How patient to be with a database, in seconds; what is left out is as the command line has it (docs/cli.md)."""

    ledger_schema: str
    connect_timeout: float
    retry_for: float
    lock_timeout: float
    answer_timeout: float


class ReadingArguments(TypedDict, total=False):
    """How documents are found and read; what is left out is as the command line has it (docs/cli.md)."""

    documents: str
    max_document: int | str
    max_depth: int
    strict_json: bool


class CheckArguments(SessionArguments, ReadingArguments, total=False):
    """What `pgfeed.check` takes by name beside its own."""


class LoadArguments(SessionArguments, ReadingArguments, total=False):
    """What `pgfeed.load` and its likes on Spark take by name."""

    connections: int
    limit: int | None
    dry_run: bool
    publish: str
    max_rejects: MaxRejects
    rejects: str | PathLike[str] | None
    reload: bool
    split_size: int | str


def load_options(mapping: str | PathLike[str], to: str | None, arguments: LoadArguments) -> _engine.LoadOptions:
    """Make the engine's options. Raises `UsageError` for what makes no sense."""
    arguments = arguments.copy()
    options = _engine.LoadOptions()
    options.mapping = fspath(mapping)
    options.session = _take_session(to, arguments)
    options.connections = _take_count(arguments, "connections", 1) or 0
    limit = _take_count(arguments, "limit", 0)
    options.limit = -1 if limit is None else limit
    options.dry_run = bool(arguments.pop("dry_run", False))
    options.atomic = _take_publish(arguments)
    _set_max_rejects(options, arguments.pop("max_rejects", 0))
    options.rejects_file = fspath(arguments.pop("rejects", None) or "")
    options.reload = bool(arguments.pop("reload", False))
    if "split_size" in arguments:
        options.split_size = size_of("split_size", arguments.pop("split_size"))
    _take_reading(options, arguments)
    _require_nothing_left(arguments)
    return options


def check_options(
    mapping: str | PathLike[str],
    to: str | None,
    limit: int | None,
    sample: float | None,
    arguments: CheckArguments,
) -> _engine.CheckOptions:
    """Make the engine's options of a check; as `load_options`."""
    left = arguments.copy()
    options = _engine.CheckOptions()
    options.mapping = fspath(mapping)
    options.session = _take_session(to, left)
    options.limit = -1 if limit is None else _count("limit", limit, 1)
    if sample is not None:
        if not 0 < sample <= 100:
            raise UsageError(f"sample is a percentage above 0, up to 100, and not {sample!r}")
        options.sample_percent = sample
    _take_reading(options, left)
    _require_nothing_left(left)
    return options


def read_mapping(mapping: str | PathLike[str]) -> str:
    """Read a mapping file. Raises `MappingError`."""
    try:
        return Path(mapping).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise MappingError(f"cannot read the mapping {fspath(mapping)}: {reason}", source=fspath(mapping)) from error


def size_of(name: str, value: int | str) -> int:
    """Bytes: a number, or a text such as ``32MiB``."""
    size = value if isinstance(value, int) else _engine.parse_size(value)
    if size is None or size <= 0:
        raise UsageError(f"{name} is a number of bytes, such as 1000000, 64KiB or 32MiB, and not {value!r}")
    return size


def paths_of(sources: Sources) -> list[str]:
    """The sources as the command line takes them."""
    listed = [sources] if isinstance(sources, (str, PathLike)) else list(sources)
    return [fspath(source) for source in listed]


def _take_session(to: str | None, arguments: LoadArguments | CheckArguments) -> _engine.SessionOptions:
    session = _engine.SessionOptions()
    session.conninfo = conninfo_of(to)
    session.schema = str(arguments.pop("ledger_schema", session.schema))
    for name in ("connect_timeout", "retry_for", "lock_timeout", "answer_timeout"):
        if name in arguments:
            setattr(session, name, _seconds(name, arguments.pop(name)))  # type: ignore[misc]
    return session


def _seconds(name: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 86400:
        return float(value)
    raise UsageError(f"{name} is a number of seconds, at most a day, and not {value!r}")


def _take_reading(options: _engine.LoadOptions | _engine.CheckOptions, arguments: LoadArguments | CheckArguments) -> None:
    options.documents = arguments.pop("documents", "")
    if "max_document" in arguments:
        options.max_document = size_of("max_document", arguments.pop("max_document"))
    if "max_depth" in arguments:
        options.max_depth = arguments.pop("max_depth")
    options.strict_json = bool(arguments.pop("strict_json", False))


def _take_count(arguments: LoadArguments, name: str, least: int) -> int | None:
    value = arguments.pop(name, None)  # type: ignore[misc]
    return None if value is None else _count(name, value, least)


def _count(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(f"{name} is a whole number from {least} on, and not {value!r}")
    return value


def _take_publish(arguments: LoadArguments) -> bool:
    publish = arguments.pop("publish", "split")
    if publish not in ("split", "atomic"):
        raise UsageError(f"publish is 'split' or 'atomic', and not {publish!r}")
    return publish == "atomic"


def _set_max_rejects(options: _engine.LoadOptions, limit: MaxRejects) -> None:
    percent = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)%", limit) if isinstance(limit, str) else None
    if percent and float(percent[1]) <= 100:
        options.set_max_rejects_percent(float(percent[1]))
    elif isinstance(limit, int) and limit >= 0:
        options.set_max_rejects(limit)
    elif isinstance(limit, str) and limit.isascii() and limit.isdigit():
        options.set_max_rejects(int(limit))
    else:
        raise UsageError(f"max_rejects is a number of documents or a percentage such as '1%', and not {limit!r}")


def _require_nothing_left(arguments: object) -> None:
    if arguments:
        raise UsageError(f"there is no option {sorted(arguments)[0]!r}")  # type: ignore[call-overload]
