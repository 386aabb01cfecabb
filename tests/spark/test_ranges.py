"""Files loaded by Spark's tasks, byte range by byte range: the same tables, rejects and errors as by the command line."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import compare
import psycopg
import pytest
from feeds import ORDERS, SEEN, TWEETS, WAITS_FOR_A_LOCK, Feed, generate_tweets, order, orders, seen
from waiting import wait_until

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SMALL: dict[str, Any] = {"split_size": "4KiB"}


def jobs(spark: SparkSession) -> int:
    """How many the session has had."""
    count: int = spark.sparkContext._jsc.sc().dagScheduler().numTotalJobs()
    return count


def file_of_each_kind(feed: Feed) -> list[Path]:
    feed.set_mapping(ORDERS)
    array = json.dumps([order(number) for number in range(3000, 3200)] + [{"id": "none"}], indent=2)
    blank = orders(range(4000, 4200), range(4100, 4103)).replace("\n", "\n\n  \n", 50)
    return [
        feed.file("big.ndjson", orders(range(2000), range(900, 905))),
        feed.file("crlf.ndjson", orders(range(2000, 2500), range(2200, 2203), "\r\n")),
        feed.file("array.json", array),
        feed.file("blank lines.ndjson", blank),
        feed.file("empty.ndjson", ""),
        feed.file('it\'s "one" of 50%.ndjson', orders(range(5000, 5300))),
        feed.file(b"latin-\xe9\xff.ndjson", orders(range(6000, 6300), range(6299, 6300))),
        feed.file("no end of line.ndjson", orders(range(7000, 7100)).rstrip("\n")),
    ]


BAD = 5 + 3 + 1 + 3 + 1  # documents of these


@pytest.mark.parametrize("connections", [1, 2, 5])
def test_the_same_as_by_the_command_line(spark: SparkSession, feed: Feed, undisturbed: Feed, connections: int) -> None:
    files = file_of_each_kind(feed)
    report = feed.load(spark, *files, connections=connections, max_rejects=100, **SMALL)
    expected = undisturbed.load_by_command("--max-rejects", 100, "--split-size", "4KiB", *files)
    assert feed.tables() == undisturbed.tables()
    assert feed.rejects() == undisturbed.rejects()
    assert len(feed.rejects()) == BAD
    good = 2000 + 500 + 200 + 200 + 300 + 300 + 100 - (BAD - 1)
    assert (report.read, report.loaded, report.skipped, report.rejected) == (good + BAD, good, 0, BAD)
    assert report.tables["orders"].inserted == len(feed.ids("orders")) == good
    documents = expected["documents"]
    assert (report.read, report.rejected) == (documents["read"], documents["rejected"])
    assert (report.bytes, report.files, report.files_in) == (expected["bytes"], len(files), 0)
    assert report.connections == connections
    assert [(each.offset, each.reason) for each in report.first_rejects] == [
        (each["offset"], each["reason"]) for each in expected["first_rejects"]
    ]
    assert [Path(warning.removesuffix(" is empty")).name for warning in report.warnings] == ["empty.ndjson"]


def test_tweets_as_an_independent_reading_says(spark: SparkSession, feed: Feed) -> None:
    """Ids are generated, rows shared by tasks, retweets come before what they repeat."""
    tweets = generate_tweets(feed.folder / "tweets.ndjson", 4000, "--broken", 2)
    feed.set_mapping(TWEETS.read_text(encoding="utf-8"))
    report = feed.load(spark, tweets, connections=4, split_size="256KiB", max_rejects="5%")
    reference = compare.load_reference("tweets")
    for table, rows in reference.rows(compare.documents_in(tweets)).items():
        found = compare.table_in(feed.database.conninfo, reference.QUERIES[table], reference.KEYS[table])
        assert compare.differences(table, rows, found) == []
    assert report.read == 4000
    assert report.rejected == 4000 - len(list(compare.documents_in(tweets)))
    assert report.tables["tweets"].inserted == feed.database.value("SELECT count(*) FROM tweets")
    assert feed.load_state() == "done"
    assert feed.database.value("SELECT count(*) FROM pgfeed.pending_keys") == 0
    foreign = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s)"
    assert feed.database.value(foreign, list(reference.KEYS)) == len(re.findall("references:", feed.mapping.read_text()))


def test_a_parent_that_comes_later(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping("""\
version: 1
feed: replies
tables:
  posts:
    key: [id]
    on_duplicate: skip
    foreign_keys: [{columns: [parent], references: posts}]
    columns:
      id: {path: $.id, type: bigint}
      parent: {path: $.parent, type: bigint}
