"""Orders for the tests of `pgfeed status`, and what it says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Result
from feed import Feed

MAPPING = """\
feed: orders
root: orders
skip_when: [$.cancelled]
tables:
  orders:
    key: [id]
    on_duplicate: skip
    columns: {id: {path: $.id, type: bigint}}
  items:
    from: $.items[*]
    columns:
      order_id: {path: $.id, type: bigint}
      price: {path: "@.price", type: "numeric(6,2)"}
"""


def order(number: int) -> dict[str, Any]:
    """Every tenth is cancelled, every 25th from the 7th on is wrong. It has up to three items."""
    items = [{"price": "much" if number % 25 == 7 and i == 0 else number + i / 4} for i in range(number % 10 % 4)]
    return {"id": number, "items": items, **({"cancelled": True} if number % 10 == 0 else {})}


def kinds(numbers: range) -> tuple[int, int, int, int]:
    """Loaded, skipped and rejected documents, and rows."""
    rejected = [n for n in numbers if n % 25 == 7]
    skipped = [n for n in numbers if n % 10 == 0]
    loaded = [n for n in numbers if n not in rejected and n not in skipped]
    return len(loaded), len(skipped), len(rejected), len(loaded) + sum(n % 10 % 4 for n in loaded)


def size_of(numbers: range) -> int:
    """Bytes of these documents, as --limit takes them: without the last line break."""
    return sum(len(json.dumps(order(number))) + 1 for number in numbers) - 1


def write(feed: Feed, name: str, numbers: range) -> Path:
    return feed.file(name, "".join(json.dumps(order(number)) + "\n" for number in numbers))


def ask(feed: Feed, *arguments: object, to: str = "") -> Result:
    result = feed.pgfeed("status", "--to", to or feed.database.conninfo, *arguments)
    assert result.exit_code == 0, result
    return result


def status(feed: Feed, *arguments: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(ask(feed, "--json", *arguments).stdout)
    return report


def only_feed(feed: Feed, *arguments: object) -> dict[str, Any]:
    (found,) = status(feed, *arguments)["feeds"]
    assert isinstance(found, dict)
    return found
