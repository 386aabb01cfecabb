#!/usr/bin/env python3
"""Writes the command line's manual from the program's own `--help`.

    cli_docs.py build/pgfeed               writes docs/cli.md and share/pgfeed.1
    cli_docs.py --print-md build/pgfeed    prints the one
    cli_docs.py --print-man build/pgfeed   prints the other

Subcommands are found by reading the help's list of them, so a new one needs nothing here.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = ROOT / "docs" / "cli.md"
MAN = ROOT / "share" / "pgfeed.1"


class Page(NamedTuple):
    """The help of one command: `pgfeed server start` and what it says."""

    command: str
    text: str


def help_of(program: Path, words: list[str]) -> str:
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    text = done.stdout.replace(str(program), "pgfeed")
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def subcommands(text: str) -> list[str]:
    """The names in the list under `Subcommands:`."""
    listed = re.search(r"^Subcommands:\n((?:[ \t].*(?:\n|$))*)", text, re.MULTILINE)
    return re.findall(r"^ {2}([a-z][a-z-]*)(?=\s|$)", listed[1], re.MULTILINE) if listed else []


def pages(program: Path, words: list[str]) -> Iterator[Page]:
    """The help of a command and of all below it, parents first."""
    text = help_of(program, words)
    yield Page(" ".join(["pgfeed", *words]), text)
    for name in subcommands(text):
        yield from pages(program, [*words, name])


def markdown(program: Path) -> str:
    parts = ["# The command line\n", "Written by `make docs` from what the program itself says.\n"]
    for page in pages(program, []):
        level = "##" if page.command.count(" ") <= 1 else "###"
        parts.append(f"{level} {page.command}\n\n```text\n{page.text}\n```\n")
    return "\n".join(parts)


def roff(text: str) -> str:
    """Text as it stands, for a block without filling. A line must not begin with a control character."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def man(program: Path) -> str:
    """The man page (man(7)): one section for each command."""
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    parts = [
        f'.TH PGFEED 1 "" "pgfeed {version}" "User Commands"',
        ".SH NAME",
        "pgfeed \\- feed JSON into normalised PostgreSQL tables",
    ]
    for page in pages(program, []):
        heading = "DESCRIPTION" if page.command == "pgfeed" else page.command.upper()
        parts += [f'.SH "{heading}"', ".nf", roff(page.text), ".fi"]
    return "\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes docs/cli.md and share/pgfeed.1 from pgfeed's --help.")
    parser.add_argument("--print-md", action="store_true", help="print docs/cli.md instead")
    parser.add_argument("--print-man", action="store_true", help="print the man page instead")
    parser.add_argument("program", type=Path, help="build/pgfeed")
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    if arguments.print_md:
        print(markdown(program), end="")
    elif arguments.print_man:
        print(man(program), end="")
    else:
        MARKDOWN.write_text(markdown(program), encoding="utf-8")
        MAN.write_text(man(program), encoding="utf-8")


if __name__ == "__main__":
    main()
