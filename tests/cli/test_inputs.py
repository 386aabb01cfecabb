"""Sources and documents that are not as they should be: what is said, and that nothing is half-done."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import PROGRAM, TIMEOUT_SECONDS, clean_environment
from feed import Feed

MAPPING, SOURCE, REJECTS = 3, 4, 6
ITEMS = "tables: {items: {columns: {id: {path: $.id, type: integer}, text: $.text, raw: {path: $.raw, type: jsonb}}}}"
GOOD = '{"id":1,"text":"a"}'
LAST = '{"id":9}'


@pytest.fixture
def items(feed: Feed) -> Feed:
    feed.mapping(ITEMS)
    return feed


def assert_untouched(feed: Feed) -> None:
    if feed.values("SELECT to_regclass('items')") != [None]:
        assert feed.values("SELECT count(*) FROM items") == [0]


def test_a_missing_file_among_others(items: Feed) -> None:
    items.refuse(SOURCE, items.documents(GOOD), "missing.ndjson", said=("missing.ndjson", "No such file"))
    assert_untouched(items)


def test_a_folder_is_loaded_whole_in_order_of_names(items: Feed) -> None:
    (items.folder / "data" / "sub").mkdir(parents=True)
    for number, name in enumerate(["data/b.ndjson", "data/a.ndjson", "data/sub/c.ndjson", "data/.hidden", "data/_SUCCESS"]):
        items.file(name, f'{{"id":{number}}}\n')
    assert items.load("data")["files"] == 3
    assert items.values("SELECT id FROM items ORDER BY id") == [0, 1, 2]


def test_an_empty_folder(items: Feed) -> None:
    (items.folder / "data").mkdir()
    items.refuse(SOURCE, "data", said=("data", "no files"))
    assert_untouched(items)


def test_a_glob_that_matches_nothing(items: Feed) -> None:
    items.refuse(SOURCE, "*.jsonl", said=("*.jsonl", "no file matches"))


def test_globs_files_and_standard_input_at_once_and_each_file_once(items: Feed) -> None:
    for number in (1, 2, 3):
        items.file(f"part-{number}.ndjson", f'{{"id":{number}}}\n')
    uri = (items.folder / "part-2.ndjson").as_uri()
    again = ["part-1.ndjson", "./part-1.ndjson", items.folder / "part-1.ndjson", uri]
    report = items.load("part-[12].ndjson", *again, "-", "part-3.ndjson", stdin='{"id":4}\n{"id":5}')
    assert report["files"] == 4
    assert items.values("SELECT id FROM items ORDER BY id") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("closed", ["documents.ndjson", "feed.yaml", "."])
def test_a_file_that_may_not_be_read(items: Feed, closed: str) -> None:
    name = "feed.yaml" if closed == "." else closed
    items.documents(GOOD)
    (items.folder / closed).chmod(0o000)
    # Root may read everything, unless it gives that right away.
    humble = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*humble, PROGRAM, "load", "-m", "feed.yaml", "--to", items.database.conninfo, "documents.ndjson"],
        capture_output=True,
        cwd=items.folder,
        env=clean_environment(),
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    items.folder.chmod(0o700)
    assert done.returncode == (MAPPING if name == "feed.yaml" else SOURCE), done
    assert f"{name}: Permission denied" in done.stderr.decode()
    assert_untouched(items)


OTHER_FILES = {
    "gzip": (gzip.compress(GOOD.encode()), "gzip"),
    "Parquet": (b"PAR1" + bytes(range(256)), "Parquet"),
    "UTF-16 with a mark": (GOOD.encode("utf-16"), "UTF-16"),
    "UTF-16LE": (GOOD.encode("utf-16-le"), "UTF-16"),
    "UTF-16BE": (GOOD.encode("utf-16-be"), "UTF-16"),
    "a program": (b"\x7fELF" + bytes(range(256)) * 8, "binary"),
}


@pytest.mark.parametrize("way", ["file", "stdin"])
@pytest.mark.parametrize("kind", OTHER_FILES)
def test_a_file_of_another_kind_is_named(items: Feed, kind: str, way: str) -> None:
    content, word = OTHER_FILES[kind]
    if way == "file":
        items.refuse(SOURCE, items.file("a.ndjson", content), said=("a.ndjson", word))
    else:
        result = items.run("load", "-", stdin=content)
        assert result.exit_code == SOURCE, result
        assert word in result.stderr
    assert_untouched(items)


# name: document, the reject's column and SQLSTATE
BAD_DOCUMENTS: dict[str, tuple[bytes, str | None, str]] = {
    "not JSON": (b"{oops}", None, "22P02"),
    "a word": (b"hello", None, "22P02"),
    "a missing bracket": (b'{"id":2,"text":"b"', None, "22P02"),
    "an open string": (b'{"id":2,"text":"b}', None, "22P02"),
    "invalid UTF-8": (b'{"id":2,"text":"\xff\xfe"}', None, "22021"),
    "overlong UTF-8": (b'{"id":2,"text":"\xc0\x80"}', None, "22021"),
    "half a pair in a text": (b'{"id":2,"text":"\\ud800x"}', None, "22P02"),
    "half a pair in a subtree": (b'{"id":2,"raw":{"a":"\\udc00"}}', "raw", "22P02"),
    "U+0000 in a text": (b'{"id":2,"text":"a\\u0000b"}', "text", "22021"),
    "U+0000 in a subtree": (b'{"id":2,"raw":{"a":"\\u0000"}}', "raw", "22P05"),
    "a raw NUL byte": (b'{"id":2,"text":"a\x00b"}', None, "22P02"),
    "10,000 levels": (b'{"id":2,"raw":' + b"[" * 10_000 + b"]" * 10_000 + b"}", None, "54001"),
    "100,000 levels": (b'{"id":2,"raw":' + b"[" * 100_000 + b"]" * 100_000 + b"}", None, "54001"),
    "100,000 levels where nothing is read": (b'{"id":2,"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, None, "54001"),
    "1e400 in an integer": (b'{"id":1e400}', "id", "22003"),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_bad_document_is_rejected_alone(items: Feed, name: str) -> None:
    document, column, sqlstate = BAD_DOCUMENTS[name]
    path = items.file("a.ndjson", GOOD.encode() + b"\n" + document + b"\n" + LAST.encode() + b"\n")
    report = items.load("--max-rejects", "1", path)
    assert report["documents"] == {"read": 3, "loaded": 2, "skipped": 0, "rejected": 1}
    assert items.values("SELECT id FROM items ORDER BY id") == [1, 9]
    assert items.rejects() == [(2, column, sqlstate)]
    (reject,) = report["first_rejects"]
    assert (reject["source"], reject["offset"], reject["line"]) == (path.as_uri(), len(GOOD) + 1, 2)


@pytest.mark.parametrize("name", ["not JSON", "invalid UTF-8", "10,000 levels", "U+0000 in a text"])
def test_a_bad_document_ends_a_load_that_bears_none(items: Feed, name: str) -> None:
    path = items.file("a.ndjson", GOOD.encode() + b"\n" + BAD_DOCUMENTS[name][0] + b"\n")
    items.refuse(REJECTS, path)
    assert items.values("SELECT count(*) FROM items") == [0]
    assert items.values("SELECT line FROM pgfeed.rejects WHERE state = 'stopped'") == [2]


def test_nesting_up_to_the_limit_goes_in(items: Feed) -> None:
    document = '{"id":1,"raw":' + "[" * 511 + "]" * 511 + "}"
    assert items.load(items.documents(document))["documents"]["loaded"] == 1
    deeper = '{"id":2,"raw":' + "[" * 999 + "]" * 999 + "}"
    assert items.load("--max-depth", "1000", items.documents(deeper))["documents"]["loaded"] == 1


@pytest.mark.parametrize("form", ["lines", "array", "pretty", "inside"])
def test_a_truncated_last_document_is_rejected_and_the_others_go_in(items: Feed, form: str) -> None:
    documents = [{"id": number, "text": "x" * 10} for number in range(3)]
    whole = {
        "lines": "\n".join(json.dumps(document) for document in documents),
        "array": json.dumps(documents),
        "pretty": "\n".join(json.dumps(document, indent=2) for document in documents),
        "inside": json.dumps({"all": documents}),
    }[form]
    cut = whole[: whole.rindex("xxx")]
    path = items.file("a.json", cut)
    options = ["--documents", "$.all[*]"] if form == "inside" else []
    report = items.load("--max-rejects", "1", *options, path)
    assert report["documents"] == {"read": 3, "loaded": 2, "skipped": 0, "rejected": 1}
    assert items.values("SELECT id FROM items ORDER BY id") == [0, 1]
    assert report["first_rejects"][0]["offset"] == cut.rindex("{")
    assert items.values("SELECT document FROM pgfeed.rejects") == [cut[cut.rindex("{") :]]


def test_of_duplicate_members_the_last_wins(feed: Feed) -> None:
    feed.mapping(
        "tables:\n"
        "  items: {columns: {id: {path: $.id, type: integer}, raw: {path: $, type: jsonb}, c: $.a.b.c}}\n"
        '  tags: {from: "$.tags[*]", columns: {tag: "@"}}\n'
    )
    document = '{"id":1,"a":{"b":{"c":"x"}},"tags":["o","p"],"\\u0069d":2,"a":{"b":{"c":"y"},"b":{"d":0}},"tags":["q"]}'
    feed.load(feed.documents(document))
    assert feed.query("SELECT id, raw, c FROM items") == [(2, json.loads(document), None)]
    assert feed.values("SELECT tag FROM tags") == ["q"]


@pytest.mark.parametrize(
    ("type_name", "stored"),
    [
        ("integer", None),
        ("bigint", None),
        ("real", None),
        ("double precision", None),
        ("numeric", "1" + "0" * 400),
        ("text", "1e400"),
        ("jsonb", "1" + "0" * 400),
        ("json", "1e400"),
    ],
)
def test_1e400_is_kept_where_it_can_be(feed: Feed, type_name: str, stored: str | None) -> None:
    feed.mapping(f"tables: {{items: {{columns: {{value: {{path: $.value, type: {type_name}}}}}}}}}")
    feed.load("--max-rejects", "1", feed.documents('{"value":1e400}'))
    assert feed.values("SELECT value::text FROM items") == ([] if stored is None else [stored])
    assert feed.rejects() == ([(1, "value", "22003")] if stored is None else [])


def test_a_document_over_the_size_limit(items: Feed) -> None:
    large = '{"id":2,"text":"' + "x" * 200_000 + '"}'
    path = items.documents(GOOD, large, LAST)
    items.load("--max-document", "100KiB", "--max-rejects", "1", path)
    assert items.values("SELECT id FROM items ORDER BY id") == [1, 9]
    assert items.rejects() == [(2, None, "54000")]
    ((document, size),) = items.query("SELECT document, document_size FROM pgfeed.rejects")
    assert (document, size) == (large[: 64 * 1024], len(large))


@pytest.mark.parametrize("split_size", ["10", "1MiB"])
@pytest.mark.parametrize("limit", [0, 1, 3, 4, 7, 8, 100])
@pytest.mark.parametrize("form", ["lines", "together", "array"])
def test_a_limit_takes_exactly_the_first_documents_in_listing_order(
    items: Feed, limit: int, form: str, split_size: str
) -> None:
    for part in range(3):
        documents = [f'{{"id":{part * 3 + number}}}' for number in range(3)]
        content = {"lines": "\n".join(documents), "together": "".join(documents), "array": f"[{','.join(documents)}]"}[form]
        items.file(f"part-{part}.json", content)
    report = items.load("--limit", limit, "--connections", "4", "--split-size", split_size, "part-*.json")
    expected = list(range(min(limit, 9)))
    assert items.values("SELECT id FROM items ORDER BY id") == expected
    assert report["documents"]["read"] == len(expected)


def test_a_limit_counts_documents_not_lines(items: Feed) -> None:
    lines = [f'{{"id":{number},"x":"{"x" * 1000}"}}' for number in range(500)]
    items.file("a.ndjson", "\n".join([*lines, '{"id":500}{"id":501}{"id":502}', '{"id":503}']))
    items.load("--limit", "502", Path("a.ndjson"))
    assert items.values("SELECT id FROM items ORDER BY id") == list(range(502))


def test_what_is_not_read_is_checked_for_brackets_and_utf8_and_wholly_on_demand(items: Feed) -> None:
    items.load("--max-rejects", "1", items.documents('{"id":1,"x":[01,,nul],"y":2}', '{"id":2}', '{"id":0,"x":[1},"y":2}'))
    assert items.values("SELECT id FROM items ORDER BY id") == [1, 2]
    items.load("--max-rejects", "1", "--strict-json", items.documents('{"id":3,"x":[01,,nul],"y":2}', '{"id":4}'))
    assert items.values("SELECT id FROM items WHERE id > 2") == [4]
    items.load("--max-rejects", "1", items.file("a.ndjson", b'{"id":5,"x":"\xff"}\n{"id":6}\n'))
    assert items.values("SELECT id FROM items WHERE id > 4") == [6]


def test_a_named_pipe_is_read(items: Feed) -> None:
    pipe = items.folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["tee", pipe], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as writer:
        assert writer.stdin is not None
        writer.stdin.write(b'{"id":1}\n{"id":2}')
        writer.stdin.close()
        try:
            assert items.load("pipe")["documents"]["loaded"] == 2
        finally:
            writer.kill()  # where nobody opened the pipe, it still waits


def test_several_bad_files_at_once_end_the_load_with_one_sentence(items: Feed) -> None:
    """Workers that ask for a split while another finds that a file cannot be read."""
    for number in range(4):
        items.file(f"{number}.json", gzip.compress(GOOD.encode()))
    for _ in range(5):
        items.refuse(SOURCE, "--connections", "8", "0.json", "1.json", "2.json", "3.json", said=("gzip",))
