"""Several workers, and several loads at once, on documents that share their users and URLs."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import PROGRAM, ROOT, clean_environment
from database import GENERATOR
from feed import Feed

TWEETS = ROOT / "examples" / "tweets" / "tweets.yaml"
COUNT = 2500


@pytest.fixture(scope="module")
def tweets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tweets of few users, some of them twice."""
    path = tmp_path_factory.mktemp("tweets") / "tweets.ndjson"
    subprocess.run([GENERATOR, "--count", str(COUNT), "--users", "150", "--duplicates", "5", "--out", path], check=True)
    return path


def shuffled(path: Path, folder: Path, seed: int) -> Path:
    lines = path.read_bytes().splitlines(keepends=True)
    random.Random(seed).shuffle(lines)
    other = folder / f"shuffled-{seed}.ndjson"
    other.write_bytes(b"".join(lines))
    return other


def load_tweets(feed: Feed, *arguments: object) -> dict[str, Any]:
    result = feed.pgfeed("load", "-m", TWEETS, "--to", feed.database.conninfo, "--json", *arguments)
    assert result.exit_code == 0, result
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def compare(feed: Feed, *files: Path) -> None:
    """The tables hold what an independent reading of the documents in Python says."""
    command: list[str | Path] = [sys.executable, ROOT / "examples" / "compare.py", "tweets", feed.database.conninfo, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("connections", [1, 2, 4])
def test_tweets_delivered_again_in_another_order(feed: Feed, tweets: Path, connections: int) -> None:
    options = ("--connections", connections, "--split-size", "200KiB")
    first = load_tweets(feed, tweets, *options)
    distinct = first["documents"]["loaded"]
    assert distinct + first["documents"]["skipped"] == COUNT
    compare(feed, tweets)
    again = load_tweets(feed, shuffled(tweets, feed.folder, connections), *options)
    assert again["documents"] == {"read": COUNT, "loaded": 0, "skipped": COUNT, "rejected": 0}
    assert all(table["inserted"] == 0 for table in again["tables"] if table["name"] != "users")
    compare(feed, tweets)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_splits_gives_the_same_tables(feed: Feed, tweets: Path, seed: int) -> None:
    load_tweets(feed, shuffled(tweets, feed.folder, seed), "--connections", 4, "--split-size", "100KiB")
    compare(feed, tweets)


@pytest.mark.parametrize("tables", ["there", "created"])
def test_two_loads_at_once(feed: Feed, tweets: Path, tables: str) -> None:
    if tables == "there":
        load_tweets(feed, "--limit", 1, tweets)
    files = [tweets, shuffled(tweets, feed.folder, 3)]
    options = ("--connections", "2", "--split-size", "200KiB")
    loads = [
        subprocess.Popen(
            [PROGRAM, "load", "-m", TWEETS, "--to", feed.database.conninfo, "--json", *options, file],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for file in files
    ]
    ended = [(load.communicate(timeout=120), load.returncode) for load in loads]
    assert [returncode for _, returncode in ended] == [0, 0], ended
    reports = [json.loads(output) for (output, _), _ in ended]
    assert [report["documents"]["rejected"] for report in reports] == [0, 0]
    distinct = feed.database.value("SELECT count(*) FROM tweets")
    assert sum(report["documents"]["loaded"] for report in reports) + int(tables == "there") == distinct
    compare(feed, tweets)


HOT = """
tables:
  users:
    key: [id]
    on_duplicate: %s
    from: $.users[*]
    columns: {id: {path: "@.id", type: integer}, n: {path: $.n, type: integer}}
  seen:
    columns: {n: {path: $.n, type: integer}}
"""


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("rule", ["skip", "update", "fill", "{latest: n}"])
def test_hot_rows_do_not_lock_workers_out(feed: Feed, rule: str, shared: bool) -> None:
    """Each document writes the same few rows, in an order of its own."""
    feed.mapping((HOT % rule).replace("    from:", f"    shared: {str(shared).lower()}\n    from:"))
    feed.query("CREATE TABLE users (id integer PRIMARY KEY, n integer)")
    users = [{"id": number} for number in range(30)]
    documents: list[dict[str, Any]] = [{"n": n, "users": random.Random(n).sample(users, 20)} for n in range(800)]
    report = feed.load(feed.documents(*documents), "--connections", 4, "--split-size", "5KiB")
    assert report["documents"] == {"read": 800, "loaded": 800, "skipped": 0, "rejected": 0}
    assert feed.values("SELECT n FROM seen ORDER BY n") == list(range(800))
    found = dict(feed.query("SELECT id, n FROM users"))
    writers: dict[int, list[int]] = {number: [] for number in range(30)}
    for document in documents:
        for user in document["users"]:
            writers[user["id"]].append(document["n"])
    assert found.keys() == writers.keys()
    if rule == "{latest: n}":
        assert found == {number: max(of) for number, of in writers.items()}
    else:
        assert all(found[number] in writers[number] for number in found)


@pytest.mark.parametrize("key", ["integer", 'text COLLATE "en-x-icu"', "numeric"])
def test_workers_that_copy_and_that_merge_take_keys_in_one_order(feed: Feed, key: str) -> None:
    """New keys come all the time, and each to all workers: copies fail, merges come in between, nobody deadlocks."""
    feed.query(f"CREATE TABLE words (id {key} PRIMARY KEY)")
    feed.mapping(
        "tables:\n"
        "  words: {key: [id], on_duplicate: skip, shared: true, from: '$.words[*]', columns: {id: '@'}}\n"
        "  seen: {columns: {n: {path: $.n, type: integer}}}\n"
    )
    random_ = random.Random(1)

    def word(number: int) -> object:
        return ["", "a", "B", "_", "é"][number % 5] + str(number) if "text" in key else number

    documents: list[dict[str, Any]] = [
        {"n": n, "words": [word(n // 8 + random_.randrange(40)) for _ in range(30)]} for n in range(2000)
    ]
    feed.load(feed.documents(*documents), "--connections", 4, "--split-size", "4KiB")
    assert feed.values("SELECT count(*) FROM seen") == [2000]
    expected = {str(each) for document in documents for each in document["words"]}
    assert set(feed.values("SELECT id::text FROM words")) == expected
    assert feed.values("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [0]


def test_the_session_that_waits_for_the_workers_may_be_lost(feed: Feed) -> None:
    """The server ends it when the first row comes; keys, the report and the rejects come through another."""
    feed.query(
        "CREATE TABLE items (id integer PRIMARY KEY);"
        "CREATE FUNCTION end_idle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'pgfeed load' AND datname = current_database(); RETURN NULL; END $$;"
        "CREATE TRIGGER end_idle BEFORE INSERT ON items FOR EACH STATEMENT EXECUTE FUNCTION end_idle()"
    )
    feed.mapping(
        "tables:\n"
        "  items: {columns: {id: $.id}}\n"
        "  notes:\n"
        "    key: [id]\n"
        "    on_duplicate: skip\n"
        "    foreign_keys: [{columns: [id], references: items, referenced_columns: [id]}]\n"
        "    columns: {id: {path: $.id, type: integer}}\n"
    )
    rejects = feed.file("rejects.ndjson", "")
    documents = feed.documents(*({"id": n} for n in range(20)), {"id": "x"})
    report = feed.load("--max-rejects", 1, "--rejects", rejects, documents)
    assert (report["documents"]["loaded"], report["documents"]["rejected"]) == (20, 1)
    assert feed.values("SELECT id FROM notes ORDER BY id") == list(range(20))
    assert feed.values("SELECT state FROM pgfeed.loads") == ["done"]
    assert feed.values("SELECT count(*) FROM pgfeed.pending_keys") == [0]
    assert feed.values(
        "SELECT contype::text FROM pg_constraint WHERE conrelid = 'notes'::regclass AND contype <> 'n' ORDER BY 1"
    ) == ["f", "p"]
    assert len(rejects.read_text().splitlines()) == 1
