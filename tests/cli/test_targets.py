"""The tables that rows go into: there already or created, of any name and kind; and those that cannot take rows."""

from __future__ import annotations

import psycopg
import pytest
from feed import Feed
from psycopg import sql

MAPPING, DATABASE = 3, 5
ITEMS = "tables: {items: {key: [id], on_duplicate: skip, columns: {id: {path: $.id, type: integer}, text: $.text}}}"
ONE = {"id": 1, "text": "a"}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


NAMES = [
    "order",
    "Select",
    "with space",
    'a"quote',
    "a'quote",
    "semi;colon--",
    "ünïcode 表",
    "dotted.name",
    "%s {0} $1 \\",
    "x" * 63,
    "é" * 31 + "x",
]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_spelling(feed: Feed, name: str, there: bool) -> None:
    table = sql.Identifier(name).as_string(None)
    if there:
        feed.query(f"CREATE TABLE {table} ({table} integer PRIMARY KEY, {quoted('other ' + name[:28])} text)")
    column = "other " + name[:28]
    yaml_table = "'" + quoted(name).replace("'", "''") + "'"
    yaml_name = "'" + name.replace("'", "''") + "'"
    yaml_column = "'" + column.replace("'", "''") + "'"
    kind = "" if there else ", type: integer"
    for rule in ("skip", "update"):
        feed.mapping(
            f"tables:\n  {yaml_table}:\n    key: [{yaml_name}]\n    on_duplicate: {rule}\n"
            f"    columns:\n      {yaml_name}: {{path: $.id{kind}}}\n      {yaml_column}: $.text\n"
        )
        feed.load(feed.documents(ONE, {"id": 2, "text": rule}))
    assert feed.query(f"SELECT * FROM {table} ORDER BY 1") == [(1, "a"), (2, "update")]


@pytest.mark.parametrize("name", ["x" * 64, "é" * 32])
@pytest.mark.parametrize("where", ["table", "column", "schema", "surrogate"])
def test_a_name_that_the_server_would_cut_is_refused(feed: Feed, where: str, name: str) -> None:
    feed.mapping(
        {
            "table": f"tables: {{{name}: {{columns: {{id: $.id}}}}}}",
            "column": f"tables: {{items: {{columns: {{{name}: $.id}}}}}}",
            "schema": f"tables: {{{name}.items: {{columns: {{id: $.id}}}}}}",
            "surrogate": f"tables: {{items: {{key: [id], surrogate: {name}, columns: {{id: $.id}}}}}}",
        }[where]
    )
    feed.refuse(MAPPING, feed.documents(ONE), said=("feed.yaml:2", "has 64 bytes", name))


def test_tables_in_schemas_that_are_made(feed: Feed) -> None:
    feed.mapping("tables: {'\"My Schema\".items': {columns: {id: $.id}}, other.items: {columns: {text: $.text}}}")
    feed.load(feed.documents(ONE))
    feed.load(feed.documents(ONE))
    assert feed.query('SELECT * FROM "My Schema".items') == [("1",), ("1",)]
    assert feed.query("SELECT * FROM other.items") == [("a",), ("a",)]


def test_a_table_without_schema_is_found_by_the_search_path(feed: Feed) -> None:
    feed.query("CREATE SCHEMA first; CREATE SCHEMA second; CREATE TABLE second.items (id integer PRIMARY KEY, text text)")
    feed.mapping(ITEMS)
    to = feed.database.conninfo + " options='-c search_path=first,second'"
    feed.load(feed.documents(ONE), to=to)
    assert feed.query("SELECT * FROM second.items") == [(1, "a")]
    feed.query("DROP TABLE second.items")
    feed.load("--reload", feed.documents(ONE), to=to)
    assert feed.query("SELECT * FROM first.items") == [(1, "a")]


