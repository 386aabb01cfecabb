"""What docs/security.md says: the rights that it lists are enough and needed, and no secret is shown anywhere."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from conftest import PROGRAM, ROOT, TIMEOUT_SECONDS, Result, clean_environment, server_conninfo
from documents import blocks
from feed import Feed
from psycopg import sql
from test_ledger import VERSION_1

SHOP = """\
root: orders
tables:
  customers:
    key: [id]
    on_duplicate: {latest: seen}
    columns:
      id: {path: $.customer.id, type: bigint}
      name: {path: $.customer.name, type: text}
      seen: {path: $.at, type: date}
  skus:
    surrogate: id
    key: [sku]
    from: $.items[*]
    columns: {sku: {path: "@.sku", type: text}}
  orders:
    key: [id]
    on_duplicate: {latest: at}
    foreign_keys: [{columns: [customer_id], references: customers}]
    columns: {id: {path: $.id, type: bigint}, at: {path: $.at, type: date}, customer_id: {path: $.customer.id, type: bigint}}
  items:
    key: [order_id, line]
    foreign_keys: [{columns: [order_id], references: orders}]
    from: $.items[*]
    columns:
      order_id: {path: $.id, type: bigint}
      line: {meta: position, type: integer}
      sku_id: {ref: skus, path: "@.sku"}
"""
TABLES = ("customers", "skus", "orders", "items")
WEIRD = "we'ird \"name"


def order(number: int, day: int, *skus: str) -> dict[str, object]:
    customer = {"id": number % 3, "name": f"name {day}"}
    return {"id": number, "at": f"2024-05-{day:02}", "customer": customer, "items": [{"sku": sku} for sku in skus]}


ORDERS = [order(number, 1, "a", "b") for number in range(20)]
REPLACED = [order(number, 2, "b", "c") for number in range(0, 20, 2)]
BROKEN = {"id": "x"}


def grants(role: str) -> list[str]:
    """The statements in docs/security.md that give the role in it its rights."""
    texts = [block.body for block in blocks(ROOT / "docs" / "security.md") if block.language == "text"]
    (found,) = [text.splitlines() for text in texts if text.startswith("GRANT") and f"TO {role};" in text]
    return found


def single_rights(role: str) -> list[tuple[str, str]]:
    """Each of them by itself: the right, and what it is for."""
    parts = [re.fullmatch(rf"GRANT (.*) ON (.*) TO {role};", line) for line in grants(role)]
    return [(right, part[2]) for part in parts if part for right in part[1].split(", ")]


@dataclass
class Role:
    """A role of the test's own, which logs in by a password that is in a passfile."""

    name: str
    password: str
    conninfo: str  # but for the database


@pytest.fixture
def role(tmp_path: Path) -> Iterator[Role]:
    name, password = f"role_{secrets.token_hex(6)}", secrets.token_hex(16)
    passfile = tmp_path / "passfile"
    passfile.touch(mode=0o600)
    passfile.write_text(f"*:*:*:{name}:{password}\n", encoding="utf-8")
    with psycopg.connect(server_conninfo("postgres"), autocommit=True) as server:
        identifier = sql.Identifier(name)
        server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(identifier, password))
        yield Role(name, password, f"host=127.0.0.1 port={os.environ['PGPORT']} user={name} passfile={passfile}")
        server.execute(sql.SQL("DROP ROLE {}").format(identifier))


