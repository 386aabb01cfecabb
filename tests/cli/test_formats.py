"""How documents lie in files: lines, one after another, arrays, inside one object; and how files are cut."""

from __future__ import annotations

import json
import random
import re

import pytest
from feed import Feed

BOM = b"\xef\xbb\xbf"
ITEMS = "tables: {items: {columns: {id: {path: $.id, type: integer}, text: $.text}}}"

FORMS = {
    "lines": b'{"id":1,"text":"a"}\n{"id":2,"text":null}\n{"id":3}\n',
    "lines that end in CRLF": b'{"id":1,"text":"a"}\r\n{"id":2,"text":null}\r\n{"id":3}\r\n',
    "blank lines": b'\n\n{"id":1,"text":"a"}\n  \n\r\n\t{"id":2}\n\n{"id":3}\n\n\n',
    "no line break at the end": b'{"id":1,"text":"a"}\n{"id":2}\n{"id":3}',
    "a byte order mark": BOM + b'{"id":1,"text":"a"}\n{"id":2}\n{"id":3}\n',
    "nothing between documents": b'{"id":1,"text":"a"}{"id":2}{"id":3}',
    "blanks between documents": b'{"id":1,"text":"a"} {"id":2}\n\n\t{"id":3} ',
    "several on a line": b'{"id":1,"text":"a"}{"id":2}\n{"id":3}\n',
    "pretty": b'{\n  "id": 1,\n  "text": "a"\n}\n{\n  "id": 2\n}\n{\n  "id": 3\n}\n',
    "pretty with CRLF and a mark": BOM + b'{\r\n  "id": 1,\r\n  "text": "a"\r\n}\r\n{\r\n"id": 2\r\n}{\r\n"id":3}\r\n',
    "an array": b'[{"id":1,"text":"a"},{"id":2},{"id":3}]',
    "an array with a mark": BOM + b' [ {"id":1,"text":"a"} , {"id":2}\n,{"id":3} ] \n',
    "an array on lines": b'[\n{"id":1,"text":"a"},\n{"id":2},\n{"id":3}\n]\n',
}


@pytest.mark.parametrize("way", ["file", "stdin"])
@pytest.mark.parametrize("form", FORMS)
def test_documents_are_found_in_every_form(feed: Feed, form: str, way: str) -> None:
    feed.mapping(ITEMS)
    path = feed.file("documents.json", FORMS[form])
    report = feed.load(path) if way == "file" else feed.load("-", stdin=FORMS[form])
    assert report["documents"] == {"read": 3, "loaded": 3, "skipped": 0, "rejected": 0}
    assert feed.query("SELECT id, text FROM items ORDER BY id") == [(1, "a"), (2, None), (3, None)]


@pytest.mark.parametrize("way", ["file", "stdin"])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("place", ["mapping", "option"])
def test_documents_inside_one_object(feed: Feed, way: str, indent: int | None, place: str) -> None:
    whole = {"count": 2, "other": [{"id": 9}], "statuses": [{"id": 1, "text": "]}"}, {"id": 2}], "end": {"statuses": []}}
    options = ["--documents", "$.statuses[*]"] if place == "option" else []
    feed.mapping(ITEMS if place == "option" else "documents: $.statuses[*]\n" + ITEMS)
    text = json.dumps(whole, indent=indent)
    report = feed.load(*options, feed.file("a.json", text)) if way == "file" else feed.load(*options, "-", stdin=text)
    assert report["documents"]["read"] == 2
    assert feed.query("SELECT id, text FROM items ORDER BY id") == [(1, "]}"), (2, None)]


def test_the_option_overrides_the_mappings_path(feed: Feed) -> None:
    feed.mapping("documents: $.statuses[*]\n" + ITEMS)
    feed.load("--documents", "$", feed.file("a.ndjson", '{"id":1,"statuses":[{"id":8}]}\n{"id":2}\n'))
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 2]


def test_the_members_of_an_object_may_be_the_documents(feed: Feed) -> None:
    feed.mapping("documents: $.by_id[*]\n" + ITEMS)
    feed.load(feed.file("a.json", '{"by_id":{"x":{"id":1},"y":{"id":2,"text":"b"}}}{"by_id":{"z":{"id":3}}}'))
    assert feed.query("SELECT id, text FROM items ORDER BY id") == [(1, None), (2, "b"), (3, None)]


def test_a_path_that_leads_to_nothing_is_warned_about(feed: Feed) -> None:
    feed.mapping("documents: $.tweets[*]\n" + ITEMS)
    report = feed.load(feed.file("a.json", '{"statuses":[{"id":1}]}'))
    assert report["documents"]["read"] == 0
    (warning,) = report["warnings"]
    assert "a.json" in warning
    assert "$.tweets[*]" in warning


def test_an_empty_file_has_no_documents(feed: Feed) -> None:
    feed.mapping(ITEMS)
    blank = [feed.file("empty.ndjson", ""), feed.file("blank.ndjson", " \n\r\n"), feed.file("mark.ndjson", BOM)]
    for path in blank:
        assert feed.load(path)["documents"]["read"] == 0
    assert feed.load("-", stdin="")["documents"]["read"] == 0
    assert feed.load(feed.file("array.json", "[]"))["documents"]["read"] == 0
    assert feed.values("SELECT count(*) FROM items") == [0]


