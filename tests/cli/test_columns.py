"""What a mapping says of rows and columns, and what comes of it in the tables."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from feed import Feed


def test_nested_arrays_have_a_name_for_each_level(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        "  items:\n"
        '    from: {order: "$.orders[*]", item: "$order.items[*]", part: "$item.parts[*]"}\n'
        "    columns:\n"
        "      shop: $.shop\n"
        "      order_id: {path: $order.id, type: integer}\n"
        "      order_at: {meta: position, of: order, type: integer}\n"
        "      sku: $item.sku\n"
        "      item_at: {meta: position, of: item, type: integer}\n"
        "      part: $part.name\n"
        '      same: "@.name"\n'
        "      at: {meta: position, type: integer}\n"
    )
    orders: list[dict[str, Any]] = [
        {"id": 7, "items": [{"sku": "a", "parts": [{"name": "p"}, {"name": "q"}]}, {"sku": "b", "parts": []}]},
        {"id": 8, "items": []},
        {"id": 9, "items": [{"parts": [{}, {"name": "r"}], "sku": "c"}, {"sku": "d"}]},
        {"id": 10},
    ]
    feed.load(feed.documents({"orders": orders, "shop": "S"}, {"orders": None}, {"orders": {}}, {}))
    expected = [
        ("S", order["id"], i, item.get("sku"), k, part.get("name"), part.get("name"), n)
        for i, order in enumerate(orders)
        for k, item in enumerate(order.get("items", []))
        for n, part in enumerate(item.get("parts", []))
    ]
    assert len(expected) == 4
    assert feed.query("SELECT * FROM items ORDER BY order_at, item_at, at") == expected


def test_objects_that_are_used_as_maps(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        "  counts:\n"
        '    from: {day: "$.days[*]", kind: "$day.counts[*]"}\n'
        '    columns: {day: {meta: key, of: day}, kind: {meta: key}, n: {path: "@", type: bigint}, p: {meta: position}}\n'
    )
    feed.load(
        feed.documents('{"days":{"mo\\u006e":{"counts":{"a b":1,"\\"é":2}},"tue":{"counts":{}},"wed":{"counts":{"":3}}}}')
    )
    assert feed.query("SELECT day, kind, n FROM counts ORDER BY n") == [("mon", "a b", 1), ("mon", '"é', 2), ("wed", "", 3)]


def test_arrays_of_scalars_elements_and_subtrees(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        '  tags: {from: "$.tags[*]", columns: {id: $.id, tag: "@"}}\n'
        "  items:\n"
        "    columns:\n"
        "      id: $.id\n"
        '      second: "$.tags[1]"\n'
        '      odd: "$[\'odd \\"name\']"\n'
        "      tags: {path: $.tags, type: 'text[]'}\n"
        "      whole: {path: $, type: jsonb}\n"
        "      part: {path: $.part, type: json}\n"
    )
    document = {"id": "1", "tags": ["a", None, 'b,"{}'], "part": {"x": [1, {"y": None}]}, 'odd "name': "o"}
    feed.load(feed.documents(document))
    assert feed.query("SELECT id, tag FROM tags") == [("1", "a"), ("1", None), ("1", 'b,"{}')]
    assert feed.query("SELECT * FROM items") == [("1", None, "o", document["tags"], document, document["part"])]


@pytest.mark.parametrize(
    ("column", "document", "expected"),
    [
        ("{constant: archive}", {}, "archive"),
        ("{constant: 1.50}", {}, "1.50"),
        ("{constant: null}", {}, None),
        ("{constant: true, type: boolean}", {}, True),
        ("{first: [$.a, $.b, {constant: none}]}", {"a": None, "b": "B"}, "B"),
        ("{first: [$.a, $.b, {constant: none}]}", {"a": "A", "b": "B"}, "A"),
        ("{first: [$.a, $.b, {constant: none}]}", {}, "none"),
        ('{first: [$.a, {template: "<{$.b}>"}]}', {"b": "B"}, "<B>"),
        ('{template: "{$.a}-{{{$.b}}}"}', {"a": 1, "b": "x"}, "1-{x}"),
        ('{template: "{$.a}-{$.b}"}', {"a": 1, "b": None}, None),
        ("{path: $.a, transform: lower}", {"a": "ÀBc Σ"}, "àbc σ"),
        ("{path: $.a, transform: upper}", {"a": "àbC"}, "ÀBC"),
        ("{path: $.a, transform: trim}", {"a": " \t\n a b \r "}, "a b"),
        ("{path: $.a, default: x}", {"a": None}, "x"),
        ("{path: $.a, default: x}", {"a": ""}, ""),
        ("{path: $.a, default: 7, type: integer}", {}, 7),
        ("{path: $.a.b.c}", {"a": {"b": {"c": "deep"}}}, "deep"),
        ("{path: $.a.b.c}", {"a": {"b": [1]}}, None),
        ("{path: $.a.b.c}", {"a": "x"}, None),
        ("{path: '$.a[2][0]'}", {"a": [0, 1, ["x"]]}, "x"),
        ("{path: '$.a[0]'}", {"a": {"0": "x"}}, None),
    ],
)
def test_where_a_value_comes_from(feed: Feed, column: str, document: object, expected: object) -> None:
    feed.mapping(f"tables: {{items: {{columns: {{value: {column}}}}}}}")
    feed.load(feed.documents(document))
    assert feed.query("SELECT * FROM items") == [(expected,)]


CONDITIONS = {
    "$.a": [1, 2, 3, 4, 5, 6],
    "{path: $.a}": [1, 2, 3, 4, 5, 6],
    "{path: $.a, exists: true}": [1, 2, 3, 4, 5, 6],
    "{path: $.a, exists: false}": [7, 8],
    "{path: $.a, equals: x}": [1],
    "{path: $.a, equals: 1}": [3],
    '{path: $.a, equals: "1"}': [4],
    "{path: $.a, equals: true}": [5],
    "{path: $.a, equals: null}": [7, 8],
    "{path: $.a, in: [x, 1, false]}": [1, 3],
    "{path: $.a, in: [x, null]}": [1, 7, 8],
    '{path: $.a, matches: "^x"}': [1, 2],
    '{path: $.a, matches: "y$"}': [2],
    "{not: $.a}": [7, 8],
    "{not: {path: $.a, equals: x}}": [2, 3, 4, 5, 6, 7, 8],
    '{path: $.a, exists: true, not: {path: $.a, matches: "x"}}': [3, 4, 5, 6],
    '{all: [{path: $.a, matches: "x"}, {path: $.a, matches: "y"}]}': [2],
    "{any: [{path: $.a, equals: x}, {path: $.id, equals: 8}]}": [1, 8],
}
MEMBERS = [',"a":"x"', ',"a":"xy"', ',"a":1', ',"a":"1"', ',"a":true', ',"a":{"b":"x"}', ',"a":null', ""]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_on_rows_and_on_documents(feed: Feed, condition: str) -> None:
    documents = [f'{{"id":{n}{member}}}' for n, member in enumerate(MEMBERS, 1)]
    columns = "columns: {id: {path: $.id, type: integer}}"
    feed.mapping(f"skip_when: [$.never]\ntables: {{items: {{when: {condition}, {columns}}}}}")
    report = feed.load(feed.documents(*documents))
    assert report["documents"]["skipped"] == 0
    assert feed.values("SELECT id FROM items ORDER BY id") == CONDITIONS[condition]
    feed.mapping(f"skip_when: [$.never, {condition}]\ntables: {{kept: {{{columns}}}}}")
    report = feed.load(feed.documents(*documents))
    assert report["documents"]["skipped"] == len(CONDITIONS[condition])
    assert feed.values("SELECT id FROM kept ORDER BY id") == [n for n in range(1, 9) if n not in CONDITIONS[condition]]


def test_several_row_sources_fill_one_table(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        "  users:\n"
        "    columns: {id: {type: bigint}, name: {type: text}}\n"
        "    rows:\n"
        '      - {from: $.author, columns: {id: "@.id", name: "@.name", since: {path: "@.since", type: date}}}\n'
        '      - {from: "$.mentions[*]", when: {path: "@.id", exists: true}, columns: {name: "@.name", id: "@.id"}}\n'
    )
    author = {"id": 1, "name": "A", "since": "2020-01-01"}
    feed.load(feed.documents({"author": author, "mentions": [{"id": 2, "name": "B"}, {"name": "C"}]}, {"author": None}))
    assert feed.query("SELECT id, name, since::text FROM users ORDER BY id") == [(1, "A", "2020-01-01"), (2, "B", None)]


def test_the_load_time_is_one_and_the_same(feed: Feed) -> None:
    feed.mapping("tables: {items: {columns: {at: {meta: load_time, type: timestamptz}, id: $.id}}}")
    before = datetime.now(timezone.utc) - timedelta(seconds=1)  # it is given in whole seconds
    feed.load("--split-size", "10", feed.documents(*[{"id": n} for n in range(20)]))
    (at,) = feed.values("SELECT DISTINCT at FROM items")
    assert before <= at <= datetime.now(timezone.utc)


def test_columns_without_a_type_are_text_or_that_of_the_parent(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        "  parents: {key: [id], columns: {id: {path: $.id, type: uuid}}, on_duplicate: skip}\n"
        "  children: {columns: {parent: $.id, url: {ref: urls, path: $.url}, text: $.n},\n"
        "             foreign_keys: [{columns: [parent], references: parents}]}\n"
        "  urls: {key: [url], surrogate: id, columns: {url: {type: text}}}\n"
    )
    feed.load(feed.documents({"id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "url": "u", "n": 5}))
    types = "SELECT pg_typeof(parent)::text, pg_typeof(url)::text, pg_typeof(text)::text, text FROM children"
    assert feed.query(types) == [("uuid", "bigint", "text", "5")]


def test_the_load_time_is_read_whatever_form_the_documents_have(feed: Feed) -> None:
    feed.mapping(
        "defaults: {timestamp_format: '%d.%m.%Y'}\n"
        "tables:\n"
        "  items:\n"
        "    columns: {at: {path: $.at, type: timestamptz}, loaded_at: {meta: load_time, type: timestamptz}}\n"
    )
    feed.load(feed.documents({"at": "24.12.2024"}))
    assert feed.values("SELECT at = '2024-12-24+00' AND now() - loaded_at < '1 hour' FROM items") == [True]


def test_the_last_of_several_members_of_a_map_with_one_name_counts(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        "  counts: {from: '$.counts[*]', columns: {name: {meta: key, type: text}, n: {path: '@', type: integer}}}\n"
        "  parts: {from: {map: '$.maps[*]', part: '$map[*]'}, columns: {name: {meta: key, of: map, type: text}, "
        "n: {path: $part, type: integer}}}\n"
    )
    text = '{"counts": {"a": 1, "b": 2, "\\u0061": 3}, "maps": {"x": [1, 2], "y": [3], "x": [4]}}'
    feed.load(feed.file("counts.ndjson", text))
    assert feed.query("SELECT name, n FROM counts ORDER BY name") == [("a", 3), ("b", 2)]
    assert feed.query("SELECT name, n FROM parts ORDER BY n") == [("y", 3), ("x", 4)]


@pytest.mark.parametrize("broken", ["01x", "-", '1"z"', "[1}"])
def test_what_is_no_json_is_rejected_in_a_template_too(feed: Feed, broken: str) -> None:
    feed.mapping("tables: {items: {columns: {id: {path: $.id, type: integer}, tag: {template: '#{$.a}'}}}}")
    text = f'{{"id": 1, "a": {broken}}}\n{{"id": 2, "a": 2}}\n{{"id": 3, "unread": {{"b": [1}}}}}}'
    feed.load("--max-rejects", 2, feed.file("items.ndjson", text))
    assert feed.query("SELECT * FROM items") == [(2, "#2")]