@pytest.mark.parametrize("partitioning", ["LIST (part)", "RANGE (id)", "HASH (id)"])
@pytest.mark.parametrize("rule", ["none", "skip", "update", "fill", "{latest: at}"])
def test_partitioned_tables(feed: Feed, partitioning: str, rule: str) -> None:
    bounds = {
        "LIST (part)": ["FOR VALUES IN ('a')", "DEFAULT"],
        "RANGE (id)": ["FOR VALUES FROM (0) TO (10)", "FOR VALUES FROM (10) TO (100)"],
        "HASH (id)": ["FOR VALUES WITH (MODULUS 2, REMAINDER 0)", "FOR VALUES WITH (MODULUS 2, REMAINDER 1)"],
    }[partitioning]
    feed.query(
        "CREATE TABLE items (id integer, part text, at timestamptz, note text, PRIMARY KEY (id, part)) "
        f"PARTITION BY {partitioning}"
    )
    for number, bound in enumerate(bounds):
        feed.query(f"CREATE TABLE items_{number} PARTITION OF items {bound}")
    how = "" if rule == "none" else f"key: [id, part], on_duplicate: {rule}, "
    feed.mapping(f"tables: {{items: {{{how}columns: {{id: $.id, part: $.part, at: $.at, note: $.note}}}}}}")
    old = [{"id": number, "part": "ab"[number % 2], "at": "2024-01-02T00:00:00Z", "note": None} for number in range(20)]
    newer = [document | {"at": f"2024-01-0{1 + 2 * (document['id'] % 2)}T00:00:00Z", "note": "new"} for document in old]  # type: ignore[operator]
    feed.load(feed.documents(*old))
    if rule != "none":
        fresh = [{"id": number, "part": "b"} for number in (30, 31, 32)]
        (table,) = feed.load(feed.documents(*newer, *fresh))["tables"]
        merged = {"skip": 0, "{latest: at}": 10}.get(rule, 20)
        assert (table["inserted"], table["merged"], table["already_there"]) == (3, merged, 20 - merged)
        assert sorted(feed.values("DELETE FROM items WHERE id >= 30 RETURNING id")) == [30, 31, 32]
    expected = {
        "none": [None] * 20,
        "skip": [None] * 20,
        "update": ["new"] * 20,
        "fill": ["new"] * 20,
        "{latest: at}": [None, "new"] * 10,
    }[rule]
    assert feed.values("SELECT note FROM items ORDER BY id") == expected
    assert feed.values("SELECT count(*) FROM items_1") == [10] if partitioning != "HASH (id)" else True


def test_a_row_without_a_partition_is_rejected(feed: Feed) -> None:
    feed.query("CREATE TABLE items (id integer, text text) PARTITION BY RANGE (id)")
    feed.query("CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (0) TO (10)")
    feed.mapping("tables: {items: {columns: {id: $.id, text: $.text}}}")
    feed.load("--max-rejects", "1", feed.documents(ONE, {"id": 10}, {"id": 2}))
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 2]
    assert feed.rejects() == [(2, None, "23514")]


def test_a_type_called_like_a_built_in_one(feed: Feed) -> None:
    feed.query("CREATE SCHEMA own; CREATE TYPE own.integer AS ENUM ('x'); CREATE TYPE own.\"date\" AS ENUM ('1', 'today')")
    feed.query('CREATE TABLE items (a own.integer, b own."date", c date)')
    feed.mapping("tables: {items: {columns: {a: $.a, b: $.b, c: $.c}}}")
    feed.load(feed.documents({"a": "x", "b": "today", "c": "2024-01-01"}))
    assert feed.query("SELECT a::text, b::text, c::text FROM items") == [("x", "today", "2024-01-01")]


def test_keys_of_citext_are_equal_in_any_case(feed: Feed) -> None:
    available = feed.values("SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'") == [1]
    kind = "citext" if available else "text"
    if available:
        feed.query("CREATE EXTENSION citext")
    feed.query(f"CREATE TABLE tags (tag {kind} PRIMARY KEY, n integer); CREATE TABLE words (id {kind} PRIMARY KEY)")
    feed.mapping(
        "root: tags\n"
        "tables:\n"
        "  tags: {key: [tag], on_duplicate: skip, columns: {tag: $.tag, n: $.n}}\n"
        "  words: {key: [id], on_duplicate: skip, from: '$.words[*]', columns: {id: '@'}}\n"
    )
    feed.load(feed.documents({"tag": "Straße", "n": 1, "words": ["a", "B", "b"]}))
    feed.load(feed.documents({"tag": "STRAßE", "n": 2, "words": ["A", "c"]}, {"tag": "x", "words": ["A", "b", "C"]}))
    tags = feed.query("SELECT tag::text, n FROM tags WHERE n IS NOT NULL ORDER BY n")
    assert tags == ([("Straße", 1)] if available else [("Straße", 1), ("STRAßE", 2)])
    assert len(feed.query("SELECT * FROM words")) == (3 if available else 6)


