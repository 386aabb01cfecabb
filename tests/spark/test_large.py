"""Partitions several times as large as all memory of driver and executors: nothing is gathered."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from feeds import SEEN, Feed

DRIVER = Path(__file__).parent / "drivers" / "partitions.py"
HEAP = "256m"  # of the driver's Java and the executors'; Spark takes no less than 200 MB
FILES = 45
COUNT = 10_000  # documents of a file
SIZE = 2_000  # bytes of one, most of which the mapping does not name
MEBIBYTE = 1 << 20


@pytest.fixture
def folder(feed: Feed) -> Path:
    """The same file under many names, for a disk should not be what is waited for."""
    folder = feed.folder / "days"
    folder.mkdir()
    first = folder / "0.ndjson"
    filler = "x" * (SIZE - 40)
    first.write_text("".join(f'{{"id": {number}, "filler": "{filler}"}}\n' for number in range(COUNT)))
    for number in range(1, FILES):
        os.link(first, folder / f"{number}.ndjson")
    return folder


@pytest.mark.parametrize("way", ["frame", "each"])
def test_partitions_larger_than_all_memory(cluster: Cluster, feed: Feed, folder: Path, way: str) -> None:
    feed.set_mapping(SEEN)
    assert sum(file.stat().st_size for file in folder.iterdir()) > 3 * int(HEAP[:-1]) * MEBIBYTE
    conf: dict[str, object] = {
        "spark.driver.memory": HEAP,
        "spark.executor.memory": HEAP,
        "spark.testing.reservedMemory": 0,  # Spark would want 450 MB
        "spark.driver.maxResultSize": "1m",
    }
    arguments: dict[str, Any] = {"split_size": "4MiB"} if way == "each" else {"split_size": "4MiB", "connections": 2}
    asked = {"way": way, "path": folder.as_uri(), "shuffled": False, "arguments": arguments}
    given = {"mapping": str(feed.mapping), "to": feed.database.conninfo, "marker": ""}
    load = cluster.start_submit(DRIVER, json.dumps(asked | given), conf=conf)
    peaks = cluster.python_peaks(load, 600)
    done = load.wait()
    assert done.returncode == 0, done.stdout + done.stderr
    assert feed.database.query("SELECT count(*), count(DISTINCT id), sum(id) FROM seen") == [
        (FILES * COUNT, COUNT, FILES * COUNT * (COUNT - 1) // 2)
    ]
    assert 0 < max(peaks) < 350, peaks
