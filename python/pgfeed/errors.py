"""What can go wrong, in the terms in which a caller decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pgfeed.report import Report


class Error(Exception):
    """The root of all errors that pgfeed raises. ``str(error)`` is a whole sentence for a person.

    A program decides by the class and the attributes, never by the text. Errors can be pickled: they come back from a
    Spark executor as they were.

    Attributes
    ----------
    kind : str
        ``usage``, ``mapping``, ``source``, ``database``, ``rejects`` or ``interrupted``; each has a class of its own.
    sqlstate : str or None
        The server's code, five characters; None where no server spoke.
    source : str or None
        URI of the source, or path of the mapping file.
    byte : int or None
        Offset in the source, after decompression, from 0.
    line : int or None
        Line in the source, from 1.
    table, column, constraint : str or None
        As PostgreSQL reports them.
    retryable : bool
        Whether the same may succeed if tried again.
    report : Report or None
        Of a load that has begun: what is in by now.
    """

    kind: ClassVar[str] = ""
    report: Report | None = None

    def __init__(
        self,
        sentence: str,
        *,
        sqlstate: str | None = None,
        source: str | None = None,
        byte: int | None = None,
        line: int | None = None,
        table: str | None = None,
        column: str | None = None,
        constraint: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sqlstate = sqlstate
        self.source = source
        self.byte = byte
        self.line = line
        self.table = table
        self.column = column
        self.constraint = constraint
        self.retryable = retryable


class UsageError(Error):
    """What was asked for makes no sense, or is refused."""

    kind = "usage"


class MappingError(Error):
    """The mapping has a fault, or cannot be read."""

    kind = "mapping"


class SourceError(Error):
    """A source cannot be read, or has changed meanwhile."""

    kind = "source"


class DatabaseError(Error):
    """The server refused something, or cannot be reached."""

    kind = "database"


class RejectsError(Error):
    """More documents were rejected than allowed."""

    kind = "rejects"


class Interrupted(Error):
    """Somebody asked for an end."""

    kind = "interrupted"


_CLASSES = {each.kind: each for each in (UsageError, MappingError, SourceError, DatabaseError, RejectsError, Interrupted)}


def error_of_kind(
    kind: str,
    sentence: str,
    sqlstate: str,
    source: str,
    byte: int,
    line: int,
    table: str,
    column: str,
    constraint: str,
    retryable: bool,
) -> Error:
    """Make an error of what the engine says, where nothing is ``""`` or -1. For the engine only."""
    return _CLASSES[kind](
        sentence,
        sqlstate=sqlstate or None,
        source=source or None,
        byte=None if byte < 0 else byte,
        line=None if line < 0 else line,
        table=table or None,
        column=column or None,
        constraint=constraint or None,
        retryable=retryable,
    )
