"""The script one begins with: one process, one connection, psycopg2's execute_values.

serial_psycopg2.py FILE…      (connection by PG* environment; prints {"seconds": …})
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from psycopg2_load import load


def lines_of(paths: list[str]) -> Iterator[str]:
    for path in paths:
        with Path(path).open(encoding="utf-8") as file:
            yield from file


if __name__ == "__main__":
    begin = time.monotonic()
    load(lines_of(sys.argv[1:]), "values")
    print(json.dumps({"seconds": time.monotonic() - begin}))
