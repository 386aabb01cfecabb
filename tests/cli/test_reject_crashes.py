"""The rejects of what is in are there once, whatever became of the load that wrote them."""

from __future__ import annotations

import json
import random
import signal

import pytest
from conftest import TIMEOUT_SECONDS
from feed import Feed
from running import start


def splits_in(feed: Feed) -> int:
    if not feed.values("SELECT to_regclass('pgfeed.splits') IS NOT NULL")[0]:
        return 0
    return int(feed.values("SELECT count(*) FROM pgfeed.splits")[0])


class TestCrashes:
    """The rejects of what is in are there once, whatever became of the load that wrote them."""

    MAPPING = (
        "feed: people\ntables: {people: {columns: {id: {path: $.id, type: integer}, at: {meta: offset, type: bigint}}}}\n"
    )

    @pytest.mark.parametrize(
        ("content", "wanted"),
        [
            ('[{"id":1},{"id":2},{"id":3}', [27]),  # the end of the array is missing: behind the last byte
            ('[{"id":1} {"id":2}{"id":3}]', [10, 18]),  # two commas are
            ('[{"id":1} {"id":2}{"id":3}', [10, 18, 26]),
        ],
    )
    @pytest.mark.parametrize("size", [1, 9, 1000])
    @pytest.mark.parametrize("again", [1, 1000])
    def test_rejects_without_bytes(self, feed: Feed, content: str, wanted: list[int], size: int, again: int) -> None:
        feed.mapping(self.MAPPING)
        path = feed.file("a.json", content)
        feed.load(path, "--split-size", size, "--max-rejects", 9)
        kept = "SELECT byte_offset::int FROM pgfeed.rejects ORDER BY 1"
        assert feed.values(kept) == wanted
        splits = feed.values("SELECT split FROM pgfeed.splits ORDER BY span")
        for gap in splits:
            feed.query(f"DELETE FROM people USING pgfeed.splits s WHERE s.span @> people.at AND split = {gap}")
            feed.query(f"DELETE FROM pgfeed.splits WHERE split = {gap}")
            feed.load(path, "--split-size", again, "--max-rejects", 9)
            assert feed.values(kept) == wanted
            assert feed.values("SELECT id FROM people ORDER BY id") == [1, 2, 3]
        feed.load(path, "--reload", "--split-size", again, "--max-rejects", 9)
        assert feed.values(kept) == sorted(wanted * 2)  # of another generation

    def test_two_at_once_write_one_without_bytes_once(self, feed: Feed) -> None:
        feed.mapping(self.MAPPING)
        feed.load(feed.documents({"id": 0}))
        path = feed.file("a.json", "[" + ",".join(f'{{"id":{n}}}' for n in range(1, 300)))
        both = [start(feed, path, "--split-size", size, "--max-rejects", 1) for size in (50, 70)]
        for process in both:
            process.communicate(timeout=TIMEOUT_SECONDS)
        assert [process.returncode for process in both] == [0, 0]
        assert feed.values("SELECT id FROM people ORDER BY id") == list(range(300))
        assert len(feed.query("SELECT * FROM pgfeed.rejects")) == 1

    @pytest.mark.parametrize("seed", range(5))
    def test_kill_9_at_any_moment(self, feed: Feed, seed: int) -> None:
        """The same command ends what the killed ones began, and the file has the rejects of all of them."""
        print("seed", seed)
        chance = random.Random(seed)
        feed.mapping(self.MAPPING)
        documents = [{"id": n if n % 3 else f"x{n}", "filler": "x" * (n % 50)} for n in range(2000)]
        path = feed.documents(*documents)
        options = ("--max-rejects", 2000, "--rejects", ".rejects", "--split-size", "3KiB")
        for _ in range(3):
            process = start(feed, path, *options)
            enough = chance.randrange(0, 25)
            while process.poll() is None and splits_in(feed) < enough:
                pass
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=TIMEOUT_SECONDS)
        feed.load(path, *options)
        lines = [n + 1 for n in range(0, 2000, 3)]
        assert feed.values("SELECT line FROM pgfeed.rejects ORDER BY line") == lines
        assert feed.values("SELECT id FROM people ORDER BY id") == [n for n in range(2000) if n % 3]
        written = [json.loads(line)["line"] for line in (feed.folder / ".rejects").read_text(encoding="utf-8").splitlines()]
        assert written == lines
