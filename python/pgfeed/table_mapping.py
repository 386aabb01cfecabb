"""The mapping of flat rows into one table, where nobody wrote one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pgfeed import _engine
from pgfeed.errors import UsageError

OnDuplicate = str
"""``error``, ``skip``, ``fill``, ``update``, or ``latest:COLUMN`` (docs/mapping.md)."""

_RULES = ("error", "skip", "fill", "update")


@dataclass(frozen=True)
class TableTarget:
    """A table as the catalog has it, or as it is to be made."""

    name: str
    is_there: bool
    types: dict[str, str]  #: of its columns
    key: list[str]  #: of its primary key; empty: it has none


def look_at_table(session: _engine.SessionOptions, table: str) -> TableTarget:
    """Ask the catalog. Raises `MappingError` for a name that is none, `DatabaseError`."""
    found = _engine.look_at_table(session, table)
    if found is None:
        return TableTarget(table, False, {}, [])
    columns, key = found
    return TableTarget(table, True, dict(columns), key)


def table_mapping(
    target: TableTarget, columns: dict[str, str], on_duplicate: OnDuplicate = "error", key: list[str] | None = None
) -> str:
    """Write the mapping of objects with these columns into the table: name and, to make it, type of each.

    `key` is what tells rows apart; the table's primary key, unless given. Raises `UsageError` for columns that the table
    does not have, and where a rule has no key to go by.
    """
    lacking = [name for name in columns if target.is_there and name not in target.types]
    if lacking:
        raise UsageError(f"table {target.name} has no column {lacking[0]!r}: it has {', '.join(target.types)}")
    rule = _rule(on_duplicate)
    wanted_key = key or [name for name in target.key if set(target.key) <= set(columns)]
    if rule != "error" and not wanted_key:
        raise UsageError(
            f"on_duplicate={on_duplicate!r} needs a key: table {target.name} has no primary key among the columns"
        )
    table: dict[str, object] = {"on_duplicate": rule} if wanted_key else {}
    if wanted_key:
        table["key"] = wanted_key
    table["columns"] = {
        name: {"path": _path(name)} if target.is_there else {"path": _path(name), "type": kind}
        for name, kind in columns.items()
    }
    # JSON is YAML, too.
    return json.dumps({"version": 1, "feed": target.name, "tables": {target.name: table}})


def _rule(on_duplicate: OnDuplicate) -> object:
    rule, _, column = on_duplicate.partition(":")
    if rule == "latest" and column:
        return {"latest": column}
    if on_duplicate in _RULES:
        return on_duplicate
    raise UsageError(f"on_duplicate is one of {', '.join(_RULES)} and latest:COLUMN, and not {on_duplicate!r}")


def _path(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'$["{escaped}"]'
