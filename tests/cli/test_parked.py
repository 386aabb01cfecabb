"""Documents that wait for a parent, and are settled by their own load or the next one.

The table has no key, so that a document that is loaded twice shows.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path

import psycopg
import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from kept import documents_of, retry
from proxy import Proxy
from running import start

ORDERS = """\
feed: orders
tables:
  customers:
    key: [id]
    on_duplicate: skip
    shared: false
    rows: [{from: "$.customer", columns: {id: {path: "@.id", type: bigint}}}]
  orders:
    rows:
      - from: $
        when: {path: $.order, exists: true}
        columns: {id: {path: $.order, type: bigint}, customer: {path: $.of, type: bigint}}
"""
COMMITS = 14  # of the load that loses one
ONE_BY_ONE = ("--split-size", 1, "--connections", 1)


def order(number: int, customer: int) -> dict[str, int]:
    return {"order": number, "of": customer}


@pytest.fixture
def orders(feed: Feed) -> Feed:
    feed.query(
        "CREATE TABLE customers (id bigint PRIMARY KEY);"
        "CREATE TABLE orders (id bigint, customer bigint REFERENCES customers)"
    )
    feed.mapping(ORDERS)
    return feed


class TestParked:
    """Documents that wait for a parent when their load ends early."""

    def park(self, orders: Feed, count: int = 3) -> Path:
        """The load ends with so many parked, for a document that is rejected; the file."""
        path = orders.documents(*(order(n, n) for n in range(count)), {"order": "x"})
        orders.refuse(6, path, *ONE_BY_ONE)
        assert orders.values("SELECT count(*)::int FROM pgfeed.rejects WHERE state = 'parked'") == [count]
        return path

    def test_the_next_load_settles_those_of_one_that_ended(self, orders: Feed) -> None:
        self.park(orders)
        report = orders.load(orders.documents({"customer": {"id": 0}}, {"customer": {"id": 2}}), "--max-rejects", 1)
        assert documents_of(report) == (5, 4, 1)
        assert orders.values("SELECT id FROM orders ORDER BY id") == [0, 2]
        assert orders.query("SELECT line, load::int, state, sqlstate FROM pgfeed.rejects ORDER BY line") == [
            (2, 2, "rejected", "23503"),
            (4, 1, "stopped", "22P02"),
        ]

    def test_those_of_a_load_that_was_killed(self, orders: Feed) -> None:
        path = orders.documents(order(1, 1), order(2, 2), {"customer": {"id": 2}})
        with psycopg.connect(orders.database.conninfo) as other:
            other.execute("INSERT INTO customers VALUES (2)")
            process = start(orders, path, *ONE_BY_ONE)
            while not orders.values("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0]:
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=TIMEOUT_SECONDS)
        assert orders.values("SELECT state FROM pgfeed.loads") == ["running"]
        while orders.values("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed load 1%'")[0]:
            pass
        parked = orders.values("SELECT count(*)::int FROM pgfeed.rejects WHERE state = 'parked'")[0]
        assert parked > 0
        report = orders.load(path, orders.documents({"customer": {"id": 1}}))
        assert documents_of(report) == (4, 4, 0)
        assert orders.values("SELECT id FROM orders ORDER BY id") == [1, 2]
        assert orders.query("SELECT * FROM pgfeed.rejects") == []

    def test_those_of_a_load_that_is_alive_are_its_own(self, orders: Feed) -> None:
        self.park(orders)
        orders.query("UPDATE pgfeed.loads SET state = 'running', ended = NULL")
        customers = orders.documents(*({"customer": {"id": n}} for n in range(3)))
        with psycopg.connect(orders.database.conninfo, application_name="pgfeed load 1 worker 2"):
            assert documents_of(orders.load(customers)) == (3, 3, 0)
            assert orders.query("SELECT * FROM orders") == []
        with psycopg.connect(orders.database.conninfo, application_name="pgfeed load 11"):
            assert documents_of(orders.load(customers)) == (3, 3, 0)
        assert orders.values("SELECT id FROM orders ORDER BY id") == [0, 1, 2]

    def test_two_loads_at_once_settle_each_once(self, orders: Feed) -> None:
        self.park(orders, 50)
        orders.query("INSERT INTO customers SELECT generate_series(0, 49)")
        empty = orders.documents({"customer": {"id": 100}})
        with psycopg.connect(orders.database.conninfo) as other:
            other.execute("SELECT * FROM pgfeed.rejects WHERE reject = 7 FOR UPDATE")
            both = [start(orders, empty), start(orders, empty)]
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'"
            while orders.values(waiting)[0] < 2:
                assert [process.poll() for process in both] == [None, None]
        reports = [json.loads(process.communicate(timeout=TIMEOUT_SECONDS)[0]) for process in both]
        assert orders.values("SELECT id FROM orders ORDER BY id") == list(range(50))
        assert sum(report["documents"]["loaded"] for report in reports) == 51
        assert sum(report["documents"]["read"] for report in reports) == 51

    def test_what_a_reload_has_read_again_is_not_settled_twice(self, orders: Feed) -> None:
        path = self.park(orders)
        orders.query("INSERT INTO customers SELECT generate_series(0, 9)")
        report = orders.load(path, "--reload", "--max-rejects", 1)
        assert documents_of(report) == (4, 3, 1)
        assert orders.values("SELECT id FROM orders ORDER BY id") == [0, 1, 2]

    @pytest.mark.parametrize("skip", range(COMMITS))
    @pytest.mark.parametrize("delivered", [True, False])
    def test_a_lost_commit_is_found_out(self, orders: Feed, proxy: Proxy, delivered: bool, skip: int) -> None:
        """Also the one that settles them: their rows tell whether it took place."""
        path = orders.documents(order(1, 1), order(2, 2), order(3, 3), {"customer": {"id": 2}})
        lost = (proxy.lose_answer_to_commit if delivered else proxy.lose_commit)(skip=skip)
        result = orders.run("load", "--json", path, *ONE_BY_ONE, "--max-rejects", 2, to=proxy.conninfo)
        assert lost.is_set()
        assert result.exit_code == 0, result
        assert documents_of(json.loads(result.stdout)) == (4, 2, 2)
        assert orders.values("SELECT id FROM orders ORDER BY id") == [2]
        rejects = orders.query("SELECT line, state, sqlstate FROM pgfeed.rejects ORDER BY line")
        assert rejects == [(1, "rejected", "23503"), (3, "rejected", "23503")]

    def test_parents_and_children_in_any_order(self, orders: Feed) -> None:
        orders.query("ALTER TABLE customers ADD CHECK (id <> 7)")
        orders.load(orders.documents(order(1, 7), order(2, 7), {"customer": {"id": 7}}), "--max-rejects", 3)
        orders.query("ALTER TABLE customers DROP CONSTRAINT customers_id_check")
        assert documents_of(retry(orders)) == (3, 3, 0)
        assert orders.values("SELECT id FROM orders ORDER BY id") == [1, 2]
        assert orders.values("SELECT DISTINCT state FROM pgfeed.rejects") == ["settled"]
