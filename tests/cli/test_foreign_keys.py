"""Foreign keys: parents that come late or never, generated ids, keys that are made after the rows."""

from __future__ import annotations

from typing import Any

import pytest
from feed import Feed

SHOP = """
tables:
  orders:
    key: [id]
    when: $.customer
    foreign_keys: [{columns: [customer], references: customers}]
    columns: {id: {path: $.id, type: bigint}, customer: {path: $.customer, type: bigint}}
  customers:
    key: [id]
    when: $.name
    columns: {id: {path: $.id, type: bigint}, name: {path: $.name, type: text}}
"""
SHOP_TABLES = """
CREATE TABLE customers (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers %s)
"""
SPLITS = {"one split": (), "many splits": ("--split-size", 60, "--connections", 1), "workers": ("--split-size", 60)}
TIMES = ["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"]


def customers(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"customer {number}"} for number in range(count)]


def orders(count: int, of: int) -> list[dict[str, Any]]:
    return [{"id": 1000 + number, "customer": number % of} for number in range(count)]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("options", SPLITS.values(), ids=SPLITS.keys())
def test_parents_that_come_later(feed: Feed, options: tuple[object, ...], times: str) -> None:
    feed.mapping(SHOP)
    feed.query(SHOP_TABLES % times)
    report = feed.load(feed.documents(*orders(40, 8), *customers(8)), *options)
    assert report["documents"] == {"read": 48, "loaded": 48, "skipped": 0, "rejected": 0}
    assert feed.query("SELECT id, customer FROM orders ORDER BY id") == [(1000 + n, n % 8) for n in range(40)]
    assert feed.query("SELECT count(*) FROM pgfeed.rejects") == [(0,)]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("options", SPLITS.values(), ids=SPLITS.keys())
def test_parents_that_never_come(feed: Feed, options: tuple[object, ...], times: str) -> None:
    feed.mapping(SHOP)
    feed.query(SHOP_TABLES % times)
    documents = feed.documents(*orders(30, 10), *customers(9))
    said = feed.refuse(6, documents, "--max-rejects", 2, *options)
    assert "3 documents were rejected" in said
    assert feed.query("SELECT id FROM orders ORDER BY id") == [(1000 + n,) for n in range(30) if n % 10 != 9]
    assert feed.query("SELECT line, table_name, sqlstate, state FROM pgfeed.rejects ORDER BY line") == [
        (line, "orders", "23503", "rejected") for line in (10, 20, 30)
    ]
    report = feed.load(feed.documents({"id": 9, "name": "late"}, {"id": 1009, "customer": 9}), *options)
    assert report["documents"]["loaded"] == 2


def test_parents_in_another_file(feed: Feed) -> None:
    feed.mapping(SHOP)
    feed.query(SHOP_TABLES % "")
    feed.file("1.ndjson", '{"id":7,"customer":1}\n')
    feed.file("2.ndjson", '{"id":1,"name":"Ada"}\n')
    feed.load("1.ndjson", "2.ndjson", "--connections", 1)
    assert feed.query("SELECT id, customer FROM orders") == [(7, 1)]


def test_chain_of_parents_that_come_in_the_wrong_order(feed: Feed) -> None:
    feed.mapping("""
tables:
  people:
    key: [id]
    foreign_keys: [{columns: [boss], references: people}]
    columns: {id: {path: $.id, type: integer}, boss: {path: $.boss, type: integer}}
""")
    feed.query("CREATE TABLE people (id integer PRIMARY KEY, boss integer REFERENCES people)")
    chain = [{"id": n, "boss": n + 1 if n < 20 else None} for n in range(1, 21)]
    feed.load(feed.documents(*chain), "--split-size", 20, "--connections", 1)
    assert feed.query("SELECT id, boss FROM people ORDER BY id") == [(each["id"], each["boss"]) for each in chain]
    feed.load(feed.documents({"id": 99, "boss": 98}, {"id": 31, "boss": 20}), "--max-rejects", 1)
    assert feed.query("SELECT id FROM people WHERE id > 20") == [(31,)]


