"""The limit: what the server can take when nobody has to read, parse or send anything.

The rows that another way left in the tables are written to binary files on the server's disk, in as many parts as
there are sessions. Then each session takes its parts by server-side COPY FROM. A part is a run of a table's pages, so
the rows come in the order in which they were loaded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from server import Server

TABLES = {
    "users": "id_users",
    "tweets": "id_tweets",
    "tweet_urls": "id_tweets, url",
    "tweet_mentions": "id_tweets, id_users",
    "tweet_tags": "id_tweets, tag",
}
# With foreign keys, a table must be whole and committed before another session's rows may refer to it.
STAGES = (("users",), ("tweets",), ("tweet_urls", "tweet_mentions", "tweet_tags"))


class Limit:
    """Parts on the server's disk, and the ways to load them.

    Parameters
    ----------
    server : Server
        Running; its exports folder is writable for it.
    sessions : int
        Connections at a time; also the number of parts.
    """

    def __init__(self, server: Server, sessions: int) -> None:
        self._server = server
        self._sessions = sessions

    def export(self, database: str) -> None:
        """Writes the rows of the tables in `database` to files, over those of an earlier export."""
        for table in TABLES:
            self._server.execute(database, f"VACUUM {table}")  # for relpages
            [(pages,)] = self._server.rows(database, f"SELECT relpages FROM pg_class WHERE oid = '{table}'::regclass")
            for part in range(self._sessions):
                first, end = pages * part // self._sessions, pages * (part + 1) // self._sessions
                until = f" AND ctid < '({end},0)'" if part + 1 < self._sessions else ""
                query = f"SELECT * FROM {table} WHERE ctid >= '({first},0)'{until}"
                self._server.execute(database, f"COPY ({query}) TO '{self._file(table, part)}' (FORMAT binary)")

    def load(self, database: str) -> float:
        """Seconds to load into empty tables, one transaction for each session."""

        def session(part: int) -> None:
            self._copy(database, tuple(TABLES), part)

        return self._timed(session)

    def load_in_stages(self, database: str) -> float:
        """Seconds to load into empty tables with foreign keys: all sessions are done with a stage before the next."""
        barrier = threading.Barrier(self._sessions)

        def session(part: int) -> None:
            try:
                for tables in STAGES:
                    self._copy(database, tables, part)
                    barrier.wait()
            except BaseException:
                barrier.abort()
                raise

        return self._timed(session)

    def load_then_keys(self, database: str) -> float:
        """Seconds to load into tables without keys, and to add the keys over as many sessions. Drops them before."""
        for table in TABLES:
            self._server.execute(database, f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_pkey")
        barrier = threading.Barrier(self._sessions)

        def session(part: int) -> None:
            try:
                self._copy(database, tuple(TABLES), part)
                barrier.wait()
                for table in tuple(TABLES)[part :: self._sessions]:
                    self._server.execute(database, f"ALTER TABLE {table} ADD PRIMARY KEY ({TABLES[table]})")
            except BaseException:
                barrier.abort()
                raise

        return self._timed(session)

    def _file(self, table: str, part: int) -> Path:
        return self._server.exports / f"{table}.{part}"

    def _copy(self, database: str, tables: tuple[str, ...], part: int) -> None:
        # Several statements in one string are one transaction.
        copies = (f"COPY {table} FROM '{self._file(table, part)}' (FORMAT binary)" for table in tables)
        self._server.execute(database, "; ".join(copies))

    def _timed(self, session: Callable[[int], None]) -> float:
        errors: list[BaseException] = []

        def guarded(part: int) -> None:
            try:
                session(part)
            except BaseException as error:  # carried to the caller below
                errors.append(error)

        threads = [threading.Thread(target=guarded, args=(part,)) for part in range(self._sessions)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        for error in errors:
            if not isinstance(error, threading.BrokenBarrierError):
                raise error
        return seconds
