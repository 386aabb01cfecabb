"""What `github_events.yaml` should make of documents, read a second time in plain Python.

Shares nothing with pgfeed, so that the two can be compared. Rows are as PostgreSQL's `row_to_json` gives them with
time zone UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]
Tables = dict[str, dict[Key, Row]]

KEYS = {
    "actors": ["id_actors"],
    "repos": ["id_repos"],
    "orgs": ["id_orgs"],
    "events": ["id_events"],
    "commits": ["id_events", "position"],
}
QUERIES = {table: f"SELECT * FROM {table}" for table in KEYS}


def time_of(text: str) -> str:
    time = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def seen(tables: Tables, table: str, row: Row) -> None:
    """Merges a row under `latest: seen_at`; ties go by the other columns, NULL is least."""

    def rank(candidate: Row) -> tuple[Any, ...]:
        others = [candidate[column] for column in candidate if column != "seen_at"]
        return candidate["seen_at"], *((value is not None, value or "") for value in others)

    key = (row[KEYS[table][0]],)
    known = tables[table].get(key)
    if known is None or rank(row) > rank(known):
        tables[table][key] = row


def merge_shared(tables: Tables, event: Row) -> None:
    time = time_of(event["created_at"])
    actor, repo, org = event.get("actor"), event.get("repo"), event.get("org")
    if actor is not None:
        row = {"id_actors": actor["id"], "seen_at": time, "login": actor.get("login"), "avatar_url": actor.get("avatar_url")}
        seen(tables, "actors", row)
    if repo is not None:
        row = {"id_repos": repo["id"], "seen_at": time, "name": repo.get("name"), "url": repo.get("url")}
        seen(tables, "repos", row)
    if org is not None:
        seen(tables, "orgs", {"id_orgs": org["id"], "seen_at": time, "login": org.get("login")})


def event_row(event: Row) -> Row:
    payload = event["payload"]
    action = payload.get("action")
    branch = payload.get("ref")
    return {
        "id_events": int(event["id"]),
        "type": event["type"],
        "created_at": time_of(event["created_at"]),
        "public": event["public"],
        "id_actors": (event.get("actor") or {}).get("id"),
        "id_repos": (event.get("repo") or {}).get("id"),
        "id_orgs": (event.get("org") or {}).get("id"),
        "action": action if action is not None else payload.get("ref_type"),
        "branch": branch.strip() if branch is not None else None,
        "payload": payload,
    }


def commit_row(event: Row, position: int, commit: Row) -> Row:
    author = commit.get("author") or {}
    email = author.get("email")
    distinct = commit.get("distinct")
    return {
        "id_events": int(event["id"]),
        "position": position,
        "sha": commit.get("sha"),
        "author_name": author.get("name"),
        "author_email": email.lower() if email is not None else None,
        "is_distinct": True if distinct is None else distinct,
        "message": commit.get("message"),
    }


def rows(documents: Iterable[Row]) -> Tables:
    """The tables, by natural key, that a load of the documents into empty tables makes."""
    tables: Tables = {table: {} for table in KEYS}
    for event in documents:
        merge_shared(tables, event)
        row = event_row(event)
        if (row["id_events"],) in tables["events"]:
            continue
        tables["events"][(row["id_events"],)] = row
        if event["type"] != "PushEvent":
            continue
        for position, commit in enumerate(event["payload"].get("commits") or []):
            tables["commits"][(row["id_events"], position)] = commit_row(event, position, commit)
    return tables
