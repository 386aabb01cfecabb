"""Files that grow, shrink, change, are replaced or vanish, in mid-load and between two loads: an error that names the
file, or the file as it was; never half a document, and never a loss that nobody is told of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from faults import WAITS_FOR_A_LOCK, Running, covered, ids_in, lines, sessions, start, wait_until
from feed import Feed

SOURCE = 4
COUNT = 20_000
HELD = 3000  # the number of a document that has to wait, so that most of the file is not read by then
ONE_BY_ONE = ("--connections", 1, "--split-size", "4KiB")
# Without a key in the mapping a document that is loaded twice is an error, for the table has one.
UNKEYED = "feed: seen\ntables:\n  seen:\n    columns: {id: {path: $.id, type: bigint}}\n"
KEYED = (
    "feed: seen\ntables:\n  seen:\n    key: [id]\n    on_duplicate: skip\n    columns: {id: {path: $.id, type: bigint}}\n"
)


@pytest.fixture
def seen(feed: Feed) -> Feed:
    feed.mapping(UNKEYED)
    feed.query("CREATE TABLE seen (id bigint UNIQUE)")
    return feed


def content(form: str, ids: range) -> str:
    if form == "lines":
        return lines(ids)
    return "[" + lines(ids).rstrip("\n").replace("\n", ",\n") + "]\n"


@contextmanager
def in_mid_load(feed: Feed, *arguments: object) -> Iterator[Running]:
    """A load that waits for another session, which has the key of a document; it goes on when the block ends."""
    with psycopg.connect(feed.database.conninfo) as other:
        other.execute("INSERT INTO seen VALUES (%s)", (HELD,))
        with start(feed, *arguments, *ONE_BY_ONE) as load:
            wait_until(lambda: bool(sessions(feed, WAITS_FOR_A_LOCK)), load)
            yield load
            other.rollback()
            load.end()


def grow(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": 77')  # half a document: the writer is not done


def shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def write_over(path: Path) -> None:
    """The same number of bytes, in the same file."""
    with path.open("r+b") as file:
        file.write(file.read().replace(b'"id"', b'"ID"'))


def replace(path: Path) -> None:
    """By another file of that name, as careful writers do."""
    new = path.with_suffix(".new")
    new.write_text(lines(range(100_000, 100_010)), encoding="utf-8")
    new.replace(path)


CHANGES = [grow, shrink, write_over]
FORMS = ["lines", "array"]


def is_a_beginning(feed: Feed) -> int:
    """What is in is that many whole documents from the beginning on."""
    found = ids_in(feed)
    assert found == list(range(len(found)))
    return len(found)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change.__name__))
def test_a_file_that_changes_in_mid_load(seen: Feed, change: Callable[[Path], None], form: str) -> None:
    """It is an error, and the file put back as it was is loaded to its end."""
    path = seen.file("a.json", content(form, range(COUNT)))
    kept = seen.folder / "kept"
    shutil.copy2(path, kept)
    with in_mid_load(seen, path) as load:
        change(path)
    before, now = (f"of {file.stat().st_size} bytes" for file in (kept, path))
    load.fails(SOURCE, "a.json", "has changed while it was being read", before, now, "--reload", "put the old file back")
    assert HELD - 1000 < is_a_beginning(seen) < COUNT // 2
    assert seen.values("SELECT state FROM pgfeed.loads") == ["failed"]
    seen.refuse(SOURCE, path, said=("a.json", "has changed since it was loaded", before, now, "--reload"))
    shutil.copy2(kept, path)
    more = seen.file("b.ndjson", lines(range(COUNT, COUNT + 10)))
    seen.load(path, more)
    assert ids_in(seen) == list(range(COUNT + 10))
    assert covered(seen)


@pytest.mark.parametrize("form", FORMS)
def test_the_other_way_out_is_to_reload(seen: Feed, form: str) -> None:
    seen.mapping(KEYED)
    path = seen.file("a.json", content(form, range(COUNT)))
    with in_mid_load(seen, path) as load:
        path.write_text(content(form, range(COUNT + 100)), encoding="utf-8")
    load.fails(SOURCE, "a.json", "has changed", "--reload")
    assert HELD - 1000 < is_a_beginning(seen) < COUNT // 2
    report = seen.load(path, "--reload")
    assert report["documents"]["read"] == COUNT + 100
    assert ids_in(seen) == list(range(COUNT + 100))


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_replaced_in_mid_load(seen: Feed, form: str) -> None:
    """The one that is open is read to its end; the next load sees another."""
    path = seen.file("a.json", content(form, range(COUNT)))
    with in_mid_load(seen, path) as load:
        replace(path)
    assert load.report()["documents"]["loaded"] == COUNT
    assert ids_in(seen) == list(range(COUNT))
    seen.refuse(SOURCE, path, said=("a.json", "has changed since it was loaded", "--reload"))
    seen.load(path, "--reload")
    assert ids_in(seen) == [*range(COUNT), *range(100_000, 100_010)]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_vanishes_in_mid_load(seen: Feed, form: str) -> None:
    path = seen.file("a.json", content(form, range(COUNT)))
    with in_mid_load(seen, path) as load:
        path.unlink()
    assert load.report()["documents"]["loaded"] == COUNT
    assert ids_in(seen) == list(range(COUNT))
    seen.refuse(SOURCE, path, said=("a.json", "No such file"))


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_vanishes_before_its_turn(seen: Feed, form: str) -> None:
    path = seen.file("a.json", content(form, range(COUNT)))
    later = seen.file("b.json", content(form, range(COUNT, COUNT + 1000)))
    kept = seen.folder / "kept"
    with in_mid_load(seen, path, later) as load:
        later.rename(kept)
    load.fails(SOURCE, "b.json", "No such file")
    assert is_a_beginning(seen) == COUNT
    kept.rename(later)
    report = seen.load(path, later)
    assert (report["files_in"], report["documents"]["read"]) == (1, 1000)
    assert ids_in(seen) == list(range(COUNT + 1000))
    assert covered(seen)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", [*CHANGES, replace], ids=lambda change: str(change.__name__))
def test_a_file_that_changes_before_its_turn(seen: Feed, change: Callable[[Path], None], form: str) -> None:
    """Nothing of it is in, so the same command takes it as it is once it is at rest."""
    path = seen.file("a.json", content(form, range(COUNT)))
    later = seen.file("b.json", content(form, range(COUNT, COUNT + 1000)))
    with in_mid_load(seen, path, later) as load:
        change(later)
    load.fails(SOURCE, "b.json", "has changed while it was being read")
    assert is_a_beginning(seen) == COUNT
    later.write_text(content(form, range(COUNT, COUNT + 20)), encoding="utf-8")
    report = seen.load(path, later)
    assert (report["files_in"], report["documents"]["read"]) == (1, 20)
    assert ids_in(seen) == list(range(COUNT + 20))


@pytest.mark.parametrize("change", [*CHANGES, replace], ids=lambda change: str(change.__name__))
def test_a_file_that_changes_between_two_loads(seen: Feed, change: Callable[[Path], None]) -> None:
    path = seen.file("a.json", lines(range(100)))
    kept = seen.folder / "kept"
    shutil.copy2(path, kept)
    seen.load(path, "--limit", 40)
    change(path)
    before, now = (f"of {file.stat().st_size} bytes" for file in (kept, path))
    seen.refuse(SOURCE, path, said=("a.json", "has changed since it was loaded", before, now, "--reload"))
    assert ids_in(seen) == list(range(40))
    shutil.copy2(kept, path)
    seen.load(path)
    assert ids_in(seen) == list(range(100))


def test_a_file_that_vanishes_between_two_loads(seen: Feed) -> None:
    path = seen.file("a.json", lines(range(100)))
    kept = seen.folder / "kept"
    seen.load(path, "--limit", 40)
    path.rename(kept)
    seen.refuse(SOURCE, path, said=("a.json", "No such file"))
    kept.rename(path)
    seen.load(path)
    assert ids_in(seen) == list(range(100))
