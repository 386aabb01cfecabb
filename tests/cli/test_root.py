"""A document stands or falls with its row in the root table: delivered again it is skipped, or takes the old one's place."""

from __future__ import annotations

import random
from typing import Any

import pytest
from feed import Feed

ORDERS = """
root: orders
tables:
  places:
    key: [name]
    columns: {name: $.place, order_id: {path: $.id, type: bigint}}
  orders:
    key: [id]
    on_duplicate: %s
    columns: {id: {path: $.id, type: bigint}, at: {path: $.at, type: integer}, place: $.place}
  items:
    foreign_keys: [{columns: [order_id], references: orders}]
    from: $.items[*]
    columns: {order_id: {path: $.id, type: bigint}, sku: "@"}
  notes:
    key: [order_id, n]
    foreign_keys: [{columns: [order_id], references: orders}]
    from: $.notes[*]
    columns: {order_id: {path: $.id, type: bigint}, n: {meta: position, type: integer}, note: "@"}
"""
NO_PLACES = ORDERS[: ORDERS.index("  places:")] + ORDERS[ORDERS.index("  orders:") :]
TABLES = """
CREATE TABLE orders (id bigint PRIMARY KEY, at integer, place text);
CREATE TABLE items (order_id bigint, sku text);
CREATE TABLE notes (order_id bigint, n integer, note text, PRIMARY KEY (order_id, n))
"""
WITH_KEYS = "ALTER TABLE items ADD FOREIGN KEY (order_id) REFERENCES orders; " + (
    "ALTER TABLE notes ADD FOREIGN KEY (order_id) REFERENCES orders"
)
REPLACED = ["update", "{latest: at}"]


def order(number: int, at: int, *skus: str, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"id": number, "at": at, "items": list(skus), "notes": list(notes)}


OLD = order(1, 1, "a", "b", notes=("x", "y"))
NEW = order(1, 2, "b", "c", notes=("z",))
OTHER = order(2, 1, "o")


def stand(feed: Feed) -> tuple[list[Any], ...]:
    """Orders, their items and notes."""
    return (
        feed.query("SELECT id, at FROM orders ORDER BY id"),
        feed.query("SELECT order_id, sku FROM items ORDER BY order_id, sku"),
        feed.query("SELECT order_id, n, note FROM notes ORDER BY order_id, n"),
    )


def expected(*orders: dict[str, Any]) -> tuple[list[Any], ...]:
    return (
        [(each["id"], each["at"]) for each in orders],
        [(each["id"], sku) for each in orders for sku in sorted(each["items"])],
        [(each["id"], n, note) for each in orders for n, note in enumerate(each["notes"])],
    )


def prepare(feed: Feed, rule: str, tables: str) -> None:
    feed.mapping(NO_PLACES % rule)
    if tables != "created":
        feed.query(TABLES)
    if tables == "there with foreign keys":
        feed.query(WITH_KEYS)


HOW = {
    "one split": ([[OLD, OTHER, NEW]], ()),
    "another split": ([[OLD, OTHER, NEW]], ("--split-size", 1, "--connections", 1)),
    "another load": ([[OLD, OTHER], [NEW]], ()),
    "another load, with other documents": ([[OLD, OTHER], [order(3, 1, "n"), NEW]], ("--split-size", 1, "--connections", 1)),
}


