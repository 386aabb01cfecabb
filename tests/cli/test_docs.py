"""Every snippet of README.md, docs/ and CONTRIBUTING.md is tried; what is generated is up to date."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PROGRAM, ROOT, TIMEOUT_SECONDS, Database, clean_environment
from documents import Block, blocks, matches, steps

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md")])
FOR_THE_EYE = {"", "text", "cpp", "mermaid", "ndjson", "python"}
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


class Desk:
    """The folder in which one document's snippets are tried, in order; they share it and one database."""

    def __init__(self, folder: Path, database: Database, server_folder: Path) -> None:
        self.folder = folder
        self.database = database
        for name in ("examples", "build", "share", "bench"):
            folder.joinpath(name).symlink_to(ROOT / name)
        server = dict(word.split("=", 1) for word in database.conninfo.split())
        self.environment = clean_environment() | {
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
            "PGHOST": server["host"],
            "PGPORT": server["port"],
            "PGUSER": server["user"],
            "PGDATABASE": server["dbname"],
            "PGFEED_SERVER_DIR": str(server_folder),
        }

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        if "pgfeed server start" in script:  # its reader has no other server in mind
            for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
                self.environment.pop(name, None)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    def run(self, script: str) -> str:
        """What a script that must succeed prints, standard error included."""
        done = self.bash(script)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def check_make(self, script: str) -> None:
        for line in filter(None, (line.split("#")[0].strip() for line in script.splitlines())):
            assert line.startswith("make"), f"not a make command: {line}"
            done = subprocess.run(["bash", "-c", f"{line} -n"], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr

    def check_yaml(self, block: Block) -> None:
        yaml.safe_load(block.body)
        if block.body.startswith("version: 1"):
            path = self.folder / "snippet.yaml"
            path.write_text(block.body, encoding="utf-8")
            self.run(f"pgfeed ddl -m {path.name}")

    def try_block(self, block: Block) -> None:
        if block.title is not None:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        if block.language == "yaml":
            self.check_yaml(block)
        elif block.language == "json":
            json.loads(block.body)
        elif block.title is not None or block.language in FOR_THE_EYE:
            return
        elif block.words == ("sh", "make"):
            self.check_make(block.body)
        elif block.language == "sh":
            self.run(block.body)
        elif block.language == "console":
            for step in steps(block.body):
                output = self.run(step.command)
                assert matches(step.printed, output), f"{step.command}\nprints\n{output}\nnot\n{step.printed}"
        elif block.language == "sql":
            self.database.query(block.body)
        else:
            raise AssertionError(f"no way to try a block of {block.language!r}; see CONTRIBUTING.md")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_snippets_do_what_they_say(path: Path, tmp_path: Path, database: Database, server_folder: Path) -> None:
    desk = Desk(tmp_path, database, server_folder)
    for block in blocks(path):
        try:
            desk.try_block(block)
        except Exception as error:
            raise AssertionError(f"{path.relative_to(ROOT)}:{block.line}: {error}") from error


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    prose = re.sub(r"^ *```.*?^ *```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = [target for target in LINK.findall(prose) if not (path.parent / target).exists()]
    assert not broken


@pytest.mark.parametrize(("option", "path"), [("--print-md", "docs/cli.md"), ("--print-man", "share/pgfeed.1")])
def test_the_manual_is_what_the_program_says(option: str, path: str) -> None:
    script = ROOT / "scripts" / "cli_docs.py"
    done = subprocess.run([sys.executable, script, option, PROGRAM], capture_output=True, text=True, check=True)
    assert (ROOT / path).read_text(encoding="utf-8") == done.stdout, "run `make docs`"


def test_the_fields_in_copy_format_are_the_servers(database: Database) -> None:
    text = (ROOT / "docs" / "copy_format.md").read_text(encoding="utf-8")
    table = text[text.index("\n## The fields") : text.index("\n### numeric")]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    for row in rows:
        function, expected = re.findall(r"`([^`]+)`", row)[-2:]
        assert database.value(f"SELECT encode({function}, 'hex')") == expected, row


def test_the_readme_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text
