"""The rows of the five tables for one tweet, as the peers that are written in Python make them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Row = tuple[Any, ...]

# Tables in the order in which they are written, with the number of columns in their key: always the first ones.
TABLES = {"users": 1, "tweets": 1, "tweet_urls": 2, "tweet_mentions": 2, "tweet_tags": 2}

USER_FIELDS = [
    "url",
    "friends_count",
    "listed_count",
    "favourites_count",
    "statuses_count",
    "protected",
    "verified",
    "screen_name",
    "name",
    "location",
    "description",
]
TWEET_FIELDS = [
    "created_at",
    "in_reply_to_status_id",
    "in_reply_to_user_id",
    "quoted_status_id",
    "retweet_count",
    "favorite_count",
    "source",
    "text",
]


def clean(value: object) -> object:
    """A string without U+0000, which PostgreSQL's text cannot hold."""
    return value.replace("\x00", "\\u0000") if isinstance(value, str) else value


def rows_of(tweet: dict[str, Any]) -> dict[str, list[Row]]:
    user, entities = tweet["user"], tweet["entities"]
    place, geo, number = tweet.get("place"), tweet.get("geo"), tweet["id"]
    latitude, longitude = geo["coordinates"] if geo else (None, None)
    profile = [clean(user.get(field)) for field in USER_FIELDS]
    return {
        "users": [(user["id"], user["created_at"], tweet["created_at"], *profile)],
        "tweets": [
            (
                number,
                user["id"],
                *(clean(tweet.get(field)) for field in TWEET_FIELDS),
                place["country_code"].lower() if place else None,
                tweet["lang"],
                place["full_name"] if place else None,
                latitude,
                longitude,
            )
        ],
        "tweet_urls": [(number, url["expanded_url"]) for url in entities["urls"]],
        "tweet_mentions": [(number, mention["id"]) for mention in entities["user_mentions"]],
        "tweet_tags": [(number, "#" + tag["text"]) for tag in entities["hashtags"]],
    }


class Batch:
    """Rows of several tweets, by table."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self.tweets = 0

    def add(self, tweet: dict[str, Any]) -> None:
        for table, rows in rows_of(tweet).items():
            self.rows[table] += rows
        self.tweets += 1

    def sorted_rows(self, table: str) -> list[Row]:
        """One row for each key, in key order: so two writers never wait for each other in a circle."""
        return in_key_order(self.rows[table], TABLES[table])


def in_key_order(rows: Iterable[Row], key_columns: int) -> list[Row]:
    unique = {row[:key_columns]: row for row in rows}
    return [unique[key] for key in sorted(unique)]
