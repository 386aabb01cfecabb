"""The scripts around the program: counting of tests, the test server, installation, completion, the demonstration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROGRAM, ROOT, clean_environment

SCRIPTS = ROOT / "scripts"


def suite(folder: Path, name: str, exit_code: int, **files: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "exit_code").write_text(f"{exit_code}\n")
    for stem, text in files.items():
        (folder / name / stem.replace("__", ".")).write_text(text)


def googletest(*results: str, failed: int = 0) -> str:
    cases: list[dict[str, object]] = [{"name": str(number), "result": result} for number, result in enumerate(results)]
    for case in cases[:failed]:
        case["failures"] = [{"failure": "it broke"}]
    return json.dumps({"testsuites": [{"name": "Suite", "testsuite": cases}]})


def summary(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, SCRIPTS / "test_summary.py", folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()[-1]


def test_cases_of_all_suites_are_summed(tmp_path: Path) -> None:
    junit = '<testsuites><testsuite><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'
    suite(tmp_path, "unit", 0, a__json=googletest("COMPLETED", "COMPLETED"), b__json=googletest("COMPLETED"))
    suite(tmp_path, "cli", 0, pytest__xml=junit)
    suite(tmp_path, "asan", 0, split_fuzz__exit_code="0\n")
    suite(tmp_path, "format", 0)
    assert summary(tmp_path) == (0, "7 passed, 0 failed")


def test_failed_and_skipped_cases_count_as_failed(tmp_path: Path) -> None:
    cases = '<testcase name="a"><error/></testcase><testcase name="b"><skipped/></testcase><testcase name="c"/>'
    junit = f"<testsuite>{cases}</testsuite>"
    suite(tmp_path, "unit", 1, a__json=googletest("COMPLETED", "COMPLETED", "SKIPPED", failed=1))
    suite(tmp_path, "cli", 1, pytest__xml=junit)
    suite(tmp_path, "asan", 1, split_fuzz__exit_code="1\n")
    assert summary(tmp_path) == (1, "2 passed, 5 failed")


@pytest.mark.parametrize("files", [{}, {"a__json": googletest("COMPLETED")}])
def test_a_suite_that_crashed_counts_as_a_failed_case(tmp_path: Path, files: dict[str, str]) -> None:
    suite(tmp_path, "unit", 139, **files)
    assert summary(tmp_path) == (1, f"{len(files)} passed, 1 failed")


def test_a_program_that_crashed_counts_beside_another_that_failed(tmp_path: Path) -> None:
    programs = "".join(
        f'<testcase name="{name}" status="{state}"/>' for name, state in [("a", "fail"), ("b", "fail"), ("c", "run")]
    )
    reports = {"a__json": googletest("COMPLETED", failed=1), "c__json": googletest("COMPLETED")}
    suite(tmp_path, "unit", 8, programs__ctest=f"<testsuite>{programs}</testsuite>", **reports)
    assert summary(tmp_path) == (1, "1 passed, 2 failed")


def test_no_test_at_all_is_no_success(tmp_path: Path) -> None:
    assert summary(tmp_path) == (1, "0 passed, 0 failed")


def test_setup_installs_nothing_where_all_is_there() -> None:
    done = subprocess.run([SCRIPTS / "setup.sh", "build", "test"], capture_output=True, text=True, check=True, timeout=10)
    assert done.stdout + done.stderr == ""


def test_the_test_server_ends_with_its_command(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    done = subprocess.run([SCRIPTS / "with_postgres.sh", "bash", "-c", f'echo "$PGHOST" >{seen}; exit 7'], check=False)
    assert done.returncode == 7
    assert not Path(seen.read_text().strip()).exists()


@pytest.mark.parametrize("version", ["13", "18"])
def test_the_test_server_has_the_version_that_is_asked_for(version: str) -> None:
    versions = 'psql -XAtc "SHOW server_version" && "$PGFEED_TEST_POSTGRES/postgres" -V'
    command = [str(SCRIPTS / "with_postgres.sh"), "bash", "-c", versions]
    environment = os.environ | {"PGFEED_TEST_POSTGRES": version}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    running, program = done.stdout.splitlines()
    assert running.split(".")[0] == version
    assert f" {version}." in program


def test_install_puts_everything_under_the_prefix(tmp_path: Path) -> None:
    command = ["make", "-o", "build", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    installed = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert installed == [
        "usr/bin/pgfeed",
        "usr/share/bash-completion/completions/pgfeed",
        "usr/share/man/man1/pgfeed.1",
        "usr/share/pgfeed/mapping.schema.json",
    ]
    assert os.access(tmp_path / "usr/bin/pgfeed", os.X_OK)


def complete(*words: str) -> list[str]:
    """What bash offers for the last word."""
    script = f"""
        source {ROOT}/share/pgfeed.bash
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _pgfeed
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script, "bash", str(PROGRAM), *words], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.split()


def test_completion_offers_commands() -> None:
    assert set(complete("")) == {"load", "check", "ddl", "status", "forget", "drop", "rejects", "server"}
    assert complete("lo") == ["load"]
    assert {"start", "stop", "status", "url"} == set(complete("server", ""))


def test_completion_offers_the_options_of_the_command() -> None:
    assert {"--mapping", "--to", "--max-rejects", "--help"} <= set(complete("load", "--"))
    assert complete("load", "--connecti") == ["--connections"]
    assert complete("load", "--progress", "pl") == ["plain"]
    assert complete("load", "-m", "examples/tweets/tweets.y") == ["examples/tweets/tweets.yaml"]


def test_the_demonstration_runs_twice(server_folder: Path) -> None:
    environment = clean_environment() | {"PGFEED_SERVER_DIR": str(server_folder), "DEMO_TWEETS": "2000"}
    for _ in range(2):
        done = subprocess.run(
            [SCRIPTS / "demo.sh"], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "tweet_tags" in done.stdout
        assert "psql '" in done.stdout
        assert "server stop" in done.stdout