@pytest.mark.parametrize("tables", ["created", "there", "there with foreign keys"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("rule", ["skip", *REPLACED])
def test_delivered_again(feed: Feed, rule: str, how: str, tables: str) -> None:
    prepare(feed, rule, tables)
    loads, options = HOW[how]
    skipped = 0
    for documents in loads:
        skipped += feed.load(feed.documents(*documents), *options)["documents"]["skipped"]
    more = [each for documents in loads for each in documents if each["id"] == 3]
    assert stand(feed) == expected(OLD if rule == "skip" else NEW, OTHER, *more)
    assert skipped == int(rule == "skip" or how == "one split")


@pytest.mark.parametrize("tables", ["created", "there with foreign keys"])
def test_an_older_document_does_not_replace_the_latest(feed: Feed, tables: str) -> None:
    prepare(feed, "{latest: at}", tables)
    feed.load(feed.documents(NEW))
    report = feed.load(feed.documents(OLD, OTHER, NEW))
    assert stand(feed) == expected(NEW, OTHER)
    assert report["documents"] == {"read": 3, "loaded": 1, "skipped": 2, "rejected": 0}


def test_error_rejects_a_document_delivered_again(feed: Feed) -> None:
    prepare(feed, "error", "there")
    feed.load(feed.documents(OLD, NEW), "--max-rejects", 1)
    report = feed.load(feed.documents(NEW, OTHER), "--max-rejects", 1)
    assert stand(feed) == expected(OLD, OTHER)
    assert report["documents"] == {"read": 2, "loaded": 1, "skipped": 0, "rejected": 1}
    assert feed.query("SELECT line, table_name, sqlstate FROM pgfeed.rejects ORDER BY reject") == [
        (2, "orders", "23505"),
        (1, "orders", "23505"),
    ]


def test_the_root_is_asked_before_any_other_table(feed: Feed) -> None:
    """`places` is written first, and its own rule would reject the document."""
    feed.mapping(ORDERS % "skip")
    documents = feed.documents({**OLD, "place": "Bonn"}, {**OTHER, "place": "Rome"})
    feed.load(documents)
    report = feed.load("--reload", documents)
    assert report["documents"] == {"read": 2, "loaded": 0, "skipped": 2, "rejected": 0}
    assert stand(feed) == expected(OLD, OTHER)


@pytest.mark.parametrize("refused", [["OLD"], ["NEW"]])
@pytest.mark.parametrize("rule", ["skip", *REPLACED])
def test_a_document_that_is_refused_leaves_its_place_to_the_other(feed: Feed, rule: str, refused: list[str]) -> None:
    prepare(feed, rule, "there with foreign keys")
    bad, good = (OLD, NEW) if refused == ["OLD"] else (NEW, OLD)
    feed.query(f"ALTER TABLE items ADD CHECK (sku <> '{bad['items'][0 if bad is OLD else 1]}')")
    report = feed.load(feed.documents(OTHER, OLD, NEW), "--max-rejects", 1)
    documents = report["documents"]
    assert stand(feed) == expected(good, OTHER)
    if documents["rejected"]:
        assert documents == {"read": 3, "loaded": 2, "skipped": 0, "rejected": 1}
    else:  # it gave way to the other before the server saw it
        assert documents == {"read": 3, "loaded": 2, "skipped": 1, "rejected": 0}
    winner_is_bad = (rule == "skip") == (bad is OLD)
    assert documents["rejected"] == int(winner_is_bad)


@pytest.mark.parametrize("rule", ["skip", *REPLACED])
def test_another_client_inserts_the_root_row_in_between(feed: Feed, rule: str) -> None:
    """The other client's row is not committed when its key is looked for, and is when the document's own row comes."""
    prepare(feed, rule, "there")
    feed.load(feed.documents(OTHER))
    feed.query("CREATE EXTENSION dblink; CREATE SEQUENCE once")
    feed.query(f"""
CREATE FUNCTION other_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id = 1 AND NEW.at > 0 AND nextval('once') = 1 THEN
    PERFORM dblink_exec('{feed.database.conninfo}', 'INSERT INTO orders VALUES (1, 0)');
  END IF;
  RETURN NEW;
END$$;
CREATE TRIGGER other_client BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION other_client()""")
    # The first split makes the worker look keys up; the row comes after it has looked.
    report = feed.load(feed.documents(OTHER, OLD), "--split-size", 1, "--connections", 1)
    assert feed.query("SELECT last_value > 0 AND is_called FROM once") == [(True,)]
    assert report["documents"]["rejected"] == 0
    assert stand(feed) == expected(order(1, 0) if rule == "skip" else OLD, OTHER)


@pytest.mark.parametrize("tables", ["created", "there", "there with foreign keys"])
@pytest.mark.parametrize("rule", REPLACED)
def test_workers_that_replace_the_same_documents(feed: Feed, rule: str, tables: str) -> None:
    """Whoever comes last, each document is there once, with its own items and no other's."""
    prepare(feed, rule, tables)
    documents = [order(n % 7, at, f"sku of {at}", f"more of {at}", notes=(str(at),)) for n in range(7) for at in range(60)]
    report = feed.load(
        feed.documents(*sorted(documents, key=lambda each: each["at"])), "--split-size", 400, "--connections", 4
    )
    assert report["documents"]["rejected"] == 0
    last = dict(feed.query("SELECT id, at FROM orders"))
    assert sorted(last) == list(range(7))
    if rule != "update":
        assert set(last.values()) == {59}
    orders = [order(n, last[n], f"sku of {last[n]}", f"more of {last[n]}", notes=(str(last[n]),)) for n in sorted(last)]
    assert stand(feed) == expected(*orders)


def test_rows_that_hang_on_old_rows_keep_a_document_from_being_replaced(feed: Feed) -> None:
    prepare(feed, "update", "there")
    feed.load(feed.documents(OLD))
    feed.query("CREATE TABLE replies (order_id bigint, n integer, FOREIGN KEY (order_id, n) REFERENCES notes)")
    feed.query("INSERT INTO replies VALUES (1, 0)")
    feed.load(feed.documents(NEW, OTHER), "--max-rejects", 1)
    assert stand(feed) == expected(OLD, OTHER)
    assert feed.query("SELECT sqlstate, state FROM pgfeed.rejects") == [("23503", "rejected")]


def test_a_rejected_document_does_not_take_the_old_one_away(feed: Feed) -> None:
    """Its notes are in the way of rows that belong to no order; the other document is replaced all the same."""
    prepare(feed, "update", "there")
    feed.load(feed.documents(OLD, OTHER))
    feed.query("INSERT INTO notes VALUES (2, 0, 'stray')")
    feed.query("DELETE FROM orders WHERE id = 2")
    report = feed.load(feed.documents(order(2, 5, "new", notes=("n",)), NEW), "--max-rejects", 1)
    assert report["documents"] == {"read": 2, "loaded": 1, "skipped": 0, "rejected": 1}
    orders, items, notes = expected(NEW, OTHER)
    assert stand(feed) == ([row for row in orders if row[0] != 2], items, [*notes, (2, 0, "stray")])


def test_documents_that_are_replaced_beside_one_whose_parent_comes_later(feed: Feed) -> None:
    prepare(feed, "update", "there with foreign keys")
    feed.load(feed.documents(OLD, OTHER))
    feed.query("CREATE TABLE skus (sku text PRIMARY KEY)")
    feed.query("INSERT INTO skus VALUES ('a'), ('b'), ('c'), ('o')")
    feed.query("ALTER TABLE items ADD FOREIGN KEY (sku) REFERENCES skus")
    feed.load(feed.documents(order(2, 7, "unknown"), NEW), "--max-rejects", 1)
    assert stand(feed) == expected(NEW, OTHER)
    assert feed.rejects() == [(1, None, "23503")]


@pytest.mark.parametrize("rule", ["update", "{latest: at}"])
def test_what_others_hang_on_a_root_row_outlives_its_update(feed: Feed, rule: str) -> None:
    """Tables that the mapping does not know refer to the root, and so does the root itself."""
    feed.query(
        "CREATE TABLE staff (id integer PRIMARY KEY, boss integer REFERENCES staff, at integer, room text DEFAULT 'none');"
        "CREATE TABLE skills (staff integer REFERENCES staff, skill text);"
        "CREATE TABLE badges (staff integer REFERENCES staff ON DELETE CASCADE);"
        "CREATE TABLE keys (staff integer REFERENCES staff)"
    )
    feed.mapping(
        "root: staff\n"
        "tables:\n"
        f"  staff: {{key: [id], on_duplicate: {rule}, columns: {{id: $.id, boss: $.boss, at: $.at}}}}\n"
        "  skills:\n"
        "    foreign_keys: [{columns: [staff], references: staff}]\n"
        "    from: $.skills[*]\n"
        "    columns: {staff: $.id, skill: '@'}\n"
    )
    feed.load(feed.documents({"id": 1, "at": 1, "skills": ["a", "b"]}, {"id": 2, "boss": 1, "at": 1, "skills": ["c"]}))
    feed.query(
        "INSERT INTO badges VALUES (1), (2); INSERT INTO keys VALUES (1); UPDATE staff SET room = 'attic' WHERE id = 1"
    )
    report = feed.load(feed.documents({"id": 1, "at": 2, "skills": ["d"]}, {"id": 3, "boss": 2, "at": 2}))
    assert report["documents"] == {"read": 2, "loaded": 2, "skipped": 0, "rejected": 0}
    assert feed.query("SELECT * FROM staff ORDER BY id") == [(1, None, 2, "attic"), (2, 1, 1, "none"), (3, 2, 2, "none")]
    assert feed.query("SELECT * FROM skills ORDER BY skill") == [(2, "c"), (1, "d")]
    assert feed.values("SELECT staff FROM badges ORDER BY 1") == [1, 2]


def test_workers_that_race_for_root_keys_reject_nothing(feed: Feed) -> None:
    feed.query("CREATE TABLE orders (id integer PRIMARY KEY, n integer); CREATE TABLE items (order_id integer, n integer)")
    feed.mapping(
        "root: orders\n"
        "tables:\n"
        "  orders: {key: [id], on_duplicate: skip, columns: {id: $.id, n: $.n}}\n"
        "  items: {from: '$.items[*]', columns: {order_id: $.id, n: $.n}}\n"
    )
    random_ = random.Random(3)
    documents = [{"id": random_.randrange(400), "n": n, "items": [0, 0]} for n in range(4000)]
    report = feed.load(feed.documents(*documents), "--connections", 4, "--split-size", "10KiB")
    ids = {document["id"] for document in documents}
    assert report["documents"] == {"read": 4000, "loaded": len(ids), "skipped": 4000 - len(ids), "rejected": 0}
    assert set(feed.values("SELECT id FROM orders")) == ids
    # Each order has the items of the one document that went in.
    assert feed.values("SELECT count(*) FROM items JOIN orders o ON o.id = order_id AND o.n = items.n") == [2 * len(ids)]
    assert feed.values("SELECT count(*) FROM items") == [2 * len(ids)]


REFUSED = {
    "check of the root": "ALTER TABLE orders ADD CHECK (at <> 3)",
    "check": "ALTER TABLE items ADD CHECK (sku <> 'bad')",
    "foreign key": "CREATE TABLE skus (sku text PRIMARY KEY); INSERT INTO skus VALUES ('a'), ('b'), ('o'), ('n'); "
    "ALTER TABLE items ADD FOREIGN KEY (sku) REFERENCES skus",
    "deferred foreign key": "CREATE TABLE skus (sku text PRIMARY KEY); INSERT INTO skus VALUES ('a'), ('b'), ('o'), ('n'); "
    "ALTER TABLE items ADD FOREIGN KEY (sku) REFERENCES skus DEFERRABLE INITIALLY DEFERRED",
}


@pytest.mark.parametrize("beside", ["alone", "behind a good one of its id", "among many others"])
@pytest.mark.parametrize("refusal", REFUSED)
def test_a_document_that_is_there_is_skipped_whatever_it_holds(feed: Feed, refusal: str, beside: str) -> None:
    prepare(feed, "skip", "there with foreign keys")
    feed.query(REFUSED[refusal])
    feed.load(feed.documents(OLD, OTHER))
    good = {
        "alone": [],
        "behind a good one of its id": [OLD],
        "among many others": [order(n, 1, "n") for n in range(10, 40)],
    }
    others = good[beside]
    report = feed.load(
        feed.documents(*others, order(1, 3, "bad"), order(3, 3, "bad")), "--max-rejects", 1, "--connections", 1
    )
    added = [each for each in others if each["id"] != 1]
    assert stand(feed) == expected(OLD, OTHER, *added)
    assert report["documents"] == {
        "read": len(others) + 2,
        "loaded": len(added),
        "skipped": len(others) - len(added) + 1,
        "rejected": 1,
    }
    assert feed.values("SELECT line FROM pgfeed.rejects") == [len(others) + 2]


def test_a_document_is_skipped_for_one_of_its_split_with_an_equal_key(feed: Feed) -> None:
    """The server alone sees that 1.0 and 1.00 are one, and refuses the second."""
    feed.query("CREATE TABLE orders (id numeric PRIMARY KEY, n integer CHECK (n < 9)); CREATE TABLE items (sku text)")
    feed.mapping(
        "root: orders\ntables: {orders: {key: [id], on_duplicate: skip, columns: {id: $.id, n: $.n}}, "
        "items: {from: '$.items[*]', columns: {sku: '@'}}}\n"
    )
    report = feed.load(feed.documents('{"id": 1.0, "items": ["a"]}', '{"id": 1.00, "n": 9, "items": ["b"]}'))
    assert report["documents"] == {"read": 2, "loaded": 1, "skipped": 1, "rejected": 0}
    assert feed.values("SELECT sku FROM items") == ["a"]
