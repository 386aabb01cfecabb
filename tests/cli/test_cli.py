"""The command line's face: help, usage errors, and the exit code of each kind of end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import PROGRAM, TIMEOUT_SECONDS, Database, Pgfeed, Result, clean_environment

DONE, USAGE, MAPPING, SOURCE, DATABASE, REJECTS, INTERRUPTED = 0, 2, 3, 4, 5, 6, 130

COMMANDS = ["load", "check", "ddl", "server"]
LOAD_OPTIONS = [
    "--to",
    "--connections",
    "--limit",
    "--dry-run",
    "--max-rejects",
    "--rejects",
    "--split-size",
    "--progress",
    "--json",
    "--documents",
    "--max-document",
    "--max-depth",
]


def assert_one_sentence(result: Result, exit_code: int, *said: str) -> None:
    """It ended with this code, and standard error says why: one sentence after the program's name, no stack, no dump."""
    assert result.exit_code == exit_code, result
    assert result.stdout == ""
    sentence = result.stderr.strip().splitlines()[-1]
    assert re.match(r"pgfeed\b.*: \S", sentence), result.stderr
    for word in said:
        assert word in result.stderr


def test_help_names_every_command_and_every_exit_code(pgfeed: Pgfeed) -> None:
    result = pgfeed("--help")
    assert result.exit_code == DONE
    assert result.stderr == ""
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\b", result.stdout, re.MULTILINE), command
    for code in (DONE, USAGE, MAPPING, SOURCE, DATABASE, REJECTS, INTERRUPTED):
        assert re.search(rf"^\s*{code}\s+\S", result.stdout, re.MULTILINE), code


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(pgfeed: Pgfeed, command: str) -> None:
    result = pgfeed(command, "--help")
    assert result.exit_code == DONE
    assert f"pgfeed {command}" in result.stdout


def test_help_of_load_names_every_option(pgfeed: Pgfeed) -> None:
    text = pgfeed("load", "--help").stdout
    for option in LOAD_OPTIONS:
        assert re.search(rf"{option}(?![\w-])", text), option


def test_version_is_that_of_the_build(pgfeed: Pgfeed) -> None:
    result = pgfeed("--version")
    assert result.exit_code == DONE
    assert re.search(r"\b\d+\.\d+\.\d+$", result.stdout.strip())


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explode"],
        ["load"],
        ["load", "--no-such-option"],
        ["load", "-m"],
        ["load", "-m", "people.yaml", "--connections", "none", "people.ndjson"],
        ["load", "-m", "people.yaml", "--connections", "0", "people.ndjson"],
        ["load", "-m", "people.yaml", "--limit", "-1", "people.ndjson"],
        ["load", "-m", "people.yaml", "--max-rejects", "many", "people.ndjson"],
        ["load", "-m", "people.yaml", "--max-rejects", "101%", "people.ndjson"],
        ["load", "-m", "people.yaml", "--split-size", "big", "people.ndjson"],
        ["load", "-m", "people.yaml", "--progress", "loud", "people.ndjson"],
        ["ddl"],
        ["server"],
        ["server", "explode"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("mapping", "people")
def test_what_cannot_be_meant_is_a_usage_error(pgfeed: Pgfeed, arguments: list[str]) -> None:
    result = pgfeed(*arguments)
    assert result.exit_code == USAGE, result
    assert result.stdout == ""
    assert result.stderr.strip()


def test_load_fills_the_table(pgfeed: Pgfeed, database: Database, mapping: Path, people: Path) -> None:
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, people)
    assert result.exit_code == DONE, result
    assert database.query("SELECT id, name FROM people ORDER BY id") == [(1, "Ada"), (2, "Grace"), (3, None)]


def test_load_goes_where_libpqs_environment_says(pgfeed: Pgfeed, database: Database, mapping: Path, people: Path) -> None:
    words = dict(word.split("=", 1) for word in database.conninfo.split())
    env = {"PGHOST": words["host"], "PGPORT": words["port"], "PGUSER": words["user"], "PGDATABASE": database.name}
    assert pgfeed("load", "-m", mapping, people, env=env).exit_code == DONE
    assert database.value("SELECT count(*) FROM people") == 3


def test_load_reads_standard_input(pgfeed: Pgfeed, database: Database, mapping: Path) -> None:
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, "-", stdin='{"id":7,"name":"Edsger"}')
    assert result.exit_code == DONE, result
    assert database.query("SELECT id, name FROM people") == [(7, "Edsger")]


def test_ddl_is_sql_that_the_server_takes(pgfeed: Pgfeed, database: Database, mapping: Path) -> None:
    result = pgfeed("ddl", "-m", mapping)
    assert result.exit_code == DONE
    database.query(result.stdout)
    columns = database.query(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'people'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert columns == [("id",), ("name",)]


def test_check_shows_rows_and_writes_nothing(pgfeed: Pgfeed, database: Database, mapping: Path, people: Path) -> None:
    result = pgfeed("check", "-m", mapping, "--to", database.conninfo, "--limit", "2", people)
    assert result.exit_code == DONE, result
    assert "Ada" in result.stdout
    assert "Grace" in result.stdout
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgfeed'") == 0
    assert database.value("SELECT to_regclass('people')") is None


def test_a_missing_mapping_is_a_mapping_error(pgfeed: Pgfeed, database: Database, people: Path) -> None:
    result = pgfeed("load", "-m", "none.yaml", "--to", database.conninfo, people)
    assert_one_sentence(result, MAPPING, "none.yaml")


def test_a_misspelt_field_is_named_with_its_line(pgfeed: Pgfeed, database: Database, mapping: Path, people: Path) -> None:
    mapping.write_text(mapping.read_text().replace("columns:", "colums:"), encoding="utf-8")
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, people)
    assert_one_sentence(result, MAPPING, "people.yaml:10", "colums", "did you mean", "columns")


