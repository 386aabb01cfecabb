"""The examples: what is in the tables is what an independent reading of the documents says."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROGRAM, ROOT, Database, Pgfeed, Result

REAL = ROOT.parent / "shared" / "data"  # real documents, where they are at hand
TABLES = ["urls", "users", "tweets", "tweet_urls", "tweet_mentions", "tweet_tags", "tweet_media"]


def generated(count: int, *options: object) -> bytes:
    command = [str(PROGRAM.with_name("generate_tweets")), "--count", str(count), *map(str, options)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def made_up_event(number: int) -> dict[str, object]:
    chance = random.Random(number)
    actor, repo = chance.randrange(8), chance.randrange(5)
    push = number % 3 != 0
    commits = [
        {"sha": f"{number:020x}{at:020x}", "author": {"name": f"N{at}", "email": f"N{at}@Example.org"}, "message": "m\n…"}
        | ({"distinct": False} if at % 2 else {})
        for at in range(number % 4)
    ]
    event: dict[str, object] = {
        "id": str(1000 + number),
        "type": "PushEvent" if push else "IssuesEvent",
        "created_at": f"2013-01-10T07:{number:02}:30Z",
        "public": True,
        "actor": {"id": actor, "login": f"actor{actor}", "avatar_url": f"https://example.org/{number}"},
        "repo": {"id": repo, "name": f"r/{repo}", "url": f"https://example.org/{repo}"},
        "payload": {"ref": " refs/heads/x ", "commits": commits} if push else {"action": "opened", "n": 1.50},
    }
    return event | ({"org": {"id": 7, "login": "org"}} if number % 5 == 0 else {})


@pytest.fixture
def statuses(tmp_path: Path) -> Path:
    """100 statuses in one object."""
    if (REAL / "twitter.json").exists():
        return REAL / "twitter.json"
    path = tmp_path / "statuses.json"
    found = [json.loads(line) for line in generated(100).splitlines()]
    path.write_text(json.dumps({"statuses": found, "search_metadata": {"count": 100}}, indent=1), encoding="utf-8")
    return path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """30 events in an array."""
    if (REAL / "github_events.json").exists():
        return REAL / "github_events.json"
    path = tmp_path / "events.json"
    path.write_text(json.dumps([made_up_event(number) for number in range(30)]), encoding="utf-8")
    return path


def load(pgfeed: Pgfeed, database: Database, example: str, *arguments: object) -> Result:
    mapping = ROOT / "examples" / example / f"{example}.yaml"
    result = pgfeed("load", "--json", "-m", mapping, "--to", database.conninfo, *arguments)
    assert result.exit_code == 0, result
    return result


def assert_as_read(database: Database, example: str, *paths: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "compare.py"), example, database.conninfo, *map(str, paths)]
    compared = subprocess.run(command, capture_output=True, text=True, check=False)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert " 0 differences" in compared.stdout


def test_all_statuses_load_and_are_as_they_were_written(pgfeed: Pgfeed, database: Database, statuses: Path) -> None:
    for again in ([], ["--reload"]):  # once more: nothing changes
        result = load(pgfeed, database, "tweets", *again, "--documents", "$.statuses[*]", statuses)
        assert json.loads(result.stdout)["documents"]["read"] == 100
        assert database.value("SELECT count(*) FROM tweets") == 100
        assert_as_read(database, "tweets", statuses)
    assert json.loads(result.stdout)["documents"]["skipped"] == 100


def test_all_events_load_and_are_as_they_were_written(pgfeed: Pgfeed, database: Database, events: Path) -> None:
    load(pgfeed, database, "github_events", events)
    assert database.value("SELECT count(*) FROM events") == 30
    assert_as_read(database, "github_events", events)


def test_events_that_were_made_up(pgfeed: Pgfeed, database: Database, tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps([made_up_event(number) for number in range(30)], indent=1), encoding="utf-8")
    load(pgfeed, database, "github_events", "--split-size", "2KiB", path)
    assert_as_read(database, "github_events", path)


def test_a_changed_table_is_found_to_differ(pgfeed: Pgfeed, database: Database, events: Path) -> None:
    load(pgfeed, database, "github_events", events)
    database.query("UPDATE actors SET login = login || 'x' WHERE id_actors = (SELECT min(id_actors) FROM actors)")
    with pytest.raises(AssertionError, match="1 differences"):
        assert_as_read(database, "github_events", events)


@pytest.mark.parametrize("connections", [1, 4])
def test_tweets_with_duplicates_notices_and_faults(
    pgfeed: Pgfeed, database: Database, tmp_path: Path, connections: int
) -> None:
    path = tmp_path / "tweets.ndjson"
    faults = ["--duplicates", 10, "--notices", 5, "--broken", 3, "--nul", 5, "--users", 300]
    path.write_bytes(generated(3000, *faults))
    options = ["--connections", connections, "--split-size", "256KiB", "--max-rejects", "10%"]
    report = json.loads(load(pgfeed, database, "tweets", *options, path).stdout)
    assert report["documents"]["read"] == 3000
    assert report["documents"]["rejected"] > 0
    assert report["documents"]["skipped"] > 0
    assert_as_read(database, "tweets", path)


def test_four_workers_and_another_order_give_the_same_tables(pgfeed: Pgfeed, database: Database, tmp_path: Path) -> None:
    """Few users and many splits: all workers write the same rows all the time."""
    lines = generated(4000, "--users", 50).splitlines(keepends=True)
    forwards, shuffled = tmp_path / "forwards.ndjson", tmp_path / "shuffled.ndjson"
    forwards.write_bytes(b"".join(lines))
    random.Random(3).shuffle(lines)
    shuffled.write_bytes(b"".join(lines))
    load(pgfeed, database, "tweets", "--connections", 4, "--split-size", "128KiB", shuffled, forwards)
    assert_as_read(database, "tweets", forwards)
    assert [database.value(f"SELECT count(*) > 0 FROM {table}") for table in TABLES] == [True] * len(TABLES)
