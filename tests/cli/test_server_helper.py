"""The server of a test's own (server.py) does what fault tests want of it."""

from __future__ import annotations

import psycopg
import pytest
from feed import Feed
from server import Server, Template

ITEMS = "tables: {items: {key: [id], on_duplicate: skip, columns: {id: {path: $.id, type: integer}}}}"


def started_at(server: Server) -> object:
    with server.connect() as session:
        return session.execute("SELECT pg_postmaster_start_time()").fetchone()


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_restart_ends_sessions_and_keeps_what_was_committed(server: Server, server_feed: Feed, mode: str) -> None:
    before = started_at(server)
    server_feed.query("CREATE TABLE kept AS SELECT 42 AS answer")
    with server.connect() as session:
        server.restart(mode)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert server_feed.values("SELECT answer FROM kept") == [42]
    assert started_at(server) != before
    assert ("was interrupted" in server.log()) == (mode == "immediate")


def test_a_killed_backend_takes_all_sessions_with_it(server: Server) -> None:
    victim, other = server.connect(), server.connect()
    before = started_at(server)
    server.kill_backend(victim.info.backend_pid)
    for session in (victim, other):
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
        session.close()
    assert started_at(server) == before
    assert "was terminated by signal 9" in server.log()


def fail_in(server: Server) -> None:
    with server:
        server.start()
        raise ZeroDivisionError


def test_it_is_gone_after_a_test_that_failed(server_template: Template) -> None:
    server = Server(server_template)
    with pytest.raises(ZeroDivisionError):
        fail_in(server)
    assert not server.folder.exists()
    with pytest.raises(psycopg.OperationalError):
        server.connect()


def test_it_may_be_stopped_by_the_test(server_template: Template) -> None:
    with Server(server_template) as server:
        assert not server.is_running()
        server.start()
        server.stop("fast")
        assert not server.is_running()
        with pytest.raises(psycopg.OperationalError):
            server.connect()
    assert not server.folder.exists()


def test_servers_are_apart_and_take_settings(server_template: Template) -> None:
    with Server(server_template) as one, Server(server_template) as two:
        one.configure(max_connections="7")
        for server in (one, two):
            server.start()
        assert one.port != two.port
        with one.connect() as session:
            assert session.execute("SHOW max_connections").fetchone() == ("7",)
        one.create_database("only_here")
        with two.connect() as session:
            assert session.execute("SELECT 1 FROM pg_database WHERE datname = 'only_here'").fetchone() is None


def test_a_load_goes_there(server_feed: Feed) -> None:
    server_feed.mapping(ITEMS)
    server_feed.load(server_feed.documents({"id": 1}, {"id": 2}))
    assert server_feed.values("SELECT id FROM items ORDER BY id") == [1, 2]