@pytest.mark.parametrize(("rule", "stays"), [("skip", "first"), ("update", "last")])
def test_root_keys_of_one_split_that_only_the_server_holds_for_equal(feed: Feed, rule: str, stays: str) -> None:
    feed.query("CREATE TABLE prices (id numeric PRIMARY KEY, note text); CREATE TABLE parts (id numeric, part integer)")
    feed.mapping(
        "root: prices\n"
        "tables:\n"
        f"  prices: {{key: [id], on_duplicate: {rule}, columns: {{id: $.id, note: $.note}}}}\n"
        "  parts:\n"
        "    foreign_keys: [{columns: [id], references: prices}]\n"
        "    from: '$.parts[*]'\n"
        "    columns: {id: $.id, part: '@'}\n"
    )
    documents = [
        '{"id": 1.0, "note": "first", "parts": [1]}',
        '{"id": 1.00, "note": "middle", "parts": [2]}',
        '{"id": 1, "note": "last", "parts": [3]}',
        '{"id": 2, "note": "other", "parts": [4]}',
    ]
    report = feed.load(feed.file("prices.ndjson", "\n".join(documents)))
    assert (report["documents"]["loaded"], report["documents"]["skipped"]) == (2, 2)
    assert feed.query("SELECT note FROM prices ORDER BY id") == [(stays,), ("other",)]
    assert feed.values("SELECT part FROM parts ORDER BY part") == ([1, 4] if stays == "first" else [3, 4])


def test_defaults_identities_and_generated_columns_are_the_servers(feed: Feed) -> None:
    feed.query(
        "CREATE TABLE items (number integer GENERATED ALWAYS AS IDENTITY, id integer, state text NOT NULL DEFAULT 'new', "
        "twice integer GENERATED ALWAYS AS (id * 2) STORED, other integer GENERATED BY DEFAULT AS IDENTITY)"
    )
    feed.mapping("tables: {items: {columns: {id: $.id}}}")
    feed.load(feed.documents({"id": 5}))
    assert feed.query("SELECT * FROM items") == [(1, 5, "new", 10, 1)]


@pytest.mark.parametrize(
    ("table", "mapping", "said"),
    [
        ("id integer PRIMARY KEY", ITEMS, ('"text"', '"items"', "no column")),
        ("id integer, text text", ITEMS, ("key (id)", '"items"', "not unique")),
        ("id integer, text text, UNIQUE (id) DEFERRABLE", ITEMS, ("not unique", "deferrable")),
        ("id integer, text text, UNIQUE (id, text)", ITEMS, ("not unique",)),
        ("id bigint PRIMARY KEY, text text", ITEMS, ('"id"', "bigint", "integer")),
        ("id integer PRIMARY KEY, text varchar(5) NOT NULL, x text NOT NULL", ITEMS, ('"x"', "NOT NULL")),
        ("id integer PRIMARY KEY, text text GENERATED ALWAYS AS ('x') STORED", ITEMS, ('"text"', "generated by the server")),
        ("id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text", ITEMS, ('"id"', "generated by the server")),
    ],
)
def test_a_mapping_that_does_not_fit_the_table(feed: Feed, table: str, mapping: str, said: tuple[str, ...]) -> None:
    feed.query(f"CREATE TABLE items ({table})")
    feed.mapping(mapping)
    feed.refuse(MAPPING, feed.documents(ONE), said=("feed.yaml:2", *said))
    assert feed.run("check", feed.documents(ONE)).exit_code == MAPPING
    assert feed.values("SELECT count(*) FROM items") == [0]


def test_where_one_table_does_not_fit_no_other_is_created(feed: Feed) -> None:
    feed.query("CREATE TABLE items (id integer PRIMARY KEY)")
    feed.mapping(
        "tables:\n"
        "  fresh.first: {columns: {id: $.id}}\n"
        "  items: {key: [id], on_duplicate: skip, columns: {id: $.id, text: $.text}}\n"
        "  last: {columns: {id: $.id}}\n"
    )
    feed.refuse(MAPPING, feed.documents(ONE), said=("feed.yaml:4", '"text"'))
    assert feed.query("SELECT to_regclass('fresh.first'), to_regclass('last'), to_regnamespace('fresh')") == [(None,) * 3]


