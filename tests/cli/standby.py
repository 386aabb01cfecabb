"""A standby of a server of the test's own, by asynchronous streaming replication.

with Proxy(server.conninfo()) as link, Standby(server, link.conninfo) as standby:
    standby.start()
    …
    link.refuse()
    link.cut()  # from here on it gets nothing more
    server.stop()
    standby.promote()
"""

from __future__ import annotations

from server import Server, free_port, make_folder, run


class Standby(Server):
    """Made from `primary` as it is now, which it follows through the connection string `by`."""

    def __init__(self, primary: Server, by: str) -> None:
        self._programs = primary._programs
        self.folder = make_folder("pgfeed-standby-")
        self.data = self.folder / "data"
        run(
            *(self._programs / "pg_basebackup", "-d", by, "-D", self.data, "--write-recovery-conf"),
            *("--wal-method=stream", "--checkpoint=fast", "--no-sync"),
        )
        self.port = free_port()
        self.configure(port=str(self.port), unix_socket_directories=str(self.folder))

    def __enter__(self) -> Standby:
        return self

    def promote(self) -> None:
        """Returns when it takes what is written."""
        self._control("promote")