class Shop:
    """A database in which nobody has any right yet but its owner, and a mapping and files beside it."""

    def __init__(self, feed: Feed, role: Role) -> None:
        self.feed = feed
        self.role = role
        self.to = f"{role.conninfo} dbname={feed.database.name}"
        feed.mapping(SHOP)
        feed.file("orders.ndjson", "".join(json.dumps(document) + "\n" for document in [*ORDERS, BROKEN]))
        feed.file("replaced.ndjson", "".join(json.dumps(document) + "\n" for document in REPLACED))
        self.admin(f"REVOKE ALL ON DATABASE {feed.database.name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC")

    def admin(self, statements: str) -> None:
        self.feed.query(statements)

    def of_here(self, statement: str, role: str) -> str:
        """A statement of the docs, for this database and role."""
        return statement.replace("DATABASE shop", f"DATABASE {self.feed.database.name}").replace(
            f"{role};", f"{self.role.name};"
        )

    def prepare(self, role: str = "loader", *ledger: str) -> None:
        """Does as the docs tell an administrator."""
        for arguments in (["ddl", "-m", "feed.yaml"], ["ddl", "--ledger", *ledger]):
            printed = self.feed.pgfeed(*arguments)
            assert printed.exit_code == 0, printed
            self.admin(printed.stdout)
        for statement in grants(role):
            self.admin(self.of_here(statement, role))

    def run(self, arguments: list[str], *options: str) -> Result:
        """Runs one of `RUNS`, where LOAD is the latest load that the ledger knows."""
        if "LOAD" in arguments:
            latest = json.loads(self.run(["status"], *options, "--json").stdout)["feeds"][0]["loads"][0]["load"]
            arguments = [str(latest) if argument == "LOAD" else argument for argument in arguments]
        return self.feed.pgfeed(*arguments, *options)

    def stage_and_drop(self) -> None:
        """An atomic load that ends early, and is dropped."""
        staged = self.feed.pgfeed("load", *ON_THE_SOURCES, "--reload", "--publish", "atomic", "--to", self.to)
        assert staged.exit_code == 6, staged
        number = self.feed.values("SELECT max(load) FROM pgfeed.loads")[0]
        dropped = self.feed.pgfeed("drop", number, "--yes", "--to", self.to)
        assert dropped.exit_code == 0, dropped

    def count(self) -> dict[str, int]:
        return {table: self.feed.values(f"SELECT count(*) FROM {table}")[0] for table in TABLES}


@pytest.fixture
def shop(role: Role, feed: Feed) -> Shop:
    return Shop(feed, role)  # the database goes before the role


def commands() -> list[str]:
    """The commands that there are, as `--help` lists them."""
    told = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
    listed = told[told.index("Subcommands:") :].split("\n\n")[0]
    return re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)


ON_THE_SOURCES = ["-m", "feed.yaml", "orders.ndjson"]
# Each command that asks a database, as the role of the docs runs it, in this order.
RUNS: dict[str, list[list[str]]] = {
    "loader": [
        ["load", *ON_THE_SOURCES, "--dry-run", "--max-rejects", "1"],
        ["load", *ON_THE_SOURCES, "--max-rejects", "1", "--rejects", "rejects.ndjson"],
        ["load", "-m", "feed.yaml", "replaced.ndjson"],
        ["load", "-m", "feed.yaml", "replaced.ndjson", "--reload"],
        ["load", "-m", "feed.yaml", "replaced.ndjson", "--no-ledger"],
        ["load", *ON_THE_SOURCES, "--reload", "--publish", "atomic", "--max-rejects", "1"],
        ["rejects", "retry", "-m", "feed.yaml", "--max-rejects", "9"],
        ["load", "-m", "feed.yaml", "--from-rejects", "rejects.ndjson", "--max-rejects", "9"],
        ["check", "-m", "feed.yaml", "replaced.ndjson"],
        ["forget", "replaced.ndjson", "--yes"],
    ],
    "reader": [["status"], ["status", "LOAD"], ["rejects", "list"], ["rejects", "export", "-"]],
}
NEED_NO_DATABASE = {"ddl", "server"}


def test_every_command_is_tried_and_told_of() -> None:
    tried = {arguments[0] for runs in RUNS.values() for arguments in runs} | {"drop"} | NEED_NO_DATABASE
    assert set(commands()) == tried
    table = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for command in commands():
        assert re.search(rf"^\|.*`{command}`.*\|", table, re.MULTILINE), command