def test_keys_that_the_mapping_does_not_know(feed: Feed) -> None:
    """The parent is written after the child, and only the server knows of the foreign key."""
    feed.mapping(SHOP.replace("    foreign_keys: [{columns: [customer], references: customers}]\n", ""))
    feed.query(SHOP_TABLES % "")
    report = feed.load(feed.documents(*customers(3), *orders(6, 4)), "--max-rejects", 1)
    assert report["documents"] == {"read": 9, "loaded": 8, "skipped": 0, "rejected": 1}
    assert feed.query("SELECT id, customer FROM orders ORDER BY id") == [(1000 + n, n % 4) for n in (0, 1, 2, 4, 5)]


def test_violations_in_tables_that_pgfeed_creates(feed: Feed) -> None:
    feed.mapping(SHOP)
    report = feed.load(feed.documents(*orders(6, 3), *customers(2)))
    (warning,) = report["warnings"]
    assert "2 rows" in warning
    assert "NOT VALID" in warning
    assert feed.query("SELECT id FROM orders WHERE customer = 2 ORDER BY id") == [(1002,), (1005,)]
    assert feed.query("SELECT convalidated FROM pg_constraint WHERE contype = 'f' AND conrelid = 'orders'::regclass") == [
        (False,)
    ]
    assert feed.query("SELECT count(*) FROM pgfeed.pending_keys") == [(0,)]
    statement = warning[warning.index("SELECT c.*") :].rstrip(";")
    assert sorted(feed.query(statement)) == [(1002, 2), (1005, 2)]


LINKS = """
tables:
  pages:
    key: [id]
    on_duplicate: skip
    columns:
      id: {path: $.id, type: bigint}
      id_urls: {ref: urls, path: $.url, transform: trim}
      id_places: {ref: places, columns: {country: $.cc, name: $.place}}
  visits:
    key: [id_urls, day]
    on_duplicate: update
    from: $.visits[*]
    columns: {id_urls: {ref: urls, path: "@.url"}, day: {path: "@.day", type: integer}, page: {path: $.id, type: bigint}}
  urls:
    key: [url]
    surrogate: id_urls
    on_duplicate: fill
    from: $.known[*]
    columns: {url: {path: "@.url", type: text}, title: {path: "@.title", type: text}, id_hosts: {ref: hosts, path: "@.host"}}
  hosts: {key: [host], surrogate: id_hosts, columns: {host: {type: text}}}
  places: {key: [country, name], surrogate: id_places, columns: {country: {type: text}, name: {type: text}}}
"""


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("connections", [1, 4])
def test_a_natural_key_gets_one_id(feed: Feed, connections: int, again: bool) -> None:
    feed.mapping(LINKS)
    pages: list[dict[str, Any]] = [
        {
            "id": n,
            "url": None if n % 10 == 0 else f" u{n % 7} ",
            "cc": ["de", "it", None][n % 3],
            "place": f"p{n % 2}",
            "visits": [{"url": f"u{n % 9}", "day": n % 4}],
            "known": [{"url": f"u{n % 5}", "title": f"title {n % 5}", "host": f"h{n % 5 % 2}"}] if n % 3 == 0 else [],
        }
        for n in range(200)
    ]
    for _ in range(1 + again):
        feed.load(feed.documents(*pages), "--split-size", 900, "--connections", connections)
        pages.reverse()
    assert feed.query("SELECT url, title, host FROM urls LEFT JOIN hosts USING (id_hosts) ORDER BY url") == [
        (f"u{n}", f"title {n}" if n < 5 else None, f"h{n % 2}" if n < 5 else None) for n in range(9)
    ]
    assert feed.query("SELECT country, name FROM places ORDER BY 1, 2") == [
        (country, name) for country in ("de", "it") for name in ("p0", "p1")
    ]
    found = feed.query(
        "SELECT id, url, country, name "
        "FROM pages LEFT JOIN urls USING (id_urls) LEFT JOIN places USING (id_places) ORDER BY id"
    )
    assert found == [
        (
            each["id"],
            each["url"] and each["url"].strip(),
            each["cc"],
            each["place"] if each["cc"] else None,
        )
        for each in sorted(pages, key=lambda page: int(page["id"]))
    ]
    visits = {(f"u{n % 9}", n % 4) for n in range(200)}
    assert set(feed.query("SELECT url, day FROM visits JOIN urls USING (id_urls)")) == visits
    assert feed.query("SELECT count(*) FROM visits") == [(len(visits),)]


