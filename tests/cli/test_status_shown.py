"""`pgfeed status` for a person, and with other ledgers, roles, versions and sizes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import PROGRAM, TIMEOUT_SECONDS, clean_environment
from feed import Feed
from psycopg import sql
from status_of_orders import MAPPING, ask, kinds, only_feed, status, write


@pytest.fixture
def orders(feed: Feed) -> Feed:
    feed.mapping(MAPPING)
    return feed


class TestShowing:
    def test_for_a_person(self, orders: Feed) -> None:
        write(orders, "a.ndjson", range(1, 400))
        for number in range(7):
            write(orders, f"b{number}.ndjson", range(400, 410))
        orders.load("*.ndjson", "--max-rejects", 100, "--limit", 399)
        text = ask(orders).stdout
        loaded, skipped, rejected, rows = kinds(range(1, 400))
        assert f" {loaded}  " in text
        assert "feed       orders" in text
        assert "sources    1 in whole, 0 in part, 7 not begun" in text
        assert text.count("missing    file://") == 5
        assert "and 2 sources more" in text
        assert f"{skipped:>7}  {rejected:>8}  {rows:>4}" in text
        assert f"{rejected:>7}  rejected  22P02     items, price" in text
        (row,) = [line for line in text.splitlines() if " done " in line]
        assert row.split()[:2] == ["1", "done"]
        detail = ask(orders, 1).stdout
        assert "load       1 of feed orders into" in detail
        assert "sources: *.ndjson" in detail
        for line in [*text.splitlines(), *detail.splitlines()]:
            assert len(line) <= 100 or "file://" in line or line.startswith(("client", "options")), line

    def test_names_neither_break_nor_colour_the_terminal(self, feed: Feed) -> None:
        hostile = "\x1b[31mr\"e'd\n\t\x07\x9b31m\u202e%s{}"
        feed.mapping("feed: " + json.dumps(hostile) + "\ntables:\n  seen: {columns: {id: {path: $.id, type: bigint}}}\n")
        path = feed.file(
            hostile.replace("\u202e", "").replace("\x9b", "") + ".ndjson", '{"id": 1}\n{"id": "\x7f\u009b31m"}\n'
        )
        feed.load(path, "--max-rejects", 1)
        feed.query(
            "INSERT INTO pgfeed.loads (feed, mapping_hash, role) SELECT feed, E'\\x1b[2J', E'\\x1b[2J' FROM pgfeed.feeds"
        )
        for arguments in ([], [1], [2]):
            text = ask(feed, *arguments).stdout
            shown = {char for char in text if ord(char) < 32 or 127 <= ord(char) < 160 or 0x2028 <= ord(char) < 0x202F}
            assert shown == {"\n"}
        assert r"\x1b[31mr" in ask(feed).stdout
        assert only_feed(feed)["feed"] == hostile
        assert status(feed, 1)["options"]["sources"] == [str(path)]
        result = feed.pgfeed("status", "--to", feed.database.conninfo, "--feed", "\x1b[31m")
        assert "\x1b" not in result.stderr
        assert only_feed(feed, "--feed", hostile)["feed"] == hostile

    def test_a_name_that_is_not_text(self, feed: Feed) -> None:
        feed.mapping("feed: seen\ntables:\n  seen: {columns: {id: {path: $.id, type: bigint}}}\n")
        name = os.fsencode(feed.folder) + b"/\xff\xc3(.ndjson"
        Path(os.fsdecode(name)).write_bytes(b'{"id": 1}\n')
        command: list[Any] = [PROGRAM, "load", "-m", "feed.yaml", "--to", feed.database.conninfo, name]
        subprocess.run(command, cwd=feed.folder, env=clean_environment(), check=True, capture_output=True)
        assert status(feed, 1)["options"]["sources"] == [f"{feed.folder}/\ufffd\ufffd(.ndjson"]


class TestElsewhere:
    def test_without_a_ledger(self, orders: Feed) -> None:
        result = ask(orders)
        assert "There is no ledger" in result.stdout
        report = status(orders)
        assert (report["has_ledger"], report["feeds"]) == (False, [])
        assert orders.values("SELECT to_regnamespace('pgfeed') IS NULL") == [True]

    def test_another_schema(self, orders: Feed) -> None:
        orders.load(write(orders, "a.ndjson", range(1, 5)), "--ledger-schema", "Other, one")
        assert not status(orders)["has_ledger"]
        assert only_feed(orders, "--ledger-schema", "Other, one")["loads"][0]["documents"]["read"] == 4

    def test_a_role_that_may_only_look(self, orders: Feed) -> None:
        orders.load(write(orders, "a.ndjson", range(1, 30)), "--max-rejects", 5)
        role = f"looks_{os.getpid()}"
        with psycopg.connect(orders.database.conninfo, autocommit=True) as session:
            session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            try:
                to = f"{orders.database.conninfo} user={role}"
                result = orders.pgfeed("status", "--to", to)
                assert (result.exit_code, "permission denied" in result.stderr) == (5, True)
                session.execute(
                    sql.SQL(
                        "GRANT USAGE ON SCHEMA pgfeed TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA pgfeed TO {0}"
                    ).format(sql.Identifier(role))
                )
                assert ask(orders, to=to).stdout == ask(orders).stdout
                assert ask(orders, 1, "--json", to=to).stdout == ask(orders, 1, "--json").stdout
            finally:
                session.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))

    @pytest.mark.parametrize(("version", "said"), [(2, "the next load brings it up"), (99, "made by a newer pgfeed")])
    def test_a_ledger_of_another_version(self, orders: Feed, version: int, said: str) -> None:
        orders.load(write(orders, "a.ndjson", range(1, 5)))
        orders.query(f"UPDATE pgfeed.version SET version = {version}")
        result = orders.pgfeed("status", "--to", orders.database.conninfo)
        assert (result.exit_code, said in result.stderr) == (5, True), result
        assert orders.values("SELECT version FROM pgfeed.version") == [version]

    def test_a_hundred_thousand_sources(self, orders: Feed) -> None:
        """Little memory: the address space is bounded, at what the program takes and a little more."""
        orders.load(write(orders, "a.ndjson", range(1, 5)))
        orders.query(
            "INSERT INTO pgfeed.sources (feed, uri, generation, load, size, version, content_size) SELECT 'orders', "
            "'file:///data/' || n, 1, 1, 1000, 'v', 1000 FROM generate_series(1, 100000) n"
        )
        orders.query(
            "INSERT INTO pgfeed.splits (source, span, load, worker, loaded, rows) SELECT source, int8range(0, 500), 1, "
            '\'w\', 1, \'{"orders": {"inserted": 1, "merged": 0, "already_there": 0}}\' FROM pgfeed.sources '
            "WHERE source > 1 AND source % 2 = 0"
        )
        report = json.loads(limited(orders, "--json"))
        (found,) = report["feeds"]
        assert found["sources"] == {"in_whole": 1, "in_part": 50_000, "not_begun": 50_000, "without_end": 0}
        assert found["bytes_missing"] == 50_000 * 500 + 50_000 * 1000
        assert len({source["source"] for source in found["missing"]}) == 100_000
        assert found["loads"][0]["documents"]["loaded"] == 4 + 50_000
        assert "and 99,995 sources more" in limited(orders)


def limited(feed: Feed, *arguments: str) -> str:
    megabytes = 500
    command = f'ulimit -v {megabytes * 1024}; exec "$@"'
    done = subprocess.run(
        ["bash", "-c", command, "bash", PROGRAM, "status", "--to", feed.database.conninfo, *arguments],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    return done.stdout