class TestRights:
    def test_those_of_a_loader_are_enough(self, shop: Shop) -> None:
        shop.prepare()
        for arguments in [*RUNS["loader"], *RUNS["reader"]]:
            result = shop.run(arguments, "--to", shop.to)
            assert result.exit_code == 0, result
        shop.stage_and_drop()
        assert shop.count() == {"customers": 3, "skus": 3, "orders": 20, "items": 40}
        replaced = "SELECT DISTINCT sku FROM items JOIN skus ON skus.id = sku_id WHERE order_id % 2 = 0 ORDER BY 1"
        assert shop.feed.values(replaced) == ["b", "c"]
        assert (
            shop.feed.values("SELECT tableowner FROM pg_tables WHERE schemaname IN ('public', 'pgfeed')").count(
                shop.role.name
            )
            == 0
        )

    def test_those_of_a_reader_are_enough_to_look(self, shop: Shop) -> None:
        shop.prepare("reader")
        shop.feed.load("orders.ndjson", "--max-rejects", 1)
        for arguments in RUNS["reader"]:
            result = shop.run(arguments, "--to", shop.to)
            assert result.exit_code == 0, result
        with psycopg.connect(f"{shop.to} password={shop.role.password}") as session:
            assert session.execute("SELECT line FROM pgfeed.rejects").fetchall() == [(len(ORDERS) + 1,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("DELETE FROM pgfeed.rejects")

    @pytest.mark.parametrize(("right", "of"), single_rights("loader"))
    def test_none_of_them_is_too_much_and_each_is_named(self, shop: Shop, right: str, of: str) -> None:
        shop.prepare()
        shop.admin(shop.of_here(f"REVOKE {right} ON {of} FROM loader;", "loader"))
        results = [shop.feed.pgfeed(run[0], "--to", shop.to, "--json", *run[1:]) for run in RUNS["loader"][1:3]]
        failed = [result for result in results if result.exit_code != 0]
        assert failed
        assert {result.exit_code for result in failed} == {5}, failed
        for result in failed:
            assert right.lower() in result.stderr.splitlines()[-1].lower(), result.stderr

    def test_no_ledger_needs_none_of_its_rights(self, shop: Shop) -> None:
        shop.admin(shop.feed.pgfeed("ddl", "-m", "feed.yaml").stdout)
        shop.admin("CREATE SCHEMA pgfeed")
        for statement in grants("loader"):
            if not statement.endswith("SCHEMA pgfeed TO loader;"):
                shop.admin(shop.of_here(statement, "loader"))
        for file in ("orders.ndjson", "replaced.ndjson"):
            options = ("--no-ledger", "--max-rejects", 1, file)
            assert shop.feed.run("load", *options, to=shop.to).exit_code == 0
        assert shop.count() == {"customers": 3, "skus": 3, "orders": 20, "items": 40}

    def test_a_first_load_may_make_the_ledger_and_the_tables(self, shop: Shop) -> None:
        shop.admin(f"GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {shop.feed.database.name} TO {shop.role.name}")
        shop.admin(f"GRANT USAGE, CREATE ON SCHEMA public TO {shop.role.name}")
        assert shop.feed.run("load", "--max-rejects", 1, "orders.ndjson", to=shop.to).exit_code == 0
        assert shop.count()["orders"] == 20

    def test_who_may_not_make_the_ledger_is_told_who_can(self, shop: Shop) -> None:
        shop.admin(shop.feed.pgfeed("ddl", "-m", "feed.yaml").stdout)
        for statement in grants("loader")[:3]:
            shop.admin(shop.of_here(statement, "loader"))
        result = shop.feed.run("load", "orders.ndjson", to=shop.to)
        assert result.exit_code == 5
        for word in ("permission denied for database", "pgfeed ddl --ledger --grant-to", "--no-ledger"):
            assert word in result.stderr

    def test_an_older_ledger_of_someone_else_is_brought_up_to_date_by_them(self, shop: Shop) -> None:
        shop.prepare()
        shop.admin("DROP SCHEMA pgfeed CASCADE;" + VERSION_1)
        for statement in grants("loader")[3:]:
            shop.admin(shop.of_here(statement, "loader"))
        result = shop.feed.run("load", "replaced.ndjson", to=shop.to)
        assert result.exit_code == 5
        assert "pgfeed ddl --ledger --grant-to" in result.stderr
        shop.admin(shop.feed.pgfeed("ddl", "--ledger", "--grant-to", shop.role.name).stdout)
        assert shop.feed.run("load", "replaced.ndjson", to=shop.to).exit_code == 0


SCHEMA = """
SELECT 'column', table_name, column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = $s$
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = (SELECT oid FROM pg_namespace WHERE nspname = $s$)
UNION ALL SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = $s$
UNION ALL SELECT 'options', relname, relpersistence::text || ' ' || coalesce(reloptions::text, '')
FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $s$)
ORDER BY 1, 2, 3"""


def schema_of(feed: Feed, name: str = "pgfeed") -> list[tuple[object, ...]]:
    found = feed.query(SCHEMA.replace("$s$", "'" + name.replace("'", "''") + "'"))
    assert found
    return found


class TestLedgerAsSql:
    def test_it_is_the_one_that_a_load_makes(self, shop: Shop) -> None:
        shop.feed.load("replaced.ndjson")
        made, version = schema_of(shop.feed), shop.feed.query("SELECT * FROM pgfeed.version")
        printed = shop.feed.pgfeed("ddl", "--ledger").stdout
        for before in ("", "", VERSION_1):
            shop.admin("DROP SCHEMA pgfeed CASCADE;" + before)
            shop.admin(printed)
            shop.admin(printed)  # changes nothing
            assert schema_of(shop.feed) == made
            assert shop.feed.query("SELECT * FROM pgfeed.version") == version

    def test_a_role_is_granted_what_the_docs_say(self, shop: Shop) -> None:
        printed = shop.feed.pgfeed("ddl", "--ledger", "--grant-to", "loader").stdout.splitlines()
        assert [line.replace('"', "") for line in printed if line.startswith("GRANT")] == grants("loader")[3:]

    @pytest.mark.parametrize(
        "arguments", [[], ["-m", "feed.yaml", "--ledger"], ["-m", "feed.yaml", "--grant-to", "x"], ["--ledger-schema", "x"]]
    )
    def test_one_of_two_things_is_printed(self, shop: Shop, arguments: list[str]) -> None:
        assert shop.feed.pgfeed("ddl", *arguments).exit_code == 2


def test_a_ledger_of_any_name(shop: Shop) -> None:
    """With quotes in it, made by its SQL or by a load."""
    named = ["--ledger-schema", WEIRD]
    shop.feed.load("replaced.ndjson", *named)
    made = schema_of(shop.feed, WEIRD)
    shop.admin('DROP SCHEMA "we\'ird ""name" CASCADE; TRUNCATE customers, skus, orders, items')
    shop.admin(shop.feed.pgfeed("ddl", "--ledger", *named).stdout)
    assert schema_of(shop.feed, WEIRD) == made
    for arguments in [*RUNS["loader"], *RUNS["reader"]]:
        result = shop.run(arguments, "--to", shop.feed.database.conninfo, *named)
        assert result.exit_code == 0, result
    assert shop.feed.values('SELECT count(*) FROM "we\'ird ""name".rejects') == [2]  # by two loads of orders.ndjson
    assert shop.feed.values("SELECT to_regnamespace('pgfeed') IS NULL") == [True]


class TestPasswords:
    def everything(self, shop: Shop) -> str:
        """All that the ledger holds, and what the server has logged."""
        tables = shop.feed.values(
            "SELECT relname FROM pg_class WHERE relnamespace = 'pgfeed'::regnamespace AND relkind = 'r'"
        )
        assert len(tables) > 5
        found = "".join(str(shop.feed.query(f"SELECT t::text FROM pgfeed.{table} t")) for table in tables)
        log = (Path(os.environ["PGHOST"]) / "server.log").read_text(encoding="utf-8", errors="replace")
        assert shop.role.name in log
        return found + log

    @pytest.mark.parametrize("way", ["passfile", "PGPASSWORD", "service"])
    def test_they_are_shown_nowhere(self, shop: Shop, way: str) -> None:
        shop.prepare()
        shop.admin(f"ALTER DATABASE {shop.feed.database.name} SET log_statement = 'all'")
        shop.admin(f"ALTER ROLE {shop.role.name} SET application_name = '{shop.role.name}'")
        to, environment = self.by(way, shop)
        command = [PROGRAM, "load", "-m", "feed.yaml", "--to", to, "--json", "--max-rejects", "1", "--rejects", "r"]
        with psycopg.connect(shop.feed.database.conninfo) as other:
            other.execute("LOCK TABLE orders")
            process = subprocess.Popen(
                [*map(str, command), "orders.ndjson"],
                cwd=shop.feed.folder,
                env=clean_environment() | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            waiting = f"SELECT query FROM pg_stat_activity WHERE usename = '{shop.role.name}'"
            while not shop.feed.values(waiting + " AND wait_event_type = 'Lock'"):
                assert process.poll() is None
            seen = str(shop.feed.values(waiting)) + Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        stdout, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 0, stderr
        seen += stdout + stderr + (shop.feed.folder / "r").read_text(encoding="utf-8") + self.everything(shop)
        assert shop.feed.database.name in seen
        assert shop.role.password not in seen

    def by(self, way: str, shop: Shop) -> tuple[str, dict[str, str]]:
        """What `--to` and the environment say."""
        if way == "passfile":
            return shop.to, {}
        plain = re.sub(r" passfile=\S+", "", shop.to)
        if way == "PGPASSWORD":
            return plain, {"PGPASSWORD": shop.role.password}
        lines = [*plain.split(), f"password={shop.role.password}"]
        service = shop.feed.file("services", "[shop]\n" + "".join(line + "\n" for line in lines))
        return "service=shop", {"PGSERVICEFILE": str(service)}

    def test_nor_where_a_connection_fails(self, shop: Shop) -> None:
        shop.admin(f"ALTER ROLE {shop.role.name} PASSWORD 'another'")
        result = shop.feed.run("load", "orders.ndjson", to=shop.to)
        assert result.exit_code == 5
        assert "password authentication failed" in result.stderr
        assert shop.role.password not in result.stdout + result.stderr
