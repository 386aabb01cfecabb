"""Ways to publish all of a load in one transaction, compared: seconds of the server's CPU for the rows that the tables hold.

Rows are staged in tables of their types, or as bytes in pieces; then they go into tables with the same keys, by
INSERT … SELECT from the former, or read back from the latter and sent by COPY.
"""

from __future__ import annotations

import io
import os
import struct
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server import Server

PIECE = 1 << 20  # bytes, as pgfeed stages them
KINDS = {"unlogged": "UNLOGGED TABLE", "logged": "TABLE"}


class Comparison:
    """One session, and what its statements have cost the server."""

    def __init__(self, server: Server, database: str) -> None:
        self._connection: Any = server.connect(database)
        self._cursor = self._connection.cursor()
        [(pid,)] = self._rows("SELECT pg_backend_pid()")
        self._stat = Path(f"/proc/{pid}/stat")
        self.cpu_seconds: dict[str, float] = defaultdict(float)

    def run(self) -> dict[str, float]:
        tables = [name for (name,) in self._rows("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")]
        self._cursor.execute("CREATE SCHEMA compared")
        try:
            rows = {table: self._copy_out(f"SELECT * FROM public.{table} ORDER BY ctid") for table in tables}
            for table in tables:
                self._by_rows(table, rows[table])
            for kind in KINDS:
                self._by_pieces(kind, b"".join(rows.values()))
        finally:
            self._cursor.execute("DROP SCHEMA compared CASCADE")
            self._connection.close()
        return dict(self.cpu_seconds)

    def _by_rows(self, table: str, rows: bytes) -> None:
        for kind, kind_sql in KINDS.items():
            self._cursor.execute("DROP TABLE IF EXISTS compared.stage")
            self._cursor.execute(f"CREATE {kind_sql} compared.stage (LIKE public.{table})")
            self._measure(f"stage rows, {kind}", lambda: self._copy_in("compared.stage", rows))
        for name in ("merged", "copied"):
            self._cursor.execute(f"CREATE TABLE compared.{name}_{table} (LIKE public.{table} INCLUDING INDEXES)")
        merge = f"INSERT INTO compared.merged_{table} SELECT * FROM compared.stage"
        self._measure("publish staged rows by INSERT … SELECT", lambda: self._cursor.execute(merge))
        self._measure("publish pieces by COPY", lambda: self._copy_in(f"compared.copied_{table}", rows))

    def _by_pieces(self, kind: str, rows: bytes) -> None:
        pieces = [rows[at : at + PIECE] for at in range(0, len(rows), PIECE)]
        name = f"compared.pieces_{kind}"
        self._cursor.execute(f"CREATE {KINDS[kind]} {name} (piece int PRIMARY KEY, bytes bytea)")
        self._cursor.execute(f"ALTER TABLE {name} ALTER bytes SET STORAGE EXTERNAL")
        binary = b"".join(struct.pack("!hiii", 2, 4, i, len(piece)) + piece for i, piece in enumerate(pieces))
        header = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
        self._measure(f"stage pieces, {kind}", lambda: self._copy_in(name, header + binary + struct.pack("!h", -1)))
        self._measure(f"read pieces, {kind}", lambda: self._copy_out(f"SELECT bytes FROM {name} ORDER BY piece"))

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(sql)
        return list(self._cursor.fetchall())

    def _copy_out(self, select: str) -> bytes:
        out = io.BytesIO()
        self._cursor.copy_expert(f"COPY ({select}) TO STDOUT (FORMAT binary)", out)
        return out.getvalue()

    def _copy_in(self, table: str, rows: bytes) -> None:
        self._cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", io.BytesIO(rows))

    def _measure(self, what: str, work: Callable[[], object]) -> None:
        self._cursor.execute("CHECKPOINT")
        before = self._cpu()
        work()
        self.cpu_seconds[what] += self._cpu() - before

    def _cpu(self) -> float:
        fields = self._stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()
        user, system = int(fields[11]), int(fields[12])
        return (user + system) / os.sysconf("SC_CLK_TCK")


def compare_mechanisms(server: Server, database: str) -> dict[str, float]:
    """Prints and returns seconds by step, for the rows that the tables of the database hold."""
    seconds = Comparison(server, database).run()
    for what, cpu in seconds.items():
        print(f"  {what:40} {cpu:.2f} s of the server's CPU")
    return seconds