def test_two_documents_on_a_line_far_into_a_file(feed: Feed) -> None:
    """The head of the file shows one document on each line, so it is cut at lines."""
    feed.mapping("tables: {items: {columns: {id: {path: $.id, type: integer}, line: {meta: line, type: integer}}}}")
    lines = [f'{{"id":{number},"fill":"{"x" * 1000}"}}' for number in range(3000)]
    lines.append('{"id":3000} {"id":3001}{"id":3002}')
    feed.load("--split-size", "100KiB", feed.file("a.ndjson", "\n".join(lines)))
    assert feed.values("SELECT id FROM items ORDER BY id") == list(range(3003))
    assert feed.query("SELECT DISTINCT line FROM items WHERE id >= 3000") == [(3001,)]


def big_documents() -> list[dict[str, object]]:
    chance = random.Random(7)
    return [
        {"id": number, "text": "é" * chance.randrange(200), "tags": [{"n": tag} for tag in range(chance.randrange(4))]}
        for number in range(20_000)
    ]


@pytest.mark.parametrize("form", ["lines", "array", "together"])
def test_one_file_cut_for_four_workers_gives_the_same_rows(feed: Feed, form: str) -> None:
    feed.mapping(
        "tables:\n"
        "  items: {columns: {id: {path: $.id, type: integer}, text: $.text, line: {meta: line, type: integer}}}\n"
        '  tags: {from: "$.tags[*]", columns: {id: {path: $.id, type: integer}, n: {path: "@.n", type: integer}}}\n'
    )
    documents = big_documents()
    texts = [json.dumps(document, ensure_ascii=False) for document in documents]
    content = {"lines": "\n".join(texts), "array": json.dumps(documents), "together": "".join(texts)}[form]
    report = feed.load("--connections", "4", "--split-size", "64KiB", feed.file("big.json", content))
    assert report["splits"] > 20
    assert report["bytes"] == len(content.encode())
    lines = [number + 1 if form == "lines" else 1 for number in range(len(documents))]
    expected = [(document["id"], document["text"], line) for document, line in zip(documents, lines, strict=True)]
    assert feed.query("SELECT id, text, line FROM items ORDER BY id") == expected
    tags = [(document["id"], tag["n"]) for document in documents for tag in document["tags"]]  # type: ignore[attr-defined]
    assert feed.query("SELECT id, n FROM tags ORDER BY id, n") == tags


@pytest.mark.parametrize("size", ["1", "1GiB"])
@pytest.mark.parametrize("connections", [1, 8])
def test_splits_of_any_size_and_any_number_of_sessions(feed: Feed, size: str, connections: int) -> None:
    feed.mapping(ITEMS)
    path = feed.documents(*[{"id": number, "text": str(number)} for number in range(500)])
    report = feed.load("--split-size", size, "--connections", connections, path)
    assert report["splits"] == (500 if size == "1" else 1)
    assert feed.values("SELECT id FROM items WHERE text = id::text ORDER BY id") == list(range(500))


def meta_mapping(documents: str = "$") -> str:
    return (
        f"documents: {documents}\n"
        "tables: {places: {columns: {id: {path: $.id, type: integer}, source: {meta: source}, "
        "at: {meta: offset, type: bigint}, line: {meta: line, type: bigint}}}}"
    )


@pytest.mark.parametrize("form", FORMS)
def test_source_offset_and_line_of_each_document(feed: Feed, form: str) -> None:
    content = FORMS[form]
    feed.mapping(meta_mapping())
    path = feed.file("odd näme #1.json", content)
    feed.load("--split-size", "20", path)
    begins = [match.start() for match in re.finditer(rb'\{\s*"id"', content)]
    expected = [(i + 1, path.as_uri(), at, content.count(b"\n", 0, at) + 1) for i, at in enumerate(begins)]
    assert feed.query("SELECT * FROM places ORDER BY id") == expected


def test_source_offset_and_line_inside_one_object(feed: Feed) -> None:
    feed.mapping(meta_mapping("$.all[*]"))
    content = '{\n "all": [\n  {"id": 1},\n  {"id": 2}, {"id": 3}\n ]\n}\n'
    path = feed.file("a.json", content)
    feed.load(path)
    expected = [(n, path.as_uri(), content.index(f'{{"id": {n}'), 3 if n == 1 else 4) for n in (1, 2, 3)]
    assert feed.query("SELECT * FROM places ORDER BY id") == expected


def broken_among(good: int, between: str) -> str:
    """Documents 1 to `good`, of which the first two share a line, and one behind them whose string does not end."""
    documents = [f'{{"id":{number}}}' for number in range(3, good + 1)]
    return between.join(['{"id":1}{"id":2}', '{"id":-1,"text":"x', *documents])


