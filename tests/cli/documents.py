"""Fenced blocks of a Markdown document, and how each is tried. CONTRIBUTING.md tells writers the same.

- `sh`: run by `bash -e`.
- `console`: each line after `$ ` is run; the lines under it are what it prints, where `...` stands for anything.
- `sh make`: only `make` commands; their targets must be there (`make -n`), for a run would take minutes.
- `title=NAME` after any language: the block is written to the file NAME first. It is not run.
- `yaml` and `json`: must parse; a YAML block that begins with `version: 1` is a mapping and must compile.
- `sql`: run in the document's database, in one transaction.
- `cpp`, `text`, `mermaid` and no language: for the eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)(?P=fence)`*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    line: int  # of the fence, from 1
    words: tuple[str, ...]  # of the info string: language first
    body: str

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def title(self) -> str | None:
        return next((word.removeprefix("title=") for word in self.words if word.startswith("title=")), None)


@dataclass(frozen=True)
class Step:
    """A command of a `console` block and what it prints."""

    command: str
    printed: str


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        indent = len(match["indent"])
        body = "".join(
            line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in match["body"].splitlines(keepends=True)
        )
        yield Block(text.count("\n", 0, match.start()) + 1, tuple(match["info"].split()), body)


def steps(body: str) -> Iterator[Step]:
    """The commands of a `console` block. A command goes on while its lines end in a backslash."""
    lines = body.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            raise ValueError(f"a console block begins with a command, not with {line!r}")
        command = [line[2:]]
        while command[-1].endswith("\\"):
            command.append(lines.pop(0).removeprefix("> "))
        printed = []
        while lines and not lines[0].startswith("$ "):
            printed.append(lines.pop(0))
        yield Step("\n".join(command), "\n".join(printed))


def matches(printed: str, output: str) -> bool:
    """Whether a command's output is what the document shows. Blanks at line ends do not count."""
    pattern = ".*?".join(re.escape(part) for part in printed.split("..."))
    tidy = "\n".join(line.rstrip() for line in output.strip("\n").splitlines())
    return re.fullmatch(pattern, tidy, re.DOTALL) is not None
