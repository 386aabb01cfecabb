"""Timestamps with a zone and without: one for the other, as Spark casts them, in batches of Arrow.

pyarrow's own functions know no summer time after 2037 where they read the system's zones, nor all of Spark's offsets.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Callable
from zoneinfo import ZoneInfo

import pyarrow
import pyarrow.compute

from pgfeed.errors import UsageError

_MICROSECOND = datetime.timedelta(microseconds=1)
_DAY = datetime.timedelta(days=1) // _MICROSECOND
_EPOCH = datetime.datetime(1970, 1, 1)
_UTC_EPOCH = _EPOCH.replace(tzinfo=datetime.timezone.utc)
# Python's years end at 9999. The calendar, and with it the rules of a zone, comes again after 400 years; before the first of
# its rules a zone has one offset.
_LEAST = (datetime.datetime(2, 1, 1) - _EPOCH) // _MICROSECOND
_MOST = (datetime.datetime(9900, 1, 1) - _EPOCH) // _MICROSECOND
_CYCLE = datetime.timedelta(days=146_097) // _MICROSECOND
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d\d))?(?::?(\d\d))?")


class TimeZone:
    """A time zone of Spark's, for arrays of timestamps. Raises `UsageError` where nobody here knows it."""

    def __init__(self, name: str) -> None:
        self._zone = _zone_of(name)
        self._at_instants: dict[int, int | None] = {}
        self._at_locals: dict[int, int | None] = {}

    def to_local(self, instants: pyarrow.Array) -> pyarrow.Array:
        """What a clock shows at these instants."""
        times = _microseconds(instants)
        offsets = _offsets(times, self._at_instants, self._offset_at_instant)
        return pyarrow.compute.add(times, offsets).cast(pyarrow.timestamp("us"))

    def to_instants(self, shown: pyarrow.Array) -> pyarrow.Array:
        """When a clock shows that: the first time, if twice; if never, as if it had not been put forward yet."""
        times = _microseconds(shown)
        offsets = _offsets(times, self._at_locals, self._offset_at_local)
        return pyarrow.compute.subtract(times, offsets).cast(pyarrow.timestamp("us", "UTC"))

    def _offset_at_instant(self, time: int) -> int:
        return _offset((_UTC_EPOCH + _within_years(time)).astimezone(self._zone))

    def _offset_at_local(self, time: int) -> int:
        return _offset((_EPOCH + _within_years(time)).replace(tzinfo=self._zone))


@lru_cache
def time_zone(name: str) -> TimeZone:
    """The zone of that name; as `TimeZone`."""
    return TimeZone(name)


def _zone_of(name: str) -> datetime.tzinfo:
    try:
        if found := _OFFSET.fullmatch(name):
            hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
            offset = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds)
            return datetime.timezone(-offset if found[1] == "-" else offset)
        return datetime.timezone.utc if name == "Z" else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"this node knows no time zone {name!r}: install tzdata, or name another one") from error


def _microseconds(times: pyarrow.Array) -> pyarrow.Array:
    return times.cast(pyarrow.timestamp("us", times.type.tz)).cast(pyarrow.int64())


def _offsets(times: pyarrow.Array, known: dict[int, int | None], offset_at: Callable[[int], int]) -> pyarrow.Array:
    """The offset of each time; `known` are those of days, None where a day has several."""
    days = pyarrow.compute.divide(times, _DAY).dictionary_encode()
    listed = days.dictionary.to_pylist()
    for day in listed:
        if day not in known:
            known[day] = _offset_within(day, offset_at)
    offsets = pyarrow.array([known[day] for day in listed], pyarrow.int64()).take(days.indices)
    lacking = pyarrow.compute.and_(offsets.is_null(), times.is_valid())
    each = [offset_at(time) for time in times.filter(lacking).to_pylist()]
    return pyarrow.compute.replace_with_mask(offsets, lacking, pyarrow.array(each, pyarrow.int64()))


def _offset_within(day: int, offset_at: Callable[[int], int]) -> int | None:
    """`day` is a time divided, and what is left over was cut off: towards the epoch."""
    first = offset_at(day * _DAY if day > 0 else (day - 1) * _DAY + 1)
    last = offset_at(day * _DAY if day < 0 else (day + 1) * _DAY - 1)
    return first if first == last else None


def _within_years(time: int) -> datetime.timedelta:
    if time > _MOST:
        time -= -((_MOST - time) // _CYCLE) * _CYCLE
    return datetime.timedelta(microseconds=max(time, _LEAST))


def _offset(moment: datetime.datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return offset // _MICROSECOND