@pytest.mark.parametrize("index", ["(id) WHERE id > 0", "(abs(id))"])
def test_an_index_that_does_not_cover_all_rows_is_no_key(feed: Feed, index: str) -> None:
    feed.query(f"CREATE TABLE items (id integer, text text); CREATE UNIQUE INDEX ON items {index}")
    feed.mapping(ITEMS)
    feed.refuse(MAPPING, feed.documents(ONE), said=("not unique",))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE VIEW items AS SELECT 1 AS id, ''::text AS text", "is a view"),
        ("CREATE MATERIALIZED VIEW items AS SELECT 1 AS id, ''::text AS text", "is a materialized view"),
    ],
)
def test_what_is_no_table_is_refused(feed: Feed, statement: str, said: str) -> None:
    feed.query(statement)
    feed.mapping(ITEMS)
    feed.refuse(MAPPING, feed.documents(ONE), said=('"items"', said))


def test_an_unknown_type_is_refused_with_its_line(feed: Feed) -> None:
    feed.mapping("tables:\n  items:\n    columns:\n      id: {path: $.id, type: no_such_type}\n")
    for command in ("load", "check"):
        result = feed.run(command, feed.documents(ONE))
        assert result.exit_code == MAPPING, result
        assert "feed.yaml:5" in result.stderr
        assert "no_such_type" in result.stderr
    assert feed.values("SELECT to_regclass('items')") == [None]


def test_a_misspelt_type_is_told_with_what_was_meant(feed: Feed) -> None:
    feed.mapping("tables:\n  items:\n    columns:\n      id: {path: $.id, type: bigin}\n")
    sentence = feed.refuse(MAPPING, feed.documents(ONE), said=("feed.yaml:5", "bigin", 'did you mean "bigint"?'))
    assert "does not exist" in sentence
    result = feed.pgfeed("ddl", "-m", "feed.yaml")
    assert (result.exit_code, result.stdout) == (MAPPING, "")
    assert 'did you mean "bigint"?' in result.stderr
    feed.query("CREATE DOMAIN bigin AS bigint")
    feed.load(feed.documents(ONE))
    assert feed.query("SELECT id, pg_typeof(id)::text FROM items") == [(1, "bigin")]