def test_a_missing_source_is_a_source_error(pgfeed: Pgfeed, database: Database, mapping: Path) -> None:
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, "none.ndjson")
    assert_one_sentence(result, SOURCE, "none.ndjson")
    assert database.value("SELECT to_regclass('people')") is None


def test_no_server_is_a_database_error(pgfeed: Pgfeed, mapping: Path, people: Path, tmp_path: Path) -> None:
    assert_one_sentence(
        pgfeed("load", "-m", mapping, "--to", f"host={tmp_path} dbname=x user=x", "--connect-timeout", 0, people),
        DATABASE,
        str(tmp_path),
    )


def test_no_such_database_is_a_database_error(pgfeed: Pgfeed, database: Database, mapping: Path, people: Path) -> None:
    conninfo = database.conninfo.replace(database.name, "no_such_database")
    assert_one_sentence(pgfeed("load", "-m", mapping, "--to", conninfo, people), DATABASE, "no_such_database")


def test_a_wrong_password_is_a_database_error_and_not_shown(
    pgfeed: Pgfeed, database: Database, mapping: Path, people: Path
) -> None:
    role = f"{database.name}_role"
    database.query(f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
    port = dict(word.split("=", 1) for word in database.conninfo.split())["port"]
    conninfo = f"host=127.0.0.1 port={port} user={role} dbname={database.name}"
    result = pgfeed("load", "-m", mapping, "--to", conninfo, people, env={"PGPASSWORD": "w-r-o-n-g"})
    database.query(f"DROP ROLE {role}")
    assert_one_sentence(result, DATABASE, "password")
    assert "w-r-o-n-g" not in result.stderr


def test_a_reject_too_many_stops_the_load(pgfeed: Pgfeed, database: Database, mapping: Path, people: Path) -> None:
    people.write_text(people.read_text() + '{"id":"four","name":"Alan"}\n', encoding="utf-8")
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, people)
    assert result.exit_code == REJECTS, result
    assert "people.ndjson" in result.stderr
    assert database.query("SELECT line, table_name, column_name FROM pgfeed.rejects") == [(4, "people", "id")]


def test_a_reject_that_is_allowed_is_exported_and_the_rest_loaded(
    pgfeed: Pgfeed, database: Database, mapping: Path, people: Path, tmp_path: Path
) -> None:
    people.write_text('{"id":"zero"}\n' + people.read_text(), encoding="utf-8")
    rejects = tmp_path / "rejects.ndjson"
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, "--max-rejects", "1", "--rejects", rejects, people)
    assert result.exit_code == DONE, result
    assert database.value("SELECT count(*) FROM people") == 3
    (line,) = rejects.read_text(encoding="utf-8").splitlines()
    assert '"zero"' in line.replace("\\", "")


def test_a_dry_run_exports_the_rejects_that_stopped_it(
    pgfeed: Pgfeed, database: Database, mapping: Path, tmp_path: Path
) -> None:
    documents = '{"id":1,"name":"Ada"}\n{"id":"x"}\n{"id":3}\n'
    arguments = ("load", "-m", mapping, "--to", database.conninfo, "--dry-run", "--rejects", "rejects.ndjson", "-")
    result = pgfeed(*arguments, stdin=documents)
    assert result.exit_code == 6
    exported = [json.loads(line) for line in (tmp_path / "rejects.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [(reject["line"], reject["column"], reject["state"]) for reject in exported] == [(2, "id", "stopped")]
    assert database.value("SELECT to_regclass('people') IS NULL AND to_regnamespace('pgfeed') IS NULL") is True


def test_a_rejects_file_that_cannot_be_written_is_told_before_the_load(
    pgfeed: Pgfeed, database: Database, mapping: Path, people: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "missing" / "rejects.ndjson"
    result = pgfeed("load", "-m", mapping, "--to", database.conninfo, "--rejects", rejects, people)
    assert result.exit_code == 4
    assert str(rejects) in result.stderr
    assert database.value("SELECT to_regclass('people') IS NULL") is True


@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [
        (["lod", "-m", "x.yaml"], "lod"),
        (["server", "strat"], "strat"),
        (["load", "--mapping-file", "x.yaml", "a"], "--mapping-file"),
    ],
)
def test_a_misspelt_command_or_option_is_named(pgfeed: Pgfeed, arguments: list[str], unknown: str) -> None:
    result = pgfeed(*arguments)
    assert result.exit_code == 2
    assert f'"{unknown}"' in result.stderr


def test_an_interrupted_load_says_so_and_leaves_no_half_split(database: Database, mapping: Path, tmp_path: Path) -> None:
    documents = b"".join(b'{"id":%d,"name":"someone"}\n' % number for number in range(200_000))
    with subprocess.Popen(
        [PROGRAM, "load", "-m", str(mapping), "--to", database.conninfo, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=clean_environment(),
    ) as process:
        assert process.stdin is not None
        # More than a pipe holds: once it is written the load is reading, and with the pipe open it waits for more.
        process.stdin.write(documents)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == INTERRUPTED, stderr
    assert b"interrupted" in stderr.lower()
    if database.value("SELECT to_regclass('people')") is not None:
        assert database.value("SELECT count(*) FROM people") == 0