def test_keys_after_the_rows(feed: Feed) -> None:
    """Duplicates in different splits of a new table are settled by the rule when its key is made."""
    for rule in ("skip", "update"):
        feed.mapping(
            f"feed: {rule}\ntables: {{t_{rule}: {{key: [id], on_duplicate: {rule}, "
            "columns: {id: {path: $.id, type: integer}, n: {path: $.n, type: integer}}}}"
        )
        documents = [{"id": n % 10, "n": n} for n in range(40)]
        report = feed.load(feed.documents(*documents), "--split-size", 1, "--connections", 1)
        first = 0 if rule == "skip" else 30
        assert feed.query(f"SELECT id, n FROM t_{rule} ORDER BY id") == [(n, first + n) for n in range(10)]
        assert feed.query(f"SELECT contype::text FROM pg_constraint WHERE conrelid = 't_{rule}'::regclass AND contype = 'p'")
        assert feed.query("SELECT count(*) FROM pgfeed.pending_keys") == [(0,)]
        (table,) = report["tables"]
        assert table["inserted"] + table["merged"] + table["already_there"] == 40


def test_keys_that_an_earlier_load_left_are_made_by_the_next(feed: Feed) -> None:
    feed.mapping("feed: t\ntables: {t: {key: [id], on_duplicate: skip, columns: {id: {path: $.id, type: integer}}}}")
    said = feed.refuse(6, feed.documents({"id": 1}, {"id": 2}, {"id": 1}, "{no"), "--split-size", 1, "--connections", 1)
    assert "reject" in said
    assert feed.query("SELECT id FROM t ORDER BY id") == [(1,), (1,), (2,)]
    assert feed.query("SELECT count(*) > 0 FROM pgfeed.pending_keys") == [(True,)]
    report = feed.load(feed.documents({"id": 2}, {"id": 3}))
    assert any("earlier load" in warning for warning in report["warnings"])
    assert feed.query("SELECT id FROM t ORDER BY id") == [(1,), (2,), (3,)]
    assert feed.query("SELECT count(*) FROM pgfeed.pending_keys") == [(0,)]
    assert feed.query("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'p'") == [(1,)]


def test_keys_that_are_still_to_be_made_are_known_to_a_check_and_missing_to_other_feeds(feed: Feed) -> None:
    table = "tables: {t: {key: [id], on_duplicate: skip, columns: {id: {path: $.id, type: integer}}}}"
    feed.mapping("feed: first\n" + table)
    feed.refuse(6, feed.documents({"id": 1}, {"id": 2}, "{no"), "--split-size", 1, "--connections", 1)
    good = feed.documents({"id": 3})
    assert feed.run("check", good).exit_code == 0
    feed.mapping("feed: second\n" + table)
    for command in ("load", "check"):
        result = feed.run(command, good)
        assert result.exit_code == 3
        assert "still to be made by feed first" in result.stderr
    assert feed.values("SELECT count(*) > 0 FROM pgfeed.pending_keys") == [True]
    feed.mapping("feed: first\n" + table)
    feed.load(good)
    feed.mapping("feed: second\n" + table)
    assert feed.run("check", good).exit_code == 0
    assert feed.load(good)["tables"][0]["already_there"] == 1
