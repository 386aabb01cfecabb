"""What `tweets.yaml` should make of documents, read a second time in plain Python.

Shares nothing with pgfeed, so that the two can be compared. Rows are as PostgreSQL's `row_to_json` gives them with
time zone UTC; where a table holds the id of a URL, the row here holds the URL under the same column's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

Json = Any  # any value that json.loads gives
Row = dict[str, Json]
Key = tuple[Any, ...]
Tables = dict[str, dict[Key, Row]]

KEYS = {
    "urls": ["url"],
    "users": ["id_users"],
    "tweets": ["id_tweets"],
    "tweet_urls": ["id_tweets", "id_urls"],
    "tweet_mentions": ["id_tweets", "id_users"],
    "tweet_tags": ["id_tweets", "tag"],
    "tweet_media": ["id_tweets", "id_urls"],
}

# The tables as they are here: ids of URLs written out.
QUERIES = {
    "urls": "SELECT url FROM urls",
    "users": "SELECT users.*, urls.url AS id_urls FROM users LEFT JOIN urls USING (id_urls)",
    "tweets": "SELECT * FROM tweets",
    "tweet_urls": "SELECT id_tweets, url AS id_urls FROM tweet_urls JOIN urls USING (id_urls)",
    "tweet_mentions": "SELECT * FROM tweet_mentions",
    "tweet_tags": "SELECT * FROM tweet_tags",
    "tweet_media": "SELECT id_tweets, url AS id_urls, type FROM tweet_media JOIN urls USING (id_urls)",
}

NOTICES = ("delete", "limit", "scrub_geo", "status_withheld", "user_withheld", "disconnect", "warning")
USER_COLUMNS = [
    "id_users",
    "created_at",
    "updated_at",
    "id_urls",
    "screen_name",
    "name",
    "location",
    "description",
    "lang",
    "protected",
    "verified",
    "followers_count",
    "friends_count",
    "listed_count",
    "favourites_count",
    "statuses_count",
]


def dig(value: Json, *path: str | int) -> Json:
    """The value at a path, or None where the path ends early."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or len(value) <= step:
                return None
            value = value[step]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def clean(value: Json) -> Json:
    """A string as it goes into a text column with `nul: escape`."""
    return value.replace("\x00", "\\u0000") if isinstance(value, str) else value


def time_of(text: str | None) -> str | None:
    if text is None:
        return None
    time = datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y").astimezone(timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def elements(tweet: Row, kind: str, field: str = "entities") -> Iterator[Row]:
    """Entities of a tweet, of its short and of its long form."""
    yield from dig(tweet, field, kind) or []
    yield from dig(tweet, "extended_tweet", field, kind) or []


def first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def profile(user: Row, tweet: Row) -> Row:
    row = {column: clean(user.get(column)) for column in USER_COLUMNS}
    row["id_users"] = user["id"]
    row["created_at"] = time_of(user.get("created_at"))
    row["updated_at"] = time_of(tweet["created_at"])
    row["id_urls"] = clean(first(dig(user, "entities", "url", "urls", 0, "expanded_url"), user.get("url")))
    return row


def known_by_name(id_users: int, screen_name: Json, name: Json = None) -> Row:
    row = dict.fromkeys(USER_COLUMNS)
    row.update(id_users=id_users, screen_name=clean(screen_name), name=clean(name))
    return row


def users_of(tweet: Row) -> Iterator[Row]:
    if tweet.get("user") is not None:
        yield profile(tweet["user"], tweet)
    retweeted = dig(tweet, "retweeted_status", "user")
    if retweeted is not None:
        yield profile(retweeted, tweet)
    for mention in elements(tweet, "user_mentions"):
        yield known_by_name(mention["id"], mention.get("screen_name"), mention.get("name"))
    if tweet.get("in_reply_to_user_id") is not None:
        yield known_by_name(tweet["in_reply_to_user_id"], tweet.get("in_reply_to_screen_name"))


def tweet_row(tweet: Row) -> Row:
    country = dig(tweet, "place", "country_code")
    row = {
        "id_tweets": tweet["id"],
        "id_users": dig(tweet, "user", "id"),
        "created_at": time_of(tweet.get("created_at")),
        "retweeted_status_id": dig(tweet, "retweeted_status", "id"),
        "text": clean(first(dig(tweet, "extended_tweet", "full_text"), tweet.get("text"))),
        "country_code": country.lower() if country is not None else None,
        "place_name": clean(dig(tweet, "place", "full_name")),
        "latitude": dig(tweet, "geo", "coordinates", 0),
        "longitude": dig(tweet, "geo", "coordinates", 1),
    }
    for column in (
        "in_reply_to_status_id",
        "in_reply_to_user_id",
        "quoted_status_id",
        "retweet_count",
        "favorite_count",
        "source",
        "lang",
    ):
        row[column] = clean(tweet.get(column))
    return row


def children_of(tweet: Row) -> Iterator[tuple[str, Row]]:
    number = {"id_tweets": tweet["id"]}
    for link in elements(tweet, "urls"):
        yield "tweet_urls", number | {"id_urls": clean(first(link.get("expanded_url"), link.get("url")))}
    for mention in elements(tweet, "user_mentions"):
        yield "tweet_mentions", number | {"id_users": mention["id"]}
    for kind, sign in (("hashtags", "#"), ("symbols", "$")):
        for tag in elements(tweet, kind):
            yield "tweet_tags", number | {"tag": clean(sign + tag["text"])}
    for field in ("entities", "extended_entities"):
        for medium in elements(tweet, "media", field):
            yield "tweet_media", number | {"id_urls": medium["media_url_https"], "type": medium["type"]}


def rank(row: Row) -> tuple[Any, ...]:
    """What decides under `latest: updated_at`: that column, then all others; NULL is least."""
    columns = ["updated_at"] + [column for column in USER_COLUMNS if column != "updated_at"]
    return tuple((row[column] is not None, row[column]) if row[column] is not None else (False,) for column in columns)


def rows(documents: Iterable[Row]) -> Tables:
    """The tables, by natural key, that a load of the documents into empty tables makes."""
    tables: Tables = {table: {} for table in KEYS}
    for tweet in documents:
        if any(tweet.get(notice) is not None for notice in NOTICES):
            continue
        for user in users_of(tweet):
            known = tables["users"].get((user["id_users"],))
            if known is None or rank(user) > rank(known):
                tables["users"][(user["id_users"],)] = user
            if user["id_urls"] is not None:
                tables["urls"].setdefault((user["id_urls"],), {"url": user["id_urls"]})
        if (tweet["id"],) in tables["tweets"]:
            continue
        tables["tweets"][(tweet["id"],)] = tweet_row(tweet)
        for table, row in children_of(tweet):
            tables[table].setdefault(tuple(row[column] for column in KEYS[table]), row)
            if "id_urls" in row:
                tables["urls"].setdefault((row["id_urls"],), {"url": row["id_urls"]})
    return tables