""")
    feed.database.query("CREATE TABLE posts (id bigint PRIMARY KEY, parent bigint REFERENCES posts)")
    count = 2000
    lines = [json.dumps({"id": number, "parent": count - 1 - number if number < 100 else None}) for number in range(count)]
    posts = feed.file("posts.ndjson", "\n".join(lines))
    report = feed.load(spark, posts, connections=3, **SMALL)
    assert (report.read, report.loaded) == (count, count)
    assert feed.ids("posts") == list(range(count))


def test_documents_inside_an_object(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    parts = [[{"id": number} for number in range(at, at + 100)] for at in (0, 100, 200)]
    files = [feed.file(f"{part[0]['id']}.json", json.dumps({"found": part})) for part in parts]
    nothing = feed.file("other.json", '{"lost": []}')
    report = feed.load(spark, *files, nothing, connections=2, documents="$.found[*]")
    assert feed.ids() == list(range(300))
    assert report.loaded == 300
    assert any("no documents were found" in warning for warning in report.warnings)


def test_fewer_splits_than_connections(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    small = feed.file("small.ndjson", seen(range(10)))
    before = feed.folder / "empty.ndjson"
    before.touch()
    assert feed.load(spark, small, before, connections=5).loaded == 10
    assert len(feed.database.query("SELECT DISTINCT worker FROM pgfeed.splits")) == 1
    assert feed.ids() == list(range(10))


def test_only_empty_files(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    files = [feed.file(f"{name}.ndjson", "") for name in "ab"]
    report = feed.load(spark, *files, connections=1)
    assert report.read == 0
    assert len(report.warnings) == 2


def test_a_rerun_loads_nothing_and_runs_no_job(spark: SparkSession, feed: Feed) -> None:
    files = [file for file in file_of_each_kind(feed) if file.stat().st_size > 0]  # one that is empty is never in
    first = feed.load(spark, *files, connections=2, max_rejects=100, **SMALL)
    tables, rejects, before = feed.tables(), feed.rejects(), jobs(spark)
    again = feed.load(spark, *files, connections=2, **SMALL)
    assert (again.read, again.loaded, again.files_in) == (0, 0, len(files))
    assert first.rejected == BAD
    assert (feed.tables(), feed.rejects(), jobs(spark)) == (tables, rejects, before)


def test_reload(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    file = feed.file("seen.ndjson", seen(range(500)))
    feed.load(spark, file, connections=2, **SMALL)
    assert feed.load(spark, file, connections=2, reload=True, **SMALL).loaded == 500
    assert feed.ids() == sorted([*range(500), *range(500)])


def test_relative_paths_and_folders(spark: SparkSession, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed.set_mapping(SEEN)
    (feed.folder / "days").mkdir()
    feed.file("days/1.ndjson", seen(range(100)))
    feed.file("days/2.ndjson", seen(range(100, 900)))
    monkeypatch.chdir(feed.folder)
    assert feed.load(spark, Path("days"), connections=2, **SMALL).loaded == 900
    assert feed.load_by_command(feed.folder / "days")["documents"]["read"] == 0


def test_what_the_command_line_began(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    file = feed.file("seen.ndjson", seen(range(2000)))
    feed.load_by_command("--limit", 700, file)
    assert feed.load(spark, file, connections=3, **SMALL).loaded == 1300
    assert feed.ids() == list(range(2000))


def test_what_spark_began(spark: SparkSession, feed: Feed) -> None:
    from pgfeed import RejectsError

    feed.set_mapping(ORDERS)
    file = feed.file("orders.ndjson", orders(range(2000), range(1500, 1520)))
    with pytest.raises(RejectsError):
        feed.load(spark, file, connections=2, **SMALL)
    assert 0 < len(feed.ids("orders")) < 1980
    feed.load_by_command("--max-rejects", 20, file)
    assert feed.ids("orders") == [*range(1500), *range(1520, 2000)]


def test_limit_and_dry_run_are_the_drivers(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    file = feed.file("seen.ndjson", seen(range(1000)))
    before = jobs(spark)
    assert feed.load(spark, file, dry_run=True, **SMALL).loaded == 1000
    assert feed.ids() == []
    assert feed.load(spark, file, limit=30, **SMALL).loaded == 30
    assert feed.ids() == list(range(30))
    assert jobs(spark) == before


def spread(feed: Feed) -> Path:
    """4000 orders, three of each thousand bad: each of four tasks has three."""
    feed.set_mapping(ORDERS)
    parts = [orders(range(at, at + 1000), range(at + 500, at + 503)) for at in range(0, 4000, 1000)]
    return feed.file("orders.ndjson", "".join(parts))


@pytest.mark.parametrize("publish", ["split", "atomic"])
def test_too_many_rejects_in_all_tasks_together(spark: SparkSession, feed: Feed, publish: str) -> None:
    from pgfeed import RejectsError

    file = spread(feed)
    with pytest.raises(RejectsError, match="more than 7 rejects") as raised:
        feed.load(spark, file, connections=4, max_rejects=7, publish=publish, **SMALL)
    report = raised.value.report
    assert report is not None
    states = Counter(row[-1] for row in feed.rejects())
    assert states["stopped"] > 0
    assert states["rejected"] <= 7
    assert states["stopped"] + states["rejected"] > 7
    assert feed.load_state() == "stopped"
    assert feed.ids("orders") == [] if publish == "atomic" else len(feed.ids("orders")) == report.loaded
    report = feed.load(spark, file, connections=4, max_rejects=12, publish=publish, **SMALL)
    assert len(feed.ids("orders")) == 3988
    assert Counter(row[-1] for row in feed.rejects())["rejected"] == 12


def test_a_percentage_of_rejects_is_of_all_tasks(spark: SparkSession, feed: Feed) -> None:
    from pgfeed import RejectsError

    file = spread(feed)
    with pytest.raises(RejectsError, match="12 of 4000 documents") as raised:
        feed.load(spark, file, connections=4, max_rejects="0.29%", **SMALL)
    assert raised.value.report is not None
    assert raised.value.report.rejected == 12
    assert feed.load(spark, file, connections=4, max_rejects="0.31%", reload=True, **SMALL).rejected == 12


def test_an_error_that_no_other_try_can_mend_stops_the_other_tasks(spark: SparkSession, feed: Feed) -> None:
    """One has a reject too many while the other waits for a lock, for five minutes if it were let."""
    from pgfeed import RejectsError

    feed.set_mapping(ORDERS)
    feed.database.query("CREATE TABLE items (order_id bigint, line integer, sku text, PRIMARY KEY (order_id, line))")
    first = orders(range(1000))
    file = feed.file("orders.ndjson", first + orders(range(1000, 2000), range(1500, 1501)))
    with psycopg.connect(feed.database.conninfo) as session:
        session.execute("INSERT INTO items VALUES (3, 0, '')")  # not committed: the first split waits for it
        with pytest.raises(RejectsError):
            feed.load(spark, file, connections=2, **SMALL)
        assert 0 not in feed.ids("orders")
        assert feed.sessions() == []
        session.rollback()
    assert feed.load_state() == "stopped"


@pytest.mark.parametrize("connections", [1, 3])
def test_atomic(spark: SparkSession, feed: Feed, undisturbed: Feed, connections: int) -> None:
    files = file_of_each_kind(feed)
    report = feed.load(spark, *files, connections=connections, publish="atomic", max_rejects=100, **SMALL)
    undisturbed.load_by_command("--max-rejects", 100, *files)
    assert feed.tables() == undisturbed.tables()
    assert feed.rejects() == undisturbed.rejects()
    assert report.rejected == BAD


def test_atomic_is_seen_at_its_end_only(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    feed.database.query("CREATE TABLE seen (id bigint)")
    file = feed.file("seen.ndjson", seen(range(2000)))
    reports = []
    with feed.hold():  # the publication waits
        load = threading.Thread(
            target=lambda: reports.append(feed.load(spark, file, connections=2, publish="atomic", **SMALL))
        )
        load.start()
        wait_until(lambda: feed.sessions(WAITS_FOR_A_LOCK))
        assert feed.database.value("SELECT sum(documents) FROM pgfeed.staged_splits") == 2000
        assert feed.ids() == []
        assert feed.splits() == 0
    load.join()
    assert reports[0].loaded == 2000
    assert feed.ids() == list(range(2000))


def test_never_more_sessions_than_connections(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(ORDERS)
    file = feed.file("orders.ndjson", orders(range(20000)))
    most = 0
    done = threading.Event()

    def look() -> None:
        nonlocal most
        with psycopg.connect(feed.database.conninfo, autocommit=True) as session:
            while not done.is_set():
                rows = session.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgfeed%' "
                    "AND datname = current_database()"
                ).fetchone()
                assert rows
                most = max(most, rows[0])

    looking = threading.Thread(target=look)
    looking.start()
    try:
        assert feed.load(spark, file, connections=2, split_size="64KiB").loaded == 20000
    finally:
        done.set()
        looking.join()
    assert most == 2


def test_progress_and_the_properties_of_the_callers_thread(spark: SparkSession, feed: Feed) -> None:
    feed.set_mapping(SEEN)
    file = feed.file("seen.ndjson", seen(range(2000)))
    size = file.stat().st_size
    context = spark.sparkContext
    mine = {"spark.jobGroup.id": "mine", "spark.job.description": "my load", "spark.scheduler.pool": "nightly"}
    for name, value in mine.items():
        context.setLocalProperty(name, value)
    shown: list[tuple[int, int, int, int]] = []
    try:
        feed.load(spark, file, connections=3, progress=lambda *counts: shown.append(counts), **SMALL)
        assert {name: context.getLocalProperty(name) for name in mine} == mine
        assert len(context.getJobTags()) == 0
        assert len(context.statusTracker().getJobIdsForGroup("mine")) == 3  # a look at the nodes, the load, what came of it
    finally:
        for name in mine:
            context.setLocalProperty(name, None)
    assert shown[-1] == (2000, 0, size, size)
    assert shown == sorted(shown)


def test_a_source_that_changes(spark: SparkSession, feed: Feed) -> None:
    from pgfeed import SourceError

    feed.set_mapping(SEEN)
    feed.database.query("CREATE TABLE seen (id bigint)")
    file = feed.file("seen.ndjson", seen(range(2000)))
    raised = []

    def load() -> None:
        with pytest.raises(SourceError, match="changed") as error:
            feed.load(spark, file, connections=1, **SMALL)
        raised.append(error.value)

    with feed.hold():
        loading = threading.Thread(target=load)
        loading.start()
        wait_until(lambda: feed.sessions(WAITS_FOR_A_LOCK))
        with file.open("a", encoding="utf-8") as more:
            more.write(seen(range(2000, 2010)))
    loading.join()
    (error,) = raised
    assert error.report is not None
    assert error.source == file.as_uri()
    assert error.report.loaded == len(feed.ids()) < 2000
    with pytest.raises(SourceError, match="changed"):
        feed.load(spark, file, connections=1, **SMALL)


def test_errors_before_any_job(spark: SparkSession, feed: Feed, tmp_path: Path) -> None:
    import pgfeed.spark

    feed.set_mapping(SEEN)
    file = feed.file("seen.ndjson", seen(range(10)))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    to = feed.database.conninfo
    before = jobs(spark)

    def load(error: type[pgfeed.Error], said: str, *paths: str | Path, **arguments: Any) -> pgfeed.Error:  # noqa: ANN401  # passed on
        given: dict[str, Any] = {"mapping": feed.mapping, "to": to, "connections": 2} | arguments
        with pytest.raises(error, match=said) as raised:
            pgfeed.spark.load(spark, paths or [file], **given)
        return raised.value

    load(pgfeed.DatabaseError, "nowhere", to=to.replace(feed.database.name, "nowhere"), connect_timeout=0)
    load(pgfeed.UsageError, "password", to=f"{to} password=secret")
    load(pgfeed.SourceError, "missing", tmp_path / "missing.ndjson")
    load(pgfeed.SourceError, "No such file", tmp_path / os.fsdecode(b"missing-\xff.ndjson"))
    load(pgfeed.UsageError, "pipes", pipe)
    load(pgfeed.UsageError, "standard input", "-")
    load(pgfeed.UsageError, "connections", connections=0)
    load(pgfeed.UsageError, "no option 'splitsize'", splitsize=3)
    load(pgfeed.MappingError, "no.yaml", mapping=tmp_path / "no.yaml")
    feed.set_mapping("version: 1\ntables:\n  seen:\n    colums: {}\n")
    assert load(pgfeed.MappingError, "colums").line == 4
    assert jobs(spark) == before
    assert feed.ids() == []
