"""The reader of fenced blocks itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents import Block, Step, blocks, matches, steps


def test_blocks_have_line_words_and_body(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# A\n\n```sh\ntrue\n```\n\n1. so\n\n   ```yaml title=a.yaml\n   a:\n     b: 1\n   ```\n", encoding="utf-8"
    )
    assert list(blocks(path)) == [Block(3, ("sh",), "true\n"), Block(9, ("yaml", "title=a.yaml"), "a:\n  b: 1\n")]
    assert [block.title for block in blocks(path)] == [None, "a.yaml"]


def test_steps_pair_commands_with_what_they_print() -> None:
    body = "$ one \\\n    --more\nfirst\nsecond\n$ two\n"
    assert list(steps(body)) == [Step("one \\\n    --more", "first\nsecond"), Step("two", "")]


def test_a_console_block_begins_with_a_command() -> None:
    with pytest.raises(ValueError, match="begins with a command"):
        list(steps("output\n"))


def test_dots_stand_for_anything_and_nothing_else_does() -> None:
    assert matches("read ... rows\n... MB/s", "read 5 rows \nin all\n7.1 MB/s\n")
    assert not matches("read 5 rows", "read 6 rows\n")
    assert not matches("read . rows", "read 5 rows\n")
    assert not matches("", "something\n")
