"""`pgfeed status`: what the ledger knows, against counts of the test's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from proxy import Proxy
from running import start
from status_of_orders import MAPPING, ask, kinds, only_feed, size_of, status, write

# A load that waits in its first split, for as long as the table is locked.
LOCKED = "LOCK TABLE items IN ACCESS EXCLUSIVE MODE"


@pytest.fixture
def orders(feed: Feed) -> Feed:
    feed.mapping(MAPPING)
    return feed


@pytest.fixture
def running(orders: Feed) -> Iterator[subprocess.Popen[str]]:
    """Load 2, which waits in mid-split behind a lock that goes when the fixture ends."""
    orders.load(write(orders, "a.ndjson", range(1, 6)))
    path = write(orders, "b.ndjson", range(10, 60))
    with psycopg.connect(orders.database.conninfo) as other:
        other.execute(LOCKED)
        process = start(orders, "--max-rejects", "100%", path)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^pgfeed load 2 ' AND wait_event_type = 'Lock'"
        )
        while not orders.values(waiting)[0]:
            assert process.poll() is None
        yield process
        process.kill()
        other.rollback()
    process.communicate(timeout=TIMEOUT_SECONDS)


class TestCounts:
    def test_loads_are_what_their_reports_said(self, orders: Feed) -> None:
        first = write(orders, "a.ndjson", range(1, 400))
        second = write(orders, "b.ndjson", range(400, 1001))
        reports = [
            orders.load(first, "--max-rejects", 100, "--split-size", "4KiB"),
            orders.load(first, second, "--max-rejects", 100),
        ]
        latest = only_feed(orders)["loads"]
        assert [load["load"] for load in latest] == [2, 1]
        for load, report, numbers in zip(latest[::-1], reports, [range(1, 400), range(400, 1001)], strict=True):
            loaded, skipped, rejected, rows = kinds(numbers)
            assert load["documents"] == report["documents"]
            assert load["documents"] == {
                "read": len(numbers),
                "loaded": loaded,
                "skipped": skipped,
                "rejected": rejected,
            }
            assert (load["state"], load["publish"], load["rows"]) == ("done", "split", rows)
            assert (load["splits"], load["bytes"]) == (report["splits"], report["bytes"])
            assert load["bytes_per_second"] == pytest.approx(load["bytes"] / load["seconds"])
            assert load["documents_per_second"] == pytest.approx(len(numbers) / load["seconds"])
            ((began, seconds),) = orders.query(
                "SELECT to_char(started AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), "
                f"extract(epoch FROM ended - started)::float8 FROM pgfeed.loads WHERE load = {load['load']}"
            )
            assert (load["started"], load["seconds"]) == (began.replace(" ", "T") + "Z", pytest.approx(seconds))
        assert [load["bytes"] for load in latest] == [second.stat().st_size, first.stat().st_size]

    def test_sources_and_what_is_missing(self, orders: Feed) -> None:
        for name, numbers in [("a", range(1, 5)), ("b", range(11, 40)), ("c", range(41, 50))]:
            write(orders, f"{name}.ndjson", numbers)
        orders.load("a.ndjson", "b.ndjson", "c.ndjson", "--limit", 14, "--max-rejects", 100)
        found = only_feed(orders)
        sizes = {name: (orders.folder / f"{name}.ndjson").stat().st_size for name in "abc"}
        in_b = size_of(range(11, 21))
        assert found["sources"] == {"in_whole": 1, "in_part": 1, "not_begun": 1, "without_end": 0}
        assert found["bytes_in"] == sizes["a"] + in_b
        assert found["bytes_missing"] == sizes["b"] - in_b + sizes["c"]
        uri = f"file://{orders.folder}"
        assert found["missing"] == [
            {"source": f"{uri}/b.ndjson", "bytes_in": in_b, "bytes": sizes["b"]},
            {"source": f"{uri}/c.ndjson", "bytes_in": 0, "bytes": sizes["c"]},
        ]
        orders.load("b.ndjson", "c.ndjson", "--max-rejects", 100)
        found = only_feed(orders)
        assert found["sources"] == {"in_whole": 3, "in_part": 0, "not_begun": 0, "without_end": 0}
        assert (found["bytes_in"], found["bytes_missing"], found["missing"]) == (sum(sizes.values()), 0, [])

    def test_of_a_source_that_was_loaded_again_the_last_time_counts(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 5))
        orders.load(path)
        orders.load(path, "--reload", "--limit", 1)
        found = only_feed(orders)
        assert found["sources"] == {"in_whole": 0, "in_part": 1, "not_begun": 0, "without_end": 0}
        assert found["bytes_missing"] == path.stat().st_size - size_of(range(1, 2))

    def test_rejects_by_place_reason_and_state(self, orders: Feed) -> None:
        orders.load(write(orders, "a.ndjson", range(1, 200)), "--max-rejects", 100)
        wrong = len([n for n in range(1, 200) if n % 25 == 7])
        orders.load(orders.file("b.ndjson", "{\n" * 3), "--max-rejects", 100)
        orders.refuse(6, orders.documents({"id": "x"}))
        counts = {
            (count["table"], count["column"], count["sqlstate"], count["state"]): count["documents"]
            for count in only_feed(orders)["rejects"]
        }
        assert counts == {
            ("items", "price", "22P02", "rejected"): wrong,
            (None, None, "22P02", "rejected"): 3,
            ("orders", "id", "22P02", "stopped"): 1,
        }
        assert list(counts.values()) == sorted(counts.values(), reverse=True)

    def test_documents_that_were_parked_first_count(self, feed: Feed) -> None:
        """What a split could not load was loaded at the end."""
        feed.query("CREATE TABLE parents (id bigint PRIMARY KEY)")
        feed.query("CREATE TABLE children (id bigint, parent bigint REFERENCES parents)")
        feed.mapping(
            "feed: family\ntables:\n"
            "  parents: {when: $.parents, from: '$.parents[*]', columns: {id: '@.id'}}\n"
            "  children: {from: '$.children[*]', columns: {id: '@.id', parent: '@.parent'}}\n"
        )
        children = feed.documents(*({"children": [{"id": n, "parent": n}]} for n in range(7)))
        parents = feed.documents({"parents": [{"id": n} for n in range(4)]})
        report = feed.load(children, parents, "--max-rejects", 5, "--connections", 1)
        assert report["documents"] == {"read": 8, "loaded": 5, "skipped": 0, "rejected": 3}
        (load,) = only_feed(feed)["loads"]
        assert load["documents"] == report["documents"]
        assert load["rows"] == 8
        detail = status(feed, 1)
        assert {table["name"]: table["inserted"] for table in detail["tables"]} == {"parents": 4, "children": 4}

    def test_keys_that_are_still_to_be_made(self, orders: Feed) -> None:
        orders.load(write(orders, "a.ndjson", range(1, 5)))
        orders.query(
            "INSERT INTO pgfeed.pending_keys (phase, feed, table_name, statement) VALUES "
            "(0, 'orders', 'items', 'x'), (3, 'orders', 'items', 'y'), (3, 'orders', 'orders', 'z')"
        )
        assert only_feed(orders)["keys_pending"] == [
            {"table": "items", "statements": 2},
            {"table": "orders", "statements": 1},
        ]
        assert "still to be made on items, orders" in ask(orders).stdout

    def test_staged_splits_are_told_apart(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 30))
        orders.load(path, "--limit", 1)
        orders.query(
            "INSERT INTO pgfeed.staged_splits (source, span, load, worker, format, documents) SELECT source, "
            "int8range(content_size - 100, content_size), 1, 'w', 'h', 7 FROM pgfeed.sources"
        )
        staged = {"load": 1, "splits": 1, "bytes": 100, "documents": 7}
        assert only_feed(orders)["staged"] == [staged]
        assert status(orders, 1)["staged"] == staged
        assert "1 split of load 1, 0.0 MB, 7 documents: staged, not published" in " ".join(ask(orders).stdout.split())
        assert only_feed(orders)["bytes_missing"] == path.stat().st_size - size_of(range(1, 2))

    def test_feeds_apart_and_one_of_them(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 5))
        orders.load(path)
        orders.mapping(MAPPING.replace("feed: orders", "feed: again"))
        orders.load(path, "--reload")
        assert [found["feed"] for found in status(orders)["feeds"]] == ["again", "orders"]
        assert only_feed(orders, "--feed", "again")["loads"][0]["load"] == 2
        result = orders.pgfeed("status", "--to", orders.database.conninfo, "--feed", "none")
        assert result.exit_code == 2
        assert 'no feed "none"' in result.stderr

    def test_the_last_loads_and_how_many_more(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 3))
        for _ in range(7):
            orders.load(path)
        found = only_feed(orders)
        assert ([load["load"] for load in found["loads"]], found["loads_known"]) == ([7, 6, 5, 4, 3], 7)
        assert len(only_feed(orders, "--loads", 100)["loads"]) == 7
        assert "2 loads before" in ask(orders).stdout


class TestStates:
    def test_a_load_that_runs(self, orders: Feed, running: subprocess.Popen[str]) -> None:
        assert running.poll() is None
        load = only_feed(orders)["loads"][0]
        assert (load["load"], load["state"], load["ended"]) == (2, "running", None)
        assert load["seconds"] > 0
        assert "running" in ask(orders, 2).stdout

    def test_one_that_was_killed_is_shown_as_abandoned_and_nothing_is_written(
        self, orders: Feed, running: subprocess.Popen[str]
    ) -> None:
        running.kill()
        while orders.values("SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^pgfeed load 2'")[0]:
            pass
        assert only_feed(orders)["loads"][0]["state"] == "abandoned"
        assert status(orders, 2)["state"] == "abandoned"
        assert orders.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "running"]

    def test_the_next_load_of_the_feed_calls_it_abandoned(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 5))
        orders.load(path)
        orders.query("INSERT INTO pgfeed.feeds (feed, mapping_hash) VALUES ('other', 'h')")
        orders.query("INSERT INTO pgfeed.loads (feed, mapping_hash) VALUES ('orders', 'h'), ('other', 'h')")
        orders.load(path, "--dry-run")
        states = "SELECT feed, state FROM pgfeed.loads ORDER BY load"
        assert orders.query(states)[1:] == [("orders", "running"), ("other", "running")]
        orders.load(path)
        assert orders.query(states) == [
            ("orders", "done"),
            ("orders", "abandoned"),
            ("other", "running"),
            ("orders", "done"),
        ]

    def test_a_load_that_runs_is_let_be(self, orders: Feed, running: subprocess.Popen[str]) -> None:
        """Of numbers that begin alike (1, 12) too."""
        orders.query(
            "INSERT INTO pgfeed.loads (load, feed, mapping_hash) OVERRIDING SYSTEM VALUE VALUES (21, 'orders', 'h')"
        )
        orders.load(write(orders, "c.ndjson", range(0)))
        assert running.poll() is None
        assert orders.query("SELECT load, state FROM pgfeed.loads ORDER BY load") == [
            (1, "done"),
            (2, "running"),
            (3, "done"),
            (21, "abandoned"),
        ]

    def test_one_that_comes_back_ends_as_it_did(self, orders: Feed, proxy: Proxy) -> None:
        """It was called abandoned while its connections were lost."""
        orders.load(write(orders, "a.ndjson", range(1, 5)))
        orders.query(
            "CREATE FUNCTION abandon() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE pgfeed.loads SET state = "
            "'abandoned' WHERE load = 2 AND state = 'running'; RETURN NULL; END $$; CREATE TRIGGER abandon AFTER INSERT ON "
            "orders EXECUTE FUNCTION abandon()"
        )
        orders.load(write(orders, "b.ndjson", range(1, 5)))
        assert orders.values("SELECT state FROM pgfeed.loads ORDER BY load") == ["done", "done"]

    def test_a_load_has_its_name_before_it_can_be_seen(self, orders: Feed) -> None:
        """In the transaction that writes it down."""
        orders.load(write(orders, "a.ndjson", range(1, 5)))
        orders.query(
            "CREATE TABLE names (name text); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO names SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid(); RETURN NULL; "
            "END $$; CREATE TRIGGER look AFTER INSERT ON pgfeed.loads EXECUTE FUNCTION look()"
        )
        orders.load(write(orders, "b.ndjson", range(5, 6)))
        assert orders.values("SELECT name FROM names") == ["pgfeed load 2"]


class TestDetail:
    def test_options_and_client(self, orders: Feed) -> None:
        write(orders, "a.ndjson", range(1, 5))
        orders.load("a.ndjson", "--connections", 2, "--split-size", "64KiB", "--limit", 3, "--max-rejects", "5%")
        detail = status(orders, 1)
        assert detail["options"] == {
            "mapping": "feed.yaml",
            "sources": ["a.ndjson"],
            "connections": 2,
            "split_size": 65536,
            "max_rejects": "5%",
            "limit": 3,
        }
        client = detail["client"]
        assert (client["host"], client["folder"]) == (socket.gethostname(), str(orders.folder))
        assert client["pid"] > 0
        assert client["user"] == subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        version = orders.pgfeed("--version").stdout.split()[1]
        assert client["version"] == version
        assert detail["role"] == os.environ["PGUSER"]
        orders.load("a.ndjson", "--reload", "--strict-json")
        assert status(orders, 2)["options"].items() >= {"reload": True, "strict_json": True, "max_rejects": 0}.items()

    def test_no_secret_is_kept(self, orders: Feed, tmp_path: Path) -> None:
        service = tmp_path / "service.conf"
        keywords = "\n".join(orders.database.conninfo.split())
        service.write_text(f"[shop]\n{keywords}\npassword=hunter2\n", encoding="utf-8")
        path = write(orders, "a.ndjson", range(1, 5))
        result = orders.pgfeed(
            *("load", "-m", "feed.yaml", "--to", "service=shop"), path, env={"PGSERVICEFILE": str(service)}
        )
        assert result.exit_code == 0, result
        kept = json.dumps(orders.query("SELECT options::text, client::text FROM pgfeed.loads"))
        assert "a.ndjson" in kept
        for secret in ("hunter2", "service", "dbname"):
            assert secret not in kept

    def test_many_sources_as_given(self, orders: Feed) -> None:
        names = [f"{number:03}.ndjson" for number in range(130)]
        for name in names:
            orders.file(name, "")
        orders.load(*names)
        options = status(orders, 1)["options"]
        assert (options["sources"], options["source_arguments"]) == (names[:100], 130)

    def test_tables_workers_and_spans(self, orders: Feed) -> None:
        first = write(orders, "a.ndjson", range(1, 60))
        second = write(orders, "b.ndjson", range(60, 300))
        orders.load(first, "--max-rejects", 100, "--limit", 20)
        orders.load(first, second, "--max-rejects", 100, "--split-size", 1000, "--connections", 2)
        detail = status(orders, 2)
        loaded, _, _, rows = kinds(range(21, 300))
        assert {table["name"]: table["inserted"] for table in detail["tables"]} == {"orders": loaded, "items": rows - loaded}
        begun = size_of(range(1, 21))
        sources = {Path(source["source"]).name: source for source in detail["sources"]}
        assert sources["a.ndjson"]["covered"] == [[begun, first.stat().st_size]]
        assert sources["b.ndjson"]["covered"] == [[0, second.stat().st_size]]
        assert [source["missing"] for source in detail["sources"]] == [[], []]
        by_worker = {worker["worker"]: worker for worker in detail["workers"]}
        assert by_worker.keys() <= {"worker 1", "worker 2"}
        expected = orders.query(
            "SELECT right(worker, 8), count(*), sum(loaded + skipped + rejected), sum(upper(span) - lower(span)), "
            "sum(extract(epoch FROM ended - claimed))::float8 FROM pgfeed.splits WHERE load = 2 GROUP BY 1"
        )
        assert sorted(expected) == sorted(
            (name, each["splits"], each["documents"], each["bytes"], pytest.approx(each["seconds"]))
            for name, each in by_worker.items()
        )

    def test_gaps_are_what_no_load_has_brought(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 60))
        orders.load(path, "--max-rejects", 100, "--split-size", 300)
        spans = orders.query("SELECT lower(span), upper(span) FROM pgfeed.splits ORDER BY span")
        assert len(spans) > 6
        for gone in (1, 2, 4):
            orders.query(f"DELETE FROM pgfeed.splits WHERE lower(span) = {spans[gone][0]}")
        orders.query(f"DELETE FROM pgfeed.splits WHERE upper(span) = {path.stat().st_size}")
        orders.query("INSERT INTO pgfeed.loads (feed, mapping_hash, state) VALUES ('orders', 'h', 'done')")
        orders.query(f"UPDATE pgfeed.splits SET load = 2 WHERE lower(span) = {spans[3][0]}")
        (source,) = status(orders, 1)["sources"]
        assert source["covered"] == [list(spans[0]), [spans[5][0], spans[-2][1]]]
        assert source["missing"] == [[spans[1][0], spans[2][1]], list(spans[4]), list(spans[-1])]
        assert [each["covered"] for each in status(orders, 2)["sources"]] == [[list(spans[3])]]

    def test_a_load_that_is_not_there(self, orders: Feed) -> None:
        path = write(orders, "a.ndjson", range(1, 5))
        result = orders.pgfeed("status", "--to", orders.database.conninfo, 3)
        assert (result.exit_code, "has no ledger" in result.stderr) == (2, True)
        orders.load(path)
        result = orders.pgfeed("status", "--to", orders.database.conninfo, 3)
        assert (result.exit_code, "no load 3" in result.stderr) == (2, True)
        assert orders.pgfeed("status", "x").exit_code == 2
        assert orders.pgfeed("status", "1", "--feed", "orders").exit_code == 2