@pytest.mark.parametrize("name", ["pg_class", "pg_stats", "pg_class_oid_index"])
def test_a_table_that_postgres_own_would_hide(feed: Feed, name: str) -> None:
    mapping = "tables:\n  other: {columns: {id: $.id}}\n  NAME: {columns: {id: {path: $.id, type: integer}}}\n"
    feed.mapping(mapping.replace("NAME", name))
    said = ("feed.yaml:4", f'"{name}"', f"pg_catalog.{name}", f"public.{name}")
    feed.refuse(MAPPING, feed.documents(ONE), said=said)
    check = feed.run("check", feed.documents(ONE))
    assert check.exit_code == MAPPING
    assert f"public.{name}" in check.stderr
    assert feed.values("SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []
    feed.mapping(mapping.replace("NAME", f"public.{name}"))
    for _ in range(2):
        feed.load(feed.documents(ONE))
    assert feed.query(f"SELECT id FROM public.{name}") == [(1,), (1,)]


CATALOGS = ("class", "namespace", "attribute", "type", "index", "constraint", "trigger", "enum", "opclass")


@pytest.mark.parametrize("name", ["pg_stats", *(f"pg_{catalog}" for catalog in CATALOGS)])
def test_a_table_of_postgres_name_that_the_search_path_puts_first(feed: Feed, name: str) -> None:
    feed.query(f"CREATE TABLE public.{name} (id integer PRIMARY KEY)")
    feed.mapping(f"tables: {{{name}: {{key: [id], columns: {{id: {{path: $.id, type: integer}}}}}}}}")
    to = feed.database.conninfo + " options='-c search_path=public,pg_catalog'"
    assert feed.run("check", feed.documents(ONE), to=to).exit_code == 0
    feed.load(feed.documents(ONE), to=to)
    assert feed.query(f"SELECT id FROM public.{name}") == [(1,)]


def test_an_interval_column_is_created_with_its_fields(feed: Feed) -> None:
    feed.mapping("tables: {items: {columns: {at: {path: $.at, type: interval day to second(3)}}}}")
    feed.load(feed.documents({"at": "P1DT2H3M4.567S"}))
    assert feed.query("SELECT at::text, format_type(atttypid, atttypmod) FROM items, pg_attribute WHERE attname = 'at'") == [
        ("1 day 02:03:04.567", "interval day to second(3)")
    ]


def test_a_read_only_server(feed: Feed) -> None:
    feed.mapping(ITEMS)
    to = feed.database.conninfo + " options='-c default_transaction_read_only=on'"
    feed.refuse(DATABASE, feed.documents(ONE), said=("read-only", feed.database.name), to=to)
    assert feed.run("check", feed.documents(ONE), to=to).exit_code == 0


@pytest.mark.parametrize("port", [1])
def test_no_server_at_a_port_or_host(feed: Feed, port: int) -> None:
    feed.mapping(ITEMS)
    feed.refuse(DATABASE, feed.documents(ONE), said=("127.0.0.1", "1"), to=f"host=127.0.0.1 port={port} dbname=x user=x")
    feed.refuse(DATABASE, feed.documents(ONE), said=("no-such-host.invalid",), to="host=no-such-host.invalid dbname=x")


class TestRights:
    """A role that may not do all."""

    @pytest.fixture
    def role(self, feed: Feed) -> str:
        name = f"{feed.database.name}_role"
        feed.query(f"CREATE ROLE {name} LOGIN; GRANT CREATE ON DATABASE {feed.database.name} TO {name}")
        feed.query("CREATE TABLE items (id integer PRIMARY KEY, text text)")
        return name

    @pytest.fixture(autouse=True)
    def _drop(self, role: str, feed: Feed) -> object:
        yield
        feed.query(f"DROP OWNED BY {role}; DROP ROLE {role}")

    def to(self, feed: Feed, role: str) -> str:
        return feed.database.conninfo.replace("user=postgres", f"user={role}")

    @pytest.mark.parametrize(
        ("granted", "rule", "missing"),
        [
            ("", "skip", "INSERT"),
            ("INSERT", "skip", "SELECT"),
            ("INSERT, SELECT", "update", "UPDATE"),
            ("SELECT, UPDATE", "update", "INSERT"),
        ],
    )
    def test_a_right_that_is_missing_is_named(self, feed: Feed, role: str, granted: str, rule: str, missing: str) -> None:
        if granted:
            feed.query(f"GRANT {granted} ON items TO {role}")
        feed.mapping(ITEMS.replace("skip", rule))
        feed.refuse(DATABASE, feed.documents(ONE), said=("no permission", missing, "items"), to=self.to(feed, role))
        assert feed.values("SELECT count(*) FROM items") == [0]

    def test_the_rights_that_are_needed_suffice(self, feed: Feed, role: str) -> None:
        feed.query(f"GRANT SELECT, INSERT ON items TO {role}")
        feed.mapping(ITEMS)
        feed.load(feed.documents(ONE), to=self.to(feed, role))
        feed.load(feed.documents(ONE), to=self.to(feed, role))
        assert feed.query("SELECT * FROM items") == [(1, "a")]

    def test_rights_in_the_schema_pgfeed_suffice_where_another_role_made_it(self, feed: Feed, role: str) -> None:
        feed.mapping(ITEMS)
        feed.load(feed.documents(ONE))
        feed.query(f"REVOKE CREATE ON DATABASE {feed.database.name} FROM {role}; GRANT SELECT, INSERT ON items TO {role}")
        feed.refuse(DATABASE, feed.documents(ONE), said=("permission",), to=self.to(feed, role))
        feed.query(
            f"GRANT USAGE ON SCHEMA pgfeed TO {role}; "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgfeed TO {role}"
        )
        feed.load("--max-rejects", "1", feed.documents({"id": 2, "text": "b"}, {"id": "x"}), to=self.to(feed, role))
        assert feed.query("SELECT * FROM items ORDER BY id") == [(1, "a"), (2, "b")]

    def test_row_security_that_hides_rows_is_refused(self, feed: Feed, role: str) -> None:
        feed.query(f"GRANT ALL ON items TO {role}; ALTER TABLE items ENABLE ROW LEVEL SECURITY")
        feed.mapping(ITEMS)
        feed.refuse(MAPPING, feed.documents(ONE), said=("row security", "items"), to=self.to(feed, role))

    def test_no_right_to_make_the_schema(self, feed: Feed, role: str) -> None:
        feed.query(f"REVOKE CREATE ON DATABASE {feed.database.name} FROM {role}; GRANT ALL ON items TO {role}")
        feed.mapping(ITEMS)
        feed.refuse(DATABASE, feed.documents(ONE), said=("permission", feed.database.name), to=self.to(feed, role))
        with psycopg.connect(feed.database.conninfo) as connection:
            assert connection.execute("SELECT count(*) FROM items").fetchone() == (0,)
