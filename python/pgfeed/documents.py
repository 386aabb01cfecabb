"""Documents as users have them, as JSON texts."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import uuid
from typing import Any, Union

Document = Union[str, bytes, "dict[str, Any]", Any]
"""A JSON text as str or bytes, a dict, or a Row of Spark."""


def text_of(document: Document) -> str | bytes:
    """Return a document's JSON text: str and bytes are one already, anything else is written as one.

    Decimals, times, UUIDs and bytes become strings that PostgreSQL's types take, NaN and infinities too.
    Raises `TypeError` for what has no JSON.
    """
    if isinstance(document, (str, bytes)):
        return document
    if isinstance(document, bytearray):
        return bytes(document)
    if hasattr(document, "asDict"):
        document = document.asDict(recursive=True)
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    except ValueError:  # NaN, or an infinity
        return json.dumps(_without_nan(document), ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, (datetime.date, datetime.time)):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"P{value.days}DT{value.seconds}.{value.microseconds:06}S"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if hasattr(value, "asDict"):
        return value.asDict(recursive=True)
    if hasattr(value, "tolist"):  # numpy's
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"a document holds a {type(value).__name__}, which has no JSON")


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - as json has it
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _without_nan(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(element) for element in value]
    return value
