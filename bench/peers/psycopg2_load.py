"""One connection's load with psycopg2, as a script has it and as a Spark task has it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tweet_rows import TABLES, Batch, Row

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

BATCH_TWEETS = 5000  # a transaction each
PAGE_ROWS = 1000  # of one INSERT

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert_values(cursor: Cursor, table: str, rows: list[Row]) -> None:
    from psycopg2.extras import execute_values

    execute_values(cursor, f"INSERT INTO {table} VALUES %s ON CONFLICT DO NOTHING", rows, page_size=PAGE_ROWS)


def copy_line(row: Row) -> str:
    return "\t".join("\\N" if value is None else str(value).translate(ESCAPES) for value in row) + "\n"


def copy_and_merge(cursor: Cursor, table: str, rows: list[Row]) -> None:
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
    cursor.copy_expert(f"COPY new_{table} FROM STDIN", io.StringIO("".join(map(copy_line, rows))))
    cursor.execute(f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING")


Writer = Callable[["Cursor", str, list[Row]], None]
WRITERS: dict[str, Writer] = {"values": insert_values, "copy": copy_and_merge}


def load(lines: Iterable[str], mode: str) -> None:
    """Loads lines over a connection of its own. `mode`: values or copy. The connection is by PG* environment."""
    import psycopg2

    connection = psycopg2.connect("")
    write = WRITERS[mode]
    try:
        with connection.cursor() as cursor:
            batch = Batch()
            for line in lines:
                batch.add(json.loads(line))
                if batch.tweets == BATCH_TWEETS:
                    commit(connection, cursor, batch, write)
                    batch = Batch()
            commit(connection, cursor, batch, write)
    finally:
        connection.close()


def commit(connection: Connection, cursor: Cursor, batch: Batch, write: Writer) -> None:
    for table in TABLES:
        rows = batch.sorted_rows(table)
        if rows:
            write(cursor, table, rows)
    connection.commit()