@pytest.mark.parametrize("way", ["file", "stdin"])
@pytest.mark.parametrize(
    "front", ["", '{\n"id":0}\n', '{"id":0}' * 20 + "\n"], ids=["lines", "a document on two lines", "a crowded line"]
)
def test_a_broken_line_spoils_no_other_in_any_form(feed: Feed, front: str, way: str) -> None:
    feed.mapping(ITEMS)
    text = front + broken_among(3000, "\n") + "\n"
    path = feed.file("a.json", text)
    options = ("--max-rejects", "1", "--split-size", "10KiB")
    report = feed.load(*options, path) if way == "file" else feed.load(*options, "-", stdin=text)
    assert feed.values("SELECT id FROM items WHERE id > 0 ORDER BY id") == list(range(1, 3001))
    assert report["documents"]["rejected"] == 1
    (reject,) = report["first_rejects"]
    assert (reject["offset"], reject["line"]) == (text.index('{"id":-1'), front.count("\n") + 2)
    assert feed.values("SELECT document FROM pgfeed.rejects") == ['{"id":-1,"text":"x']


def test_a_broken_document_takes_none_that_stands_before_it_on_its_line(feed: Feed) -> None:
    feed.mapping(ITEMS)
    feed.load("--max-rejects", "1", feed.file("a.json", '{"id":1}{"id":2,"text":"x\n{"id":3}\n{"id":4}\n'))
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 3, 4]
    assert feed.values("SELECT document FROM pgfeed.rejects") == ['{"id":2,"text":"x']


def test_a_broken_document_on_a_line_of_an_array_spoils_no_other(feed: Feed) -> None:
    feed.mapping(ITEMS)
    lines = [f'{{"id":{number}}},' for number in range(1, 3000)]
    lines[1500] = '{"id":-1,"text":"x},'
    feed.load("--max-rejects", "1", feed.file("a.json", "\n".join(["[", *lines, '{"id":3000}', "]"])))
    assert feed.values("SELECT id FROM items ORDER BY id") == [number for number in range(1, 3001) if number != 1501]
    assert feed.rejects() == [(1502, None, "22P02")]


def test_a_broken_object_around_documents_spoils_no_other_line(feed: Feed) -> None:
    feed.mapping("documents: $.all[*]\n" + ITEMS)
    lines = [
        '{"all":[{"id":1},{"id":2}]}',
        '{"all":[{"id":3},{"id":-1,"text":"x}]}',
        '{"all":[{"id":4}]}',
        '{"all":[{"id":5}]}',
    ]
    feed.load("--max-rejects", "1", feed.file("a.json", "\n".join(lines)))
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 2, 3, 4, 5]
    assert feed.rejects() == [(2, None, "22P02")]


# name: what stands in the file, and the bytes of the rejects
FAULTS_OF_ARRAYS = {
    "a semicolon behind it": ('[{"id":1},{"id":2}];', [";"]),
    "a bracket behind it": ('[{"id":1},{"id":2}]]', ["]"]),
    "words behind it": ('[\n{"id":1},\n{"id":2}\n]\noops\n', ["oops"]),
    "a missing comma": ('[{"id":1} {"id":2}]', [""]),
    "a missing comma between lines": ('[\n{"id":1}\n{"id":2}\n]', [""]),
    "a doubled comma": ('[{"id":1},,{"id":2}]', [","]),
    "a comma at the front": ('[,{"id":1},{"id":2}]', [","]),
    "a comma at the end": ('[{"id":1},{"id":2},]', []),
    "a document behind it": ('[{"id":1}]{"id":2}', []),
}


@pytest.mark.parametrize("way", ["file", "stdin"])
@pytest.mark.parametrize("name", FAULTS_OF_ARRAYS)
def test_a_fault_between_the_documents_of_an_array_is_one_reject(feed: Feed, name: str, way: str) -> None:
    content, rejected = FAULTS_OF_ARRAYS[name]
    feed.mapping(ITEMS)
    path = feed.file("a.json", content)
    options = ("--max-rejects", "1")
    report = feed.load(*options, path) if way == "file" else feed.load(*options, "-", stdin=content)
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 2]
    assert report["documents"] == {"read": 2 + len(rejected), "loaded": 2, "skipped": 0, "rejected": len(rejected)}
    assert feed.values("SELECT document FROM pgfeed.rejects") == rejected


@pytest.mark.parametrize("end", ["\n", "\r\n", " \r\n"])
def test_white_space_around_a_document_does_not_count_for_its_size(feed: Feed, end: str) -> None:
    feed.mapping(ITEMS)
    exact = '{"id":1,"text":"' + "x" * (100 * 1024 - 18) + '"}'
    over = exact.replace("x", "xx", 1)
    assert len(exact) == 100 * 1024
    feed.load(
        "--max-document", "100KiB", "--max-rejects", "1", feed.file("a.ndjson", f'{exact}{end}{over}{end}{{"id":3}}{end}')
    )
    assert feed.values("SELECT id FROM items ORDER BY id") == [1, 3]
    assert feed.values("SELECT document_size FROM pgfeed.rejects") == [len(over)]
